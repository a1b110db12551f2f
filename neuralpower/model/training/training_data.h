// SPDX-License-Identifier: Apache-2.0
// Measured layers made ready for fitting: repetitions reduced, grouped by model key, features
// extracted, folds dealt.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "neuralpower/base/error.h"
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
  std::vector<double> power_w;  // 0 where it was not measured

  MatrixView feature_view() const { return {features.data(), rows.size(), feature_count}; }
};

// By key, in alphabetical order. Layers without work (views) and unsupported operations are left
// out.
std::map<std::string, KeyData> group_by_key(const std::vector<Sample>& samples);

// The chosen rows of `data`, in their order.
KeyData select_rows(const KeyData& data, const std::vector<std::size_t>& rows);

// The rows whose power was measured, ascending: all, none, or those before a meter failed.
std::vector<std::size_t> metered_rows(const KeyData& data);

// That no key has as many configurations as are needed, and how many each has.
Error too_few_configurations(const std::map<std::string, KeyData>& groups, std::size_t needed);

}  // namespace neuralpower
