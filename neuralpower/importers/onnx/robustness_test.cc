// SPDX-License-Identifier: Apache-2.0
// Damaged and hostile files: each ends in a Network or in one Error, in bounded time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/importers/onnx/test_model.h"
#include "neuralpower/network/fusion.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower::onnx::test {
namespace {

using ::testing::HasSubstr;

// Imports and uses the network; what is wrong with it, or nothing.
std::string outcome(std::string_view bytes, const ImportOptions& options = {}) {
  try {
    const Network network = import_onnx_bytes(bytes, "hostile", options);
    total_work(network);
    for (const Layer& layer : fuse_patterns(network).network.layers) format_layer(layer.config);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos);
    return error.what();
  }
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Robustness, DamagedExportsNeverCrash) {
  const auto folder = std::filesystem::path(NEURALPOWER_SOURCE_DIR) / "tests/networks/torch";
  std::mt19937 random(7);
  int broken = 0, files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".onnx" || entry.file_size() > 20'000) continue;
    const std::string whole = read(entry.path());
    ++files;
    for (int i = 0; i < 150; ++i) {
      std::string bytes = whole;
      const std::size_t at = random() % bytes.size();
      switch (i % 3) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
          break;
        case 1:
          bytes.resize(at);
          break;
        default:
          for (int k = 0; k < 8; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      ImportOptions options;
      if (i % 2 == 0) options.batch = 3;
      broken += !outcome(bytes, options).empty();
    }
  }
  EXPECT_GE(files, 5);
  EXPECT_GT(broken, 100);
}

TEST(Robustness, LengthsBeyondTheFileAreErrors) {
  for (const std::string& prefix :
       {std::string("\x3a\xff\xff\xff\xff\x07", 6), std::string("\x3a\xff\xff\xff\xff\x0f", 6),
        std::string("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10), std::string("\x3a", 1),
        std::string("\x3a\x02\x0a\x7f", 4), std::string("\x00", 1), std::string("\x3b\x00", 2)})
    EXPECT_NE(outcome(prefix), "");
  EXPECT_THAT(outcome(""), HasSubstr("no graph"));
  EXPECT_NE(outcome("MZ this is no network"), "");
}

TEST(Robustness, HugeTensorsAreNotMade) {
  Model constant;
  constant.input("x", {1}).integers("huge", {1 << 30, 1 << 30});
  constant.add("ConstantOfShape", {"huge"}, {"c"}).add("Add", {"x", "c"}, {"y"}).output("y");
  outcome(constant.bytes());
  Model range;
  range.input("x", {1}).initializer(integers_tensor("a", {}, {0}));
  range.initializer(integers_tensor("b", {}, {1LL << 52}))
      .initializer(integers_tensor("c", {}, {1}));
  range.add("Range", {"a", "b", "c"}, {"r"}).add("Add", {"x", "r"}, {"y"}).output("y");
  outcome(range.bytes());
  Model overflow;
  overflow.input("x", {1}).integers("huge", {1LL << 40, 1LL << 40});
  overflow.add("ConstantOfShape", {"huge"}, {"c"}, {}, "it");
  EXPECT_THAT(outcome(overflow.bytes()), HasSubstr("it: "));
}

TEST(Robustness, ArithmeticWithoutAResultIsAnError) {
  for (const auto& [op, a, b] :
       std::vector<std::tuple<std::string, std::int64_t, std::int64_t>>{{"Div", 1, 0},
                                                                        {"Mod", 1, 0},
                                                                        {"Div", INT64_MIN, -1},
                                                                        {"Mul", INT64_MAX, 2},
                                                                        {"Add", INT64_MAX, 1},
                                                                        {"Sub", INT64_MIN, 1},
                                                                        {"Pow", 10, 30}}) {
    Model model;
    model.integers("a", {a}).integers("b", {b}).add(op, {"a", "b"}, {"y"}, {}, "it");
    EXPECT_THAT(outcome(model.bytes()), HasSubstr("it: ")) << op;
  }
}

TEST(Robustness, NamesCannotForgeOutput) {
  Model model;
  model.input("x\n\x1b[31m", {1, 4});
  model.add("Relu", {"missing\nneuralpower: ok"}, {"y"}, {}, "node\r\n\x1b[0m<script>\xff");
  const std::string text = outcome(model.bytes());
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\\x1b[0m<script>\\xff"));
}

TEST(Robustness, RanksAndListsAreBounded) {
  Model rank;
  rank.input("x", Sizes(100, 1)).add("Relu", {"x"}, {"y"});
  EXPECT_THAT(outcome(rank.bytes()), HasSubstr("more than 32 dimensions"));
  Model weights;
  weights.weight("w", Sizes(100, 1));
  EXPECT_THAT(outcome(weights.bytes()), HasSubstr("more than 32 dimensions"));
  Model negative;
  negative.weight("w", {3, -3});
  EXPECT_THAT(outcome(negative.bytes()), HasSubstr("negative size"));
  Model inputs;
  inputs.input("x", {1, -7});
  EXPECT_THAT(outcome(inputs.bytes()), HasSubstr("negative size"));
}

TEST(Robustness, ManyNodesThatFold) {
  Model model;
  model.integers("big", Sizes(60'000, 1));
  for (int i = 0; i < 20'000; ++i)
    model.add("Add", {"big", i == 0 ? "big" : "t" + std::to_string(i - 1)},
              {"t" + std::to_string(i)});
  EXPECT_EQ(outcome(model.bytes()), "");
}

}  // namespace
}  // namespace neuralpower::onnx::test
