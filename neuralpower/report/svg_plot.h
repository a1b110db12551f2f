// SPDX-License-Identifier: Apache-2.0
// SvgPlot: a plot of points and lines as one SVG image, for papers and web pages.
//
// Axes are linear or logarithmic, with ticks at round numbers. Colours are those of Okabe and Ito,
// which colour-blind readers tell apart; each series has a marker of its own besides.
#pragma once

#include <string>
#include <vector>

namespace neuralpower {

struct SvgSeries {
  std::string name;  // in the legend; empty: not there
  std::vector<double> x, y;
  std::vector<std::string> labels;  // one a point, or none
  bool line = false, points = true;
  std::string colour = {};  // empty: the next of the palette
};

struct SvgPlot {
  std::string title, x_title, y_title;
  bool x_log = false, y_log = false;
  std::vector<SvgSeries> series;
};

// Points that are not finite, or not positive on a logarithmic axis, are left out.
std::string render_svg(const SvgPlot& plot);

}  // namespace neuralpower
