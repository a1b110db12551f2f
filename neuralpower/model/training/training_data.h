// SPDX-License-Identifier: Apache-2.0
// Measured layers made ready for fitting: repetitions reduced, grouped by model key, features
// extracted, folds dealt.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "neuralpower/regression/matrix_view.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// The configurations of one model key.
struct KeyData {
  std::string key;
  std::vector<ReducedSample> rows;
  std::vector<double> features;  // rows x feature_count
  std::size_t feature_count = 0;
  std::vector<double> runtime_ms;
  std::vector<double> power_w;  // as long as rows, or empty if a row has no power

  MatrixView feature_view() const { return {features.data(), rows.size(), feature_count}; }
  bool has_power() const { return !power_w.empty(); }
};

// By key, in alphabetical order. Layers without work (views) and unsupported operations are left
// out; a key has power only if every one of its configurations has.
std::map<std::string, KeyData> group_by_key(const std::vector<Sample>& samples);

// The chosen rows of `data`, in their order.
KeyData select_rows(const KeyData& data, const std::vector<std::size_t>& rows);

}  // namespace neuralpower
