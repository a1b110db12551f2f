// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/origin.h"

#include <gtest/gtest.h>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

Sample row(const char* device, const char* software) {
  Sample sample;
  sample.device = device;
  sample.software = software;
  return sample;
}

std::string message_of(const std::vector<Sample>& samples) {
  try {
    expect_one_origin(samples);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Origin, OneIsFine) {
  EXPECT_EQ(message_of({}), "");
  EXPECT_EQ(message_of({row("a", "x"), row("a", "x"), row("", "")}), "");
}

TEST(Origin, SeveralAreNamedWithTheRemedy) {
  const std::string software = message_of({row("a", "x 1"), row("a", "y 2"), row("a", "y 2")});
  EXPECT_NE(software.find("'x 1' (1 rows), 'y 2' (2 rows)"), std::string::npos) << software;
  EXPECT_NE(software.find("--software"), std::string::npos);
  EXPECT_NE(message_of({row("a", ""), row("b", "")}).find("--measured-on"), std::string::npos);
}

TEST(Origin, ChoosingKeepsTheChosenAndTheNameless) {
  const std::vector<Sample> rows = {row("a", "x"), row("b", "y"), row("", "y"), row("b", "x")};
  const auto chosen = samples_of(rows, "b", "y");
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(chosen[0].device, "b");
  EXPECT_EQ(chosen[1].device, "");
  EXPECT_EQ(samples_of(rows, "", "").size(), rows.size());
}

TEST(Origin, AnUnknownNameIsAnError) {
  EXPECT_THROW(samples_of({row("a", "x")}, "c", ""), Error);
  EXPECT_THROW(samples_of({row("", "")}, "", "x"), Error);
}

}  // namespace
}  // namespace neuralpower
