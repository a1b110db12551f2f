// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace neuralpower {
namespace {

Table wide_table() {
  Table table({{"network", Table::Align::kLeft}, {"energy"}, {"power"}, {"runtime"}});
  table.add_row({"alexnet", "1.25", "70.5", "12.75"});
  table.add_rule();
  table.add_row({"total", "1.25", "70.5", "12.75"});
  return table;
}

int widest_line(const std::string& text) {
  std::istringstream lines(text);
  int widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

TEST(TableTest, WithoutATerminalNothingIsCut) {
  const std::string text = wide_table().render(0);
  EXPECT_EQ(text.substr(0, text.find('\n')), "network  energy  power  runtime");
}

TEST(TableTest, WhatDoesNotFitGoesOnBelowWithTheFirstColumnAgain) {
  const std::string text = wide_table().render(22);
  EXPECT_LE(widest_line(text), 22);
  for (const char* number : {"1.25", "70.5", "12.75"})
    EXPECT_NE(text.find(number), std::string::npos) << text;
  EXPECT_NE(text.find("network  energy"), std::string::npos) << text;
  EXPECT_NE(text.find("network  runtime"), std::string::npos) << text;
}

TEST(TableTest, TheLastTextIsBrokenIntoLines) {
  Table table({{"name", Table::Align::kLeft}, {"what", Table::Align::kLeft}});
  table.add_row(
      {"onednn", "CPU, oneDNN: f32 and bf16, layouts of its own, as in PyTorch and OpenVINO"});
  const std::string text = table.render(40);
  EXPECT_LE(widest_line(text), 40);
  EXPECT_EQ(text.substr(text.find("onednn")),
            "onednn  CPU, oneDNN: f32 and bf16,\n"
            "        layouts of its own, as in\n"
            "        PyTorch and OpenVINO\n");
}

TEST(TableTest, EvenATinyTerminalEnds) {
  EXPECT_NE(wide_table().render(1).find("12.75"), std::string::npos);
}

}  // namespace
}  // namespace neuralpower
