// SPDX-License-Identifier: Apache-2.0
// Accuracy against model complexity, after Rodrigues, Riley and Lujan (2020): how many terms does a
// model of a layer type need?
//
// Complexity is the number of fitted coefficients, the intercept not counted; accuracy is their
// 100 - mape, in per cent. Every point is held out: the folds are dealt by configuration, all
// methods are judged on the same ones, and what a method chooses it chooses without the fold (the
// points of a curve are all shown, so there is nothing to choose). The published models are fitted
// as published, by absolute squares, and beside that relatively, every row weighing 1 / value^2.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/features/target.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

struct StudyPoint {
  double terms = 0;  // mean over the folds
  ErrorMetrics metrics;
  double accuracy() const { return 100 - metrics.mape; }
};

// A method, along its penalty where it has one: from few terms to many.
struct StudyCurve {
  std::string method;
  std::string what;
  std::vector<StudyPoint> points;
};

// How many terms less do for the same: of the published kinds of model, the smallest whose accuracy
// is at most `similar` points below the best.
struct StudyComparison {
  StudyPoint best, small;
  std::string best_method, small_method;
  double ratio() const { return small.terms > 0 ? best.terms / small.terms : 0; }
};

struct StudyOfKey {
  std::string key;
  std::size_t rows = 0;
  std::vector<StudyCurve> curves;
  StudyComparison comparison;
};

struct Study {
  Target target = Target::kRuntime;
  std::string split;
  double similar = 5;
  std::vector<StudyOfKey> keys;
  std::vector<std::string> notes;
};

struct StudyOptions {
  Target target = Target::kRuntime;
  std::size_t folds = 10;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  double similar = 5;             // points of accuracy that count as the same
  std::vector<std::string> keys;  // only these; empty: all
};

// The physical sum of the default method for runtime, without its correction; of `options` folds,
// seed and threads count.
KeyModels fit_physical_sum(const KeyData& data, const TrainOptions& options);

// Energy is regressed directly, as in the paper, by every method, in J. Error (bad input) if no key
// has enough configurations with this target.
Study study_complexity(const std::vector<Sample>& samples, const StudyOptions& options,
                       const TrainProgress& progress = {});

}  // namespace neuralpower
