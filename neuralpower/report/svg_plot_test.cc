// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/svg_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace neuralpower {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST(SvgPlot, DrawsEveryPointThatTheAxesShow) {
  SvgPlot plot{"a < b & c", "x", "y", true, false, {}};
  SvgSeries series;
  series.name = "measured";
  series.line = true;
  series.x = {1, 10, 100, 0, std::nan("")};  // 0 has no logarithm
  series.y = {3, 2, 1, 5, 5};
  plot.series.push_back(series);
  const std::string svg = render_svg(plot);
  EXPECT_EQ(count(svg, "<circle"), 3u + 1u);  // and in the legend
  EXPECT_THAT(svg, HasSubstr("a &lt; b &amp; c"));
  EXPECT_THAT(svg, HasSubstr(">measured</text>"));
  EXPECT_THAT(svg, HasSubstr(">10</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(SvgPlot, ALongLegendTakesMoreRows) {
  SvgPlot plot{"many", "x", "y", false, false, {}};
  for (int i = 0; i < 9; ++i) {
    plot.series.emplace_back();
    plot.series.back().name = "a name of some length " + std::to_string(i);
    plot.series.back().x = plot.series.back().y = {1.0 * i};
  }
  const std::string svg = render_svg(plot);
  for (std::size_t at = 0; (at = svg.find("a name of", at)) != std::string::npos; ++at) {
    const std::size_t text = svg.rfind("<text x='", at);
    EXPECT_LT(std::stod(svg.substr(text + 9)), 720 - 7 * 23) << svg.substr(text, 120);
  }
  EXPECT_THAT(svg, HasSubstr("y='88.0' text-anchor='start'>a name of some length 8"));
}

TEST(SvgPlot, AShortLogarithmicAxisHasTicks) {
  SvgPlot plot{"short", "x", "y", false, true, {}};
  plot.series.emplace_back();
  plot.series.back().x = {1, 2};
  plot.series.back().y = {1.21, 1.33};
  const std::string svg = render_svg(plot);
  EXPECT_THAT(svg, HasSubstr(">1.25</text>"));
  EXPECT_THAT(svg, HasSubstr(">1.3</text>"));
}

TEST(SvgPlot, LabelsDoNotCoverEachOther) {
  SvgPlot plot{"near", "x", "y", false, false, {}};
  plot.series.emplace_back();
  plot.series.back().x = {1, 1, 1.001, 5};
  plot.series.back().y = {1, 1, 1.001, 9};
  plot.series.back().labels = {"one", "two", "three", "far"};
  const std::string svg = render_svg(plot);
  std::set<std::string> places;
  for (const char* name : {">one<", ">two<", ">three<"}) {
    const std::size_t begin = svg.rfind("<text", svg.find(name));
    places.insert(svg.substr(begin, svg.find("text-anchor", begin) - begin));
  }
  EXPECT_EQ(places.size(), 3u);
}

TEST(SvgPlot, IsAnImageWithoutAnyPoint) {
  SvgPlot plot{"empty", "x", "y", true, true, {}};
  plot.series.emplace_back();
  plot.series.back().x = {0, -1, std::numeric_limits<double>::infinity()};
  plot.series.back().y = {1, 1, 1};
  EXPECT_THAT(render_svg(plot),
              ::testing::AllOf(HasSubstr("</svg>"), Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
}

TEST(SvgPlot, OneValueHasAnAxisToo) {
  SvgPlot plot{"one", "x", "y", false, false, {}};
  plot.series.emplace_back();
  plot.series.back().x = {7};
  plot.series.back().y = {0};
  EXPECT_EQ(count(render_svg(plot), "<circle"), 1u);
}

}  // namespace
}  // namespace neuralpower
