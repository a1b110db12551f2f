// SPDX-License-Identifier: Apache-2.0
// What the default method fits to the rows of one key and target: its candidate costs and the
// quantities of its correction, evaluated for every row; and how a fitted correction is written as
// terms of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/model/methods/neuralpower.h"
#include "neuralpower/model/methods/neuralpower_terms.h"

namespace neuralpower {

class NeuralPowerColumns {
 public:
  // A quantity that the correction may look at.
  struct Quantity {
    enum class Scale { kPlain, kLog2, kYesNo };
    std::string text;  // without the log2() of kLog2
    Scale scale = Scale::kPlain;
  };

  // Row-major.
  struct Columns {
    std::size_t rows = 0, cols = 0;
    std::vector<double> values;
    const double* row(std::size_t i) const { return values.data() + i * cols; }
  };

  // Throws Error if the features of the key are not complete.
  NeuralPowerColumns(const FitInput& input, const NeuralPowerOptions& options);

  // Cost i has the name cost_names()[i] and the values costs().row(r)[i]; the first small() of them
  // make the small sum.
  const std::vector<std::string>& cost_names() const { return cost_names_; }
  std::size_t small() const { return small_; }
  const Columns& costs() const { return costs_; }
  // The quantities on their scales (of kLog2 the logarithm): what gates compare.
  const Columns& quantities() const { return scaled_; }

  // The intercept and terms of a correction; products that were found more than once become one.
  void add_correction(Regime& regime, const BoostedGates& gates) const;

 private:
  void make_costs(const std::vector<std::string>& candidates, std::size_t small,
                  std::span<const std::string_view> names, bool keep_idle_gates);
  std::string without_idle_gates(std::string_view cost, std::span<const std::string_view> names,
                                 bool keep_idle_gates) const;
  void make_quantities(const CandidateTerms& candidates, std::span<const std::string_view> names);
  std::string gate_text(const Gate& gate) const;

  const FitInput& input_;
  std::size_t rows_;
  std::vector<std::string> cost_names_;
  std::size_t small_ = 0;
  Columns costs_;
  std::vector<Quantity> quantities_;
  Columns raw_, scaled_;  // quantities as they are, and on their scales
};

}  // namespace neuralpower
