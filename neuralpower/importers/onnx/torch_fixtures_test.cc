// SPDX-License-Identifier: Apache-2.0
// Networks as PyTorch exports them, held against PyTorch's own counts (tests/importers/
// make_fixtures.py), and the patterns that are seen in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "neuralpower/base/text.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/network/blocks.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(NEURALPOWER_SOURCE_DIR) / "tests" / "networks" / "torch";

Network import(const std::string& file, std::int64_t batch) {
  ImportOptions options;
  options.batch = batch;
  return import_onnx(kFolder / file, options);
}

TEST(TorchFixtures, CountsEqualPyTorchs) {
  std::ifstream rows(kFolder / "counts.csv");
  ASSERT_TRUE(rows);
  std::string line;
  std::getline(rows, line);
  ASSERT_EQ(line, "file,batch,macs,params");
  int files = 0;
  while (std::getline(rows, line)) {
    const auto cells = split(line, ',');
    ASSERT_EQ(cells.size(), 4u);
    SCOPED_TRACE(line);
    const Network network = import(std::string(cells[0]), *parse_int(cells[1]));
    const NetworkWork work = total_work(network);
    EXPECT_EQ(work.unsupported, 0);
    EXPECT_EQ(work.macs, parse_int(cells[2]));
    if (!cells[3].empty()) {
      EXPECT_EQ(work.params, parse_int(cells[3]));
    }
    // Every layer has a text that reads back as the same layer, fused or not.
    const FusedNetwork fused = fuse_patterns(network);
    EXPECT_EQ(total_work(fused.network).macs, work.macs);
    EXPECT_EQ(total_work(fused.network).params, work.params);
    for (const Network* one : {&network, &fused.network})
      for (const Layer& layer : one->layers)
        EXPECT_EQ(parse_layer(format_layer(layer.config)), layer.config) << layer.name;
    ++files;
  }
  EXPECT_GE(files, 20);
}

std::map<std::string, int> patterns_in(const std::string& file) {
  std::map<std::string, int> counts;
  const FusedNetwork fused = fuse_patterns(import(file, 1));
  for (const FusedGroup& group : fused.groups) ++counts[std::string(group.pattern)];
  for (const FusedGroup& block : find_blocks(fused.network)) ++counts[std::string(block.pattern)];
  return counts;
}

TEST(TorchFixtures, PatternsAreSeenAsWhatTheyAre) {
  using Counts = std::map<std::string, int>;
  EXPECT_EQ(patterns_in("bert.opset13.rebatch.onnx"),
            (Counts{{"attention", 4}, {"gelu", 4}, {"layer_norm", 9}}));
  EXPECT_EQ(patterns_in("gpt.opset13.dynamic.onnx"),
            (Counts{{"attention", 3}, {"gelu", 3}, {"layer_norm", 7}}));
  EXPECT_EQ(patterns_in("vit_b_32.opset13.rebatch.onnx"),
            (Counts{{"attention", 12}, {"gelu", 12}, {"layer_norm", 25}}));
  EXPECT_EQ(patterns_in("efficientnet_b0.opset15.nofold.onnx"), (Counts{{"silu", 49}, {"squeeze-excite", 16}}));
  EXPECT_EQ(patterns_in("mobilenet_v3_small.opset14.preserve.onnx").at("squeeze-excite"), 9);
  EXPECT_EQ(patterns_in("shufflenet_v2_x0_5.opset13.rebatch.onnx"),
            (Counts{{"channel_shuffle", 16}}));
}

}  // namespace
}  // namespace neuralpower
