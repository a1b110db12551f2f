// SPDX-License-Identifier: Apache-2.0
// Every row of the table on layers of a device whose law is known.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/methods/method.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

// Layers of one kind with their folds, and values by a law over named features.
struct Rows {
  std::string key;
  std::vector<LayerConfig> layers;
  std::vector<double> features, values;
  std::vector<std::uint32_t> folds;

  explicit Rows(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) layers.push_back(parse_layer(text));
    key = model_key(layers.front());
    for (const LayerConfig& layer : layers) {
      const auto x = extract_features(layer);
      features.insert(features.end(), x.begin(), x.end());
      folds.push_back(static_cast<std::uint32_t>(folds.size() % 5));
    }
  }
  double of(std::size_t row, const char* term) const {
    return Term::parse(term, key).evaluate(extract_features(layers[row]));
  }
  Rows& follow(const std::function<double(std::size_t)>& law) {
    values.clear();
    for (std::size_t i = 0; i < layers.size(); ++i) values.push_back(law(i));
    return *this;
  }
  FitResult fit(std::string_view method, Target target = Target::kRuntime) const {
    FitInput input;
    input.key = key;
    input.target = target;
    input.features = MatrixView(features.data(), layers.size(), features.size() / layers.size());
    input.values = values;
    input.fold_of_row = folds;
    input.fold_count = 5;
    return find_method(method).fit(input);
  }
};

Rows convolutions() {
  std::vector<std::string> texts;
  for (int batch : {1, 2, 4, 8})
    for (int in : {8, 24, 64, 120})
      for (int kernel : {1, 3, 5})
        texts.push_back(fmt::format("conv batch={} in={}x{}x{} out={} kernel={} pad={}", batch, in,
                                    10 + in / 8, 10 + in / 8, 48 - kernel * 4, kernel, kernel / 2));
  return Rows(texts);
}

std::map<std::string, double> terms_of(const FitResult& result, std::size_t regime = 0) {
  std::map<std::string, double> terms;
  for (const WeightedTerm& t : result.model.regimes.at(regime).terms) terms[t.term] = t.coefficient;
  return terms;
}

void expect_held_out_equals_values(const FitResult& result, const Rows& rows) {
  ASSERT_EQ(result.held_out.size(), rows.values.size());
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    EXPECT_NEAR(result.held_out[i] / rows.values[i], 1, 1e-6) << i;
}

TEST(Methods, MacsFindsTheRate) {
  Rows rows = convolutions();
  rows.follow([&](std::size_t i) { return 3e-8 * rows.of(i, "macs"); });
  const FitResult result = rows.fit("macs");
  EXPECT_NEAR(terms_of(result).at("macs"), 3e-8, 1e-17);
  expect_held_out_equals_values(result, rows);
}

TEST(Methods, PaleoFindsBothRates) {
  Rows rows = convolutions();
  rows.follow(
      [&](std::size_t i) { return 2e-8 * rows.of(i, "flops") + 5e-7 * rows.of(i, "bytes"); });
  const FitResult result = rows.fit("paleo");
  EXPECT_NEAR(terms_of(result).at("flops"), 2e-8, 1e-15);
  EXPECT_NEAR(terms_of(result).at("bytes"), 5e-7, 1e-14);
  expect_held_out_equals_values(result, rows);
}

TEST(Methods, PaleoNeverFitsANegativeRate) {
  Rows rows = convolutions();
  // More bytes, less time: no rate of bytes is the nearest that is physical.
  rows.follow(
      [&](std::size_t i) { return 1e-7 * rows.of(i, "flops") / (1 + 1e-6 * rows.of(i, "bytes")); });
  for (const auto& [term, rate] : terms_of(rows.fit("paleo"))) EXPECT_GT(rate, 0) << term;
}

TEST(Methods, RooflineFindsThePeaks) {
  Rows rows = convolutions();
  rows.follow([&](std::size_t i) {
    return std::max(1e-8 * rows.of(i, "flops"), 4e-7 * rows.of(i, "bytes"));
  });
  const FitResult result = rows.fit("roofline");
  ASSERT_EQ(result.model.regimes.size(), 2u);
  EXPECT_NEAR(terms_of(result, 0).at("flops"), 1e-8, 1e-15);
  EXPECT_NEAR(terms_of(result, 1).at("bytes"), 4e-7, 1e-14);
  expect_held_out_equals_values(result, rows);
}

TEST(Methods, LayerTypeIsOneLine) {
  Rows rows = convolutions();
  rows.follow([&](std::size_t i) { return 0.2 + 3e-8 * rows.of(i, "macs"); });
  const FitResult result = rows.fit("layer-type");
  EXPECT_EQ(terms_of(result).size(), 1u);
  EXPECT_NEAR(result.model.regimes[0].intercept, 0.2, 1e-9);
  EXPECT_NEAR(terms_of(result).at("macs"), 3e-8, 1e-17);
  // A row below all that the fit has seen is taken for the smallest of those.
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    EXPECT_NEAR(result.held_out[i] / rows.values[i], 1, i == 0 ? 0.01 : 1e-6) << i;
}

TEST(Methods, IndividualLayerUsesHyperParameters) {
  Rows rows = convolutions();
  rows.follow([&](std::size_t i) { return 1 + 0.5 * rows.of(i, "Ci") + 0.25 * rows.of(i, "N"); });
  const FitResult result = rows.fit("individual-layer");
  EXPECT_GT(terms_of(result).at("Ci"), 0.4);
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    EXPECT_NEAR(result.held_out[i] / rows.values[i], 1, 0.1) << i;
}

TEST(Methods, PublishedFindsAPolynomialAndItsDegree) {
  Rows rows = convolutions();
  rows.follow(
      [&](std::size_t i) { return 5 + 0.1 * rows.of(i, "N*Ci") + 0.002 * rows.of(i, "Ho*Wo"); });
  const FitResult result = rows.fit("neuralpower-2017");
  EXPECT_NE(result.model.report.note.find("degree "), std::string::npos);
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    EXPECT_NEAR(result.held_out[i] / rows.values[i], 1, 0.02) << i;
}

TEST(Methods, PublishedClampsAtTheSmallestTimeMeasured) {
  Rows rows = convolutions();
  rows.follow([&](std::size_t i) { return 1e-6 * rows.of(i, "macs") + 0.1; });
  const FitResult result = rows.fit("neuralpower-2017");
  const double smallest = *std::min_element(rows.values.begin(), rows.values.end());
  EXPECT_EQ(result.model.minimum, smallest);
  for (double value : result.held_out) EXPECT_GE(value, smallest);
}

TEST(Methods, BaselinesHaveConstantPower) {
  Rows rows = convolutions();
  rows.follow([](std::size_t) { return 75; });
  for (const char* method : {"macs", "roofline", "paleo"}) {
    const FitResult result = rows.fit(method, Target::kPower);
    EXPECT_NEAR(result.model.regimes[0].intercept, 75, 1e-9) << method;
    EXPECT_TRUE(result.model.regimes[0].terms.empty()) << method;
  }
}

TEST(Methods, AMisspeltNameIsCorrected) {
  try {
    find_method("rofline");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'roofline'"), std::string::npos);
  }
}

}  // namespace
}  // namespace neuralpower
