// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "neuralpower/report/study_report.h"

namespace neuralpower {
namespace {

constexpr double kPanelWidth = 300, kPanelHeight = 210;
constexpr double kLeft = 52, kTop = 34, kGapX = 64, kGapY = 62, kLegend = 74;

struct Style {
  const char* method;
  const char* colour;
};
// Told apart by people who do not see red and green (Okabe and Ito 2008).
constexpr std::array<Style, 6> kStyles = {{{"layer-type", "#E69F00"},
                                           {"macs", "#999999"},
                                           {"roofline", "#56B4E9"},
                                           {"individual-layer", "#009E73"},
                                           {"neuralpower-2017", "#0072B2"},
                                           {"neuralpower", "#D55E00"}}};

const char* colour_of(const std::string& method) {
  for (const Style& style : kStyles)
    if (method == style.method || method == std::string(style.method) + ", relative")
      return style.colour;
  return "#000000";
}

std::string text(double x, double y, const std::string& what, const char* anchor,
                 const char* extra = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y,
                     anchor, extra, what);
}

std::string line(double x1, double y1, double x2, double y2, const char* colour) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", x1, y1, x2,
      y2, colour);
}

// One kind of layer: terms on a logarithmic axis, accuracy from 0 to 100 %.
class Panel {
 public:
  Panel(double left, double top, double octaves) : left_(left), top_(top), octaves_(octaves) {}

  std::string draw(const StudyOfKey& of) const {
    std::string svg = text(left_ + kPanelWidth / 2, top_ - 10,
                           fmt::format("{} ({} configurations)", of.key, of.rows), "middle",
                           " font-weight=\"bold\"");
    svg += axes();
    for (const StudyCurve& curve : of.curves) svg += draw(curve);
    return svg;
  }

 private:
  double x(double terms) const {
    return left_ + kPanelWidth * (std::log2(std::max(terms, 0.5)) + 1) / (octaves_ + 1);
  }
  double y(double accuracy) const {
    return top_ + kPanelHeight * (1 - std::clamp(accuracy, 0.0, 100.0) / 100);
  }

  std::string axes() const {
    std::string svg;
    for (int a = 0; a <= 100; a += 20) {
      svg += line(left_, y(a), left_ + kPanelWidth, y(a), "#dddddd");
      svg += text(left_ - 6, y(a) + 4, std::to_string(a), "end");
    }
    for (int octave = 0; octave <= octaves_; octave += 2) {
      const double at = x(std::exp2(octave));
      svg += line(at, top_ + kPanelHeight, at, top_ + kPanelHeight + 4, "#555555");
      svg += text(at, top_ + kPanelHeight + 17, std::to_string(1 << octave), "middle");
    }
    svg += line(left_, top_ + kPanelHeight, left_ + kPanelWidth, top_ + kPanelHeight, "#555555");
    return svg + text(left_ + kPanelWidth / 2, top_ + kPanelHeight + 33, "terms", "middle");
  }

  std::string draw(const StudyCurve& curve) const {
    const char* colour = colour_of(curve.method);
    std::string path, marks;
    for (const StudyPoint& p : curve.points) {
      const double px = x(p.terms), py = y(p.accuracy());
      path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", px, py);
      marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", px, py,
                           colour);
    }
    const bool relative = curve.method.ends_with("relative") || curve.method == "neuralpower";
    const char* dashes = relative ? "" : " stroke-dasharray=\"3 4\"";
    return fmt::format(
               "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" "
               "stroke-width=\"1.8\"{}/>\n",
               path, colour, dashes) +
           marks;
  }

  double left_, top_, octaves_;
};

}  // namespace

std::string plot_study(const Study& study) {
  const std::size_t columns = std::min<std::size_t>(3, study.keys.size());
  const std::size_t rows = (study.keys.size() + columns - 1) / columns;
  double most = 2;
  for (const StudyOfKey& of : study.keys)
    for (const StudyCurve& curve : of.curves)
      for (const StudyPoint& p : curve.points) most = std::max(most, p.terms);
  const double octaves = std::ceil(std::log2(most));
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  const double width = std::max(kLeft + count(columns) * (kPanelWidth + kGapX), 720.0);
  const double height = kLegend + kTop + count(rows) * (kPanelHeight + kGapY);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      width, height);
  svg += text(kLeft, 20,
              fmt::format("Accuracy of {} (100 - MAPE, %) against the number of terms, held out "
                          "({})",
                          to_string(study.target), study.split),
              "start", " font-size=\"13\"");
  double at = kLeft;
  for (const Style& style : kStyles) {
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"38\" r=\"4\" fill=\"{}\"/>\n", at, style.colour);
    svg += text(at + 8, 42, style.method, "start");
    at += 28 + 6.6 * static_cast<double>(std::string_view(style.method).size());
  }
  svg += text(kLeft - 4, 62, "dotted: fitted by absolute squares; drawn through: by relative ones",
              "start", " fill=\"#555555\"");
  for (std::size_t i = 0; i < study.keys.size(); ++i)
    svg += Panel(kLeft + count(i % columns) * (kPanelWidth + kGapX),
                 kLegend + kTop + count(i / columns) * (kPanelHeight + kGapY), octaves)
               .draw(study.keys[i]);
  return svg + "</svg>\n";
}

}  // namespace neuralpower
