// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "neuralpower/base/text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

constexpr double kWidth = 720, kHeight = 440, kLeft = 76, kRight = 20, kTop = 60, kBottom = 56;
constexpr double kLegendRow = 18, kLegendAbove = 12, kCharacter = 7;
constexpr std::size_t kMany = 200;  // points from which on they are drawn smaller and see-through
constexpr std::array<const char*, 6> kColours = {"#0072b2", "#d55e00", "#009e73",
                                                 "#cc79a7", "#e69f00", "#56b4e9"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

struct Axis {
  bool log = false;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  double from = 0, to = 1;  // where the ends are drawn

  bool shows(double value) const { return std::isfinite(value) && (!log || value > 0); }
  double scaled(double value) const { return log ? std::log10(value) : value; }
  void include(double value) {
    if (!shows(value)) return;
    low = std::min(low, scaled(value));
    high = std::max(high, scaled(value));
  }
  // A little room at both ends; a linear axis of positive values may begin at 0.
  void settle() {
    if (low > high) low = 0, high = 1;
    if (!log && low > 0 && low < 0.4 * high) low = 0;
    const double room = high > low ? 0.04 * (high - low) : std::max(0.5, 0.1 * std::abs(high));
    if (low != 0 || log) low -= room;
    high += room;
  }
  double place(double value) const {
    return from + (scaled(value) - low) / (high - low) * (to - from);
  }
  std::vector<double> ticks() const {
    if (log) {
      std::vector<double> ticks;
      const bool fine = high - low < 2.5;
      for (double e = std::floor(low); e <= high; ++e)
        for (const double m : {1.0, 2.0, 5.0}) {
          const double tick = m * std::pow(10, e);
          if ((m == 1 || fine) && std::log10(tick) >= low && std::log10(tick) <= high)
            ticks.push_back(tick);
        }
      if (ticks.size() > 1) return ticks;
      return round_numbers(std::pow(10, low), std::pow(10, high));  // less than a decade
    }
    return round_numbers(low, high);
  }
  static std::vector<double> round_numbers(double low, double high) {
    std::vector<double> ticks;
    constexpr double kTicks = 6;
    const double raw = (high - low) / kTicks, unit = std::pow(10, std::floor(std::log10(raw)));
    double step = 10 * unit;
    for (const double m : {5.0, 2.0, 1.0})
      if (m * unit >= raw) step = m * unit;
    for (double k = std::ceil(low / step); k * step <= high; ++k) ticks.push_back(k * step);
    return ticks;
  }
};

std::string marker(std::size_t kind, double x, double y, const char* colour, bool small = false) {
  if (small)
    return fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='2.4' fill='{}' fill-opacity='.45'/>\n",
                       x, y, colour);
  switch ((kind + kind / kColours.size()) % 3) {  // another one when the colours come round
    case 0:
      return fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='3.6' fill='{}'/>\n", x, y, colour);
    case 1:
      return fmt::format("<rect x='{:.1f}' y='{:.1f}' width='6.4' height='6.4' fill='{}'/>\n",
                         x - 3.2, y - 3.2, colour);
    default:
      return fmt::format("<path d='M{:.1f} {:.1f}l4.2 7.4h-8.4z' fill='{}'/>\n", x, y - 4.6,
                         colour);
  }
}

std::string text_at(double x, double y, const char* anchor, std::string_view text,
                    const char* more = "") {
  return fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}'{}>{}</text>\n", x, y, anchor,
                     more, escaped(text));
}

std::string draw_axes(const SvgPlot& plot, const Axis& x, const Axis& y) {
  std::string out;
  for (const double tick : x.ticks()) {
    const double at = x.place(tick);
    out += fmt::format("<path d='M{:.1f} {}V{}' stroke='#ddd'/>\n", at, y.to, kHeight - kBottom);
    out += text_at(at, kHeight - kBottom + 18, "middle", fmt::format("{:.6g}", tick));
  }
  for (const double tick : y.ticks()) {
    const double at = y.place(tick);
    out += fmt::format("<path d='M{} {:.1f}H{}' stroke='#ddd'/>\n", kLeft, at, kWidth - kRight);
    out += text_at(kLeft - 8, at + 4, "end", fmt::format("{:.6g}", tick));
  }
  out += fmt::format("<path d='M{0} {1}V{2}H{3}' fill='none' stroke='#333'/>\n", kLeft, y.to,
                     kHeight - kBottom, kWidth - kRight);
  const double middle = (y.to + kHeight - kBottom) / 2;
  out += text_at(kWidth / 2, 24, "middle", plot.title, " font-size='16'");
  out += text_at((kLeft + kWidth - kRight) / 2, kHeight - 14, "middle", plot.x_title);
  out += text_at(18, middle, "middle", plot.y_title,
                 fmt::format(" transform='rotate(-90 18 {:.1f})'", middle).c_str());
  return out;
}

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& b) const {
    return left < b.right && b.left < right && top < b.bottom && b.top < bottom;
  }
};

// Labels of points, each where it covers no other and no point, if there is such a place.
class Labels {
 public:
  explicit Labels(double top) : top_(top) {}

  void avoid(double x, double y) { taken_.push_back({x - 4, y - 4, x + 4, y + 4}); }

  std::string place(double x, double y, const std::string& text) {
    constexpr double kAway = 7, kTall = 11;
    const double wide = kCharacter * display_width(text);
    for (const double down : {-6.0, 4.0, 15.0, -18.0, 27.0})
      for (const bool left : {x > kWidth - 120, x <= kWidth - 120}) {
        const double from = left ? x - kAway - wide : x + kAway;
        const Box box{from, y + down - kTall, from + wide, y + down};
        const bool free = box.left > kLeft && box.right < kWidth - 2 && box.top > top_ &&
                          box.bottom < kHeight - kBottom &&
                          std::none_of(taken_.begin(), taken_.end(),
                                       [&](const Box& other) { return box.meets(other); });
        if (free) return put(box, text);
      }
    return put({x + kAway, y - 6 - kTall, x + kAway + wide, y - 6}, text);
  }

 private:
  std::string put(const Box& box, const std::string& text) {
    taken_.push_back(box);
    return text_at(box.left, box.bottom, "start", text);
  }
  double top_;  // of the axes
  std::vector<Box> taken_;
};

const char* colour_of(const SvgSeries& s, std::size_t number) {
  return s.colour.empty() ? kColours[number % kColours.size()] : s.colour.c_str();
}

std::string draw_series(const SvgSeries& s, std::size_t number, const Axis& x, const Axis& y,
                        Labels& labels) {
  const char* colour = colour_of(s, number);
  std::string path, points;
  for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
    if (!x.shows(s.x[i]) || !y.shows(s.y[i])) continue;
    const double px = x.place(s.x[i]), py = y.place(s.y[i]);
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", px, py);
    if (s.points) points += marker(number, px, py, colour, s.x.size() > kMany);
    if (i < s.labels.size()) points += labels.place(px, py, s.labels[i]);
  }
  std::string out;
  if (s.line && !path.empty())
    out = fmt::format("<path d='{}' fill='none' stroke='{}' stroke-width='1.6'/>\n", path, colour);
  return out + points;
}

// Where each series' name stands above the axes: rows of what fits beside each other.
std::vector<std::pair<double, double>> legend_places(const SvgPlot& plot, double& height) {
  std::vector<std::pair<double, double>> places;
  double x = kLeft + 8, y = kTop - kLegendAbove;
  for (const SvgSeries& s : plot.series) {
    const double wide = s.name.empty() ? 0 : 30 + kCharacter * display_width(s.name);
    if (x + wide > kWidth && x > kLeft + 8) {
      x = kLeft + 8;
      y += kLegendRow;
    }
    places.emplace_back(x, y);
    x += wide;
  }
  height = y - (kTop - kLegendAbove);
  return places;
}

std::string legend_entry(const SvgSeries& s, std::size_t number, double x, double y) {
  const char* colour = colour_of(s, number);
  const std::string sign =
      s.points ? marker(number, x, y, colour, s.x.size() > kMany)
               : fmt::format("<path d='M{:.1f} {:.1f}h10' stroke='{}' stroke-width='1.6'/>\n",
                             x - 5, y, colour);
  return sign + text_at(x + 9, y + 4, "start", s.name);
}

}  // namespace

std::string render_svg(const SvgPlot& plot) {
  Axis x, y;
  x.log = plot.x_log;
  y.log = plot.y_log;
  x.from = kLeft;
  x.to = kWidth - kRight;
  y.from = kHeight - kBottom;
  double more_rows = 0;
  const auto legend = legend_places(plot, more_rows);
  y.to = kTop + more_rows;
  for (const SvgSeries& s : plot.series) {
    for (const double value : s.x) x.include(value);
    for (const double value : s.y) y.include(value);
  }
  x.settle();
  y.settle();
  std::string out = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' width='{0}' height='{1}' viewBox='0 0 {0} {1}' "
      "font-family='sans-serif' font-size='12'>\n<rect width='{0}' height='{1}' fill='#fff'/>\n",
      kWidth, kHeight);
  out += draw_axes(plot, x, y);
  Labels labels(y.to);
  for (const SvgSeries& s : plot.series)
    for (std::size_t i = 0; !s.labels.empty() && i < std::min(s.x.size(), s.y.size()); ++i)
      if (x.shows(s.x[i]) && y.shows(s.y[i])) labels.avoid(x.place(s.x[i]), y.place(s.y[i]));
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const SvgSeries& s = plot.series[i];
    out += draw_series(s, i, x, y, labels);
    if (s.name.empty()) continue;
    out += legend_entry(s, i, legend[i].first, legend[i].second);
  }
  return out + "</svg>\n";
}

}  // namespace neuralpower
