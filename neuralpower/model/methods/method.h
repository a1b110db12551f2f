// SPDX-License-Identifier: Apache-2.0
// A method turns measured layers of one key into a LayerModel. The table of methods is the list of
// published and own ways to do so; every command with --method picks a row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "neuralpower/model/layer_model.h"
#include "neuralpower/regression/matrix_view.h"

namespace neuralpower {

// The rows of one key and target that a model is to be fitted to.
struct FitInput {
  std::string_view key;
  Target target = Target::kRuntime;
  // A row a configuration, in the order of feature_names(key, target, adapted).
  MatrixView features;
  bool adapted = false;            // the last feature is "base", another device's prediction
  std::span<const double> values;  // ms, W or J; positive
  std::span<const std::uint32_t> fold_of_row;  // for choosing penalties and for held-out errors
  std::size_t fold_count = 0;
  std::uint64_t seed = 1;
  unsigned threads = 1;
};

struct FitResult {
  LayerModel model;              // fitted to all rows; report, ranges and interval still empty
  std::vector<double> held_out;  // each row's prediction by a fit that did not see its fold
};

struct Method {
  std::string_view name;
  std::string_view what;  // one line for help texts, with the source
  FitResult (*fit)(const FitInput& input);
  bool adapts = false;  // makes use of a base
};

std::span<const Method> methods();

// Error (usage) with the nearest name if there is none of this name.
const Method& find_method(std::string_view name);

// Columns of named terms for all rows: rows x terms.
std::vector<double> evaluate_terms(std::span<const Term> terms, const MatrixView& features);

// The rows of the table: neuralpower.cc, published.cc, simple.cc.
FitResult fit_neuralpower(const FitInput& input);
FitResult fit_published(const FitInput& input);
FitResult fit_macs(const FitInput& input);
FitResult fit_roofline(const FitInput& input);
FitResult fit_paleo(const FitInput& input);
FitResult fit_layer_type(const FitInput& input);
FitResult fit_individual_layer(const FitInput& input);

}  // namespace neuralpower
