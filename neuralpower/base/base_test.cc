// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/base/units.h"

namespace neuralpower {
namespace {

TEST(Error, TellsFileNodeAndMessageInOneLine) {
  Error error = bad_input("stride is 0\nuse at least 1");
  error.in_node("conv1").in_file("net.onnx").in_file("outer");
  EXPECT_STREQ(error.what(), "net.onnx: conv1: stride is 0\\x0ause at least 1");
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
}

TEST(Text, ParsesOnlyWholeFiniteNumbers) {
  EXPECT_EQ(parse_int("42"), 42);
  EXPECT_EQ(parse_int("-7"), -7);
  EXPECT_FALSE(parse_int("4 "));
  EXPECT_FALSE(parse_int(""));
  EXPECT_FALSE(parse_int("9223372036854775808"));
  EXPECT_EQ(parse_double("1e-3"), 1e-3);
  EXPECT_FALSE(parse_double("nan"));
  EXPECT_FALSE(parse_double("inf"));
  EXPECT_FALSE(parse_double("1e999"));
}

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_EQ(split("", ',').size(), 1u);
  EXPECT_EQ(split_blanks("  conv  a=1\tb=2 ").size(), 3u);
  EXPECT_EQ(trim(" x\n"), "x");
}

TEST(Text, EscapesWhatWouldMoveATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");  // overlong slash
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // C1 control
  EXPECT_EQ(printable("h\xc3\xa9"), "h\xc3\xa9");
  EXPECT_EQ(printable("\xe2\x80\xae" "a"), "\\xe2\\x80\\xae" "a");  // turns what follows
  EXPECT_EQ(printable("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");
  EXPECT_EQ(printable("\xe2\x80\xa6"), "\xe2\x80\xa6");  // an ellipsis
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

TEST(Text, SuggestsOnlyCloseWords) {
  EXPECT_EQ(closest_word("predct", {"predict", "train"}), "predict");
  EXPECT_FALSE(closest_word("xyzzy", {"predict", "train"}));
}

TEST(Text, FormattedDoublesReadBackExactly) {
  for (double v : {0.1, 1.0 / 3, 2.5e11, std::numeric_limits<double>::denorm_min()})
    EXPECT_EQ(parse_double(format_double(v)), v);
}

TEST(Units, PowerTimesTimeIsEnergy) {
  const Joules energy = Watts(200) * milliseconds(5);
  EXPECT_DOUBLE_EQ(energy.value(), 1.0);
  EXPECT_DOUBLE_EQ((energy / Watts(200)).value(), 0.005);
}

TEST(Checked, OverflowIsAnError) {
  EXPECT_EQ(checked_product(2, 3, 4), 24);
  EXPECT_THROW(checked_product(std::int64_t{1} << 40, std::int64_t{1} << 40), Error);
  EXPECT_THROW(checked_add(std::numeric_limits<std::int64_t>::max(), 1), Error);
  EXPECT_EQ(ceil_div(7, 2), 4);
}

}  // namespace
}  // namespace neuralpower
