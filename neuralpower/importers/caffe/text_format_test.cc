// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/caffe/text_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/caffe/caffe.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  try {
    parse_text_format(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string caffe_error_of(std::string_view text) {
  try {
    parse_caffe(text, "net");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TextFormat, ReadsEveryFormOfAField) {
  const TextMessage root = parse_text_format(R"(
    # a comment { with braces
    name: "a" 'b' "\x41\102\n\"" ; count: -3, half: 0.5 kind: MAX on: true
    [some.extension]: 7
    inner { deep: { n: 1 } } inner < n: 2 >
    list: [1, 2, 3] list: 4 empty: []
    messages: [{ n: 5 }, { n: 6 }]
    minus: - 8
  )");
  EXPECT_EQ(root.text("name"), "abAB\n\"");
  EXPECT_EQ(root.whole("count"), -3);
  EXPECT_EQ(root.real("half"), 0.5);
  EXPECT_EQ(root.text("kind"), "MAX");
  EXPECT_TRUE(root.flag("on", false));
  EXPECT_FALSE(root.flag("off", false));
  EXPECT_EQ(root.whole("[some.extension]"), 7);
  EXPECT_EQ(root.message("inner")->whole("n"), 2);
  EXPECT_THAT(root.wholes("list"), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(root.message("messages")->whole("n"), 6);
  EXPECT_EQ(root.whole("minus"), -8);
  EXPECT_FALSE(root.whole("nothing").has_value());
  EXPECT_EQ(root.find("empty"), nullptr);
  EXPECT_EQ(root.fields[0].line, 3);
}

TEST(TextFormat, ErrorsNameTheLine) {
  EXPECT_THAT(error_of("a: 1\nb {\nc: 2"), HasSubstr("line 3: the file ends inside a message"));
  EXPECT_THAT(error_of("a: 1\n}"), HasSubstr("line 2: a field's name is missing before '}'"));
  EXPECT_THAT(error_of("a 1"), HasSubstr("neither ':' nor '{'"));
  EXPECT_THAT(error_of("a:"), HasSubstr("a value is missing"));
  EXPECT_THAT(error_of("a: \"x\ny\""), HasSubstr("quoted text without its end"));
  EXPECT_THAT(error_of("a: \"\\q\""), HasSubstr("no escape"));
  EXPECT_THAT(error_of("a: \"\\x\""), HasSubstr("without digits"));
  EXPECT_THAT(error_of("a: [1, 2"), HasSubstr("without its ']'"));
  EXPECT_THAT(error_of("a: [[1]]"), HasSubstr("a list in a list"));
  EXPECT_THAT(error_of("a < b: 1 }"), HasSubstr("line 1"));
  EXPECT_THAT(error_of("[a: 1"), HasSubstr("'[' without ']'"));
  EXPECT_THAT(error_of(std::string_view("a: 1\0", 5)), HasSubstr("a zero byte"));
  const TextMessage root = parse_text_format("a { b: x }");
  EXPECT_THROW(root.whole("a"), Error);
  EXPECT_THROW(root.text("a"), Error);
  EXPECT_THROW(root.message("a")->message("b"), Error);
  EXPECT_THROW(root.message("a")->flag("b", true), Error);
  EXPECT_THROW(root.message("a")->real("b"), Error);
}

TEST(TextFormatSafety, DeepNestingIsRefused) {
  std::string braces, lists;
  for (int i = 0; i < 100'000; ++i) {
    braces += "a {";
    lists += "a: [{";
  }
  EXPECT_THAT(error_of(braces), HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(error_of(lists), HasSubstr("nested more than 64 deep"));
}

TEST(CaffeSafety, AHundredThousandLayers) {
  std::string text = "input: 'data' input_shape { dim: 1 dim: 4 dim: 8 dim: 8 }\n";
  for (int i = 0; i < 100'000; ++i) {
    const std::string bottom = i == 0 ? "data" : "b" + std::to_string(i - 1);
    text += "layer { name: 'l' type: 'Convolution' bottom: '" + bottom + "' top: 'b" +
            std::to_string(i) + "' convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }\n";
  }
  EXPECT_EQ(parse_caffe(text, "net").layers.size(), 100'000u);
}

TEST(CaffeSafety, TwentyThousandInputsToOneConcat) {
  std::string text =
      "input: 'data' input_shape { dim: 1 dim: 4 dim: 8 dim: 8 }\n"
      "layer { name: 'x' type: 'Concat' top: 'out' ";
  for (int i = 0; i < 20'000; ++i) text += "bottom: 'data' ";
  EXPECT_EQ(parse_caffe(text + "}", "net").layers[0].config.inputs.size(), 20'000u);
}

TEST(CaffeSafety, EveryTruncationAndFlippedBitIsReadOrRefused) {
  const std::string text = R"(name: "n" input: "data" input_shape { dim: [2, 4, 9, 9] }
    layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param {
      num_output: 6 kernel_size: 3 stride: 2 pad: 1 group: 2 } }
    layers { name: "bn" type: BATCH_NORM bottom: "c" top: "c" }
    layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
    layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: AVE
      kernel_size: 3 stride: 2 pad: 1 } }
    layer { name: "h" type: "Slice" bottom: "p" top: "p0" top: "p1" }
    layer { name: "e" type: "Eltwise" bottom: "p0" bottom: "p1" top: "e" include { phase: TEST } }
    layer { name: "r" type: "Reshape" bottom: "e" top: "r" reshape_param { shape { dim: 0
      dim: -1 } } }
    layer { name: "i" type: "InnerProduct" bottom: "r" top: "i" inner_product_param {
      num_output: 5 } }
    layer { name: "l" type: "SoftmaxWithLoss" bottom: "i" bottom: "data" top: "l" })";
  ASSERT_EQ(caffe_error_of(text), "no error");
  for (std::size_t size = 0; size < text.size(); ++size) {
    caffe_error_of(text.substr(0, size));
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[size] = static_cast<char>(flipped[size] ^ (1 << bit));
      caffe_error_of(flipped);
    }
  }
}

TEST(CaffeSafety, HugeNumbersDoNotWrap) {
  const auto layer = [](const std::string& type, const std::string& params) {
    return "input: 'data' input_shape { dim: 1 dim: 4 dim: 1000000000000 dim: 8 }\n"
           "layer { name: 'x' type: '" +
           type + "' bottom: 'data' top: 'out' " + params + " }";
  };
  EXPECT_THAT(caffe_error_of(layer("Convolution",
                                   "convolution_param { num_output: 1000000000000 "
                                   "kernel_size: 1 }")),
              HasSubstr("2^63"));
  EXPECT_THAT(caffe_error_of(layer("Pooling",
                                   "pooling_param { kernel_size: 1000000000000 "
                                   "stride: 1000000000000 pad: 1000000000000 }")),
              HasSubstr("x: "));
  EXPECT_THAT(caffe_error_of(layer("Tile", "tile_param { tiles: 1000000000000 }")),
              HasSubstr("2^63"));
  EXPECT_THAT(caffe_error_of(layer("Interp", "interp_param { zoom_factor: 1000000000000 }")),
              HasSubstr("2^63"));
  EXPECT_THAT(caffe_error_of(layer("LRN", "lrn_param { local_size: 1000000000000 }")),
              HasSubstr("out of range"));
}

TEST(CaffeSafety, NamesWithControlCharactersComeOutEscaped) {
  EXPECT_THAT(caffe_error_of("layer { name: '\\033[31m\\n' type: 'ReLU' bottom: '\x01' top: 'a' }"),
              HasSubstr("\\x1b[31m\\x0a: reads '\\x01'"));
}

}  // namespace
}  // namespace neuralpower
