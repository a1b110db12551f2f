// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/evaluate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

std::vector<Sample> fully_connected_layers(int count) {
  std::vector<Sample> samples;
  for (int i = 1; i <= count; ++i) {
    Sample sample;
    sample.layer = parse_layer(fmt::format("fc batch={} in={} out=100", i, 50 + 7 * (i % 5)));
    sample.runtime = Seconds(1e-3 + 2e-6 * i * (50 + 7 * (i % 5)) * (i % 3 + 1));
    samples.push_back(sample);
  }
  return samples;
}

TEST(CrossValidation, HeldOutRowsAreEveryLayerOnceAndMakeTheErrors) {
  CrossValidateOptions options;
  options.train.method = "macs";
  options.folds = 4;
  const Evaluation evaluation = cross_validate_method(fully_connected_layers(20), options);
  ASSERT_EQ(evaluation.held_out.size(), 20U);
  std::set<std::string> layers;
  std::map<std::size_t, int> rows_of_fold;
  std::vector<double> truth, predicted;
  for (const HeldOutRow& row : evaluation.held_out) {
    layers.insert(row.layer);
    ++rows_of_fold[row.fold];
    EXPECT_EQ(row.key, "fc");
    ASSERT_TRUE(row.runtime);
    EXPECT_FALSE(row.power || row.energy);
    EXPECT_LE(row.runtime->low, row.runtime->predicted);
    EXPECT_GE(row.runtime->high, row.runtime->predicted);
    truth.push_back(row.runtime->measured);
    predicted.push_back(row.runtime->predicted);
  }
  EXPECT_EQ(layers.size(), 20U);
  EXPECT_EQ(rows_of_fold, (std::map<std::size_t, int>{{0, 5}, {1, 5}, {2, 5}, {3, 5}}));
  EXPECT_NEAR(evaluation.targets.at("runtime").at("fc").metrics.rmspe,
              error_metrics(truth, predicted).rmspe, 1e-9);
}

}  // namespace
}  // namespace neuralpower
