// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/study.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

// Time goes with the multiply-accumulates, up to a ripple; power is flat.
std::vector<Sample> samples(double ripple) {
  std::vector<Sample> all;
  for (int i = 1; i <= 60; ++i) {
    const int batch = 1 + i % 8, inputs = 100 * (1 + i % 7), outputs = 50 * (1 + i % 11);
    Sample sample;
    sample.layer = parse_layer(fmt::format("fc batch={} in={} out={}", batch, inputs, outputs));
    sample.runtime =
        milliseconds(1e-6 * batch * inputs * outputs * (1 + ripple * std::sin(1.7 * i)));
    sample.power = Watts(40);
    all.push_back(sample);
  }
  return all;
}

const StudyCurve& curve(const StudyOfKey& of, const std::string& method) {
  return *std::find_if(of.curves.begin(), of.curves.end(),
                       [&](const StudyCurve& c) { return c.method == method; });
}

TEST(StudyTest, OneTermIsEnoughWhereOneTermIsTheTruth) {
  for (const Target target : {Target::kRuntime, Target::kEnergy}) {
    StudyOptions options;
    options.target = target;
    const Study study = study_complexity(samples(0.02), options);
    ASSERT_EQ(study.keys.size(), 1u);
    const StudyOfKey& fc = study.keys[0];
    EXPECT_EQ(fc.key, "fc");
    EXPECT_EQ(fc.rows, 60u);
    const StudyPoint& macs = curve(fc, "macs").points.front();
    EXPECT_EQ(macs.terms, 1);
    EXPECT_GT(macs.accuracy(), 97);
    EXPECT_GT(curve(fc, "neuralpower").points.back().accuracy(), 95);
    EXPECT_EQ(fc.comparison.small.terms, 1);
    EXPECT_GE(fc.comparison.ratio(), 1);
    // From few terms to many.
    const auto& points = curve(fc, "neuralpower-2017, relative").points;
    ASSERT_GE(points.size(), 2u);
    EXPECT_LT(points.front().terms, points.back().terms);
  }
}

TEST(StudyTest, PowerIsStudiedToo) {
  StudyOptions options;
  options.target = Target::kPower;
  options.folds = 5;
  const Study study = study_complexity(samples(0), options);
  EXPECT_GT(curve(study.keys[0], "macs").points.front().accuracy(), 99.9);
  EXPECT_EQ(study.split, "5 folds by configuration, seed 1");
}

TEST(StudyTest, SaysWhatIsMissing) {
  StudyOptions options;
  options.keys = {"conv"};
  EXPECT_THROW(study_complexity(samples(0), options), Error);
  options.keys.clear();
  options.target = Target::kEnergy;
  std::vector<Sample> no_power = samples(0);
  for (Sample& sample : no_power) sample.power.reset();
  EXPECT_THROW(study_complexity(no_power, options), Error);
}

}  // namespace
}  // namespace neuralpower
