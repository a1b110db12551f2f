// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/methods/neuralpower_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

using Quantity = NeuralPowerColumns::Quantity;

Quantity quantity_of(const std::string& name) {
  if (name.starts_with("[")) return {name, Quantity::Scale::kYesNo};
  if (name.starts_with("log2(")) return {name.substr(5, name.size() - 6), Quantity::Scale::kLog2};
  return {name, Quantity::Scale::kPlain};
}

// The factors of a product; those in brackets and parentheses stay together.
std::vector<std::string_view> top_level_factors(std::string_view text) {
  std::vector<std::string_view> factors;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == '*' && depth == 0)) {
      factors.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else {
      depth += (text[i] == '(' || text[i] == '[') - (text[i] == ')' || text[i] == ']');
    }
  }
  return factors;
}

// The number of fewest digits that lies between two others, near a third.
double short_between(double low, double high, double near) {
  for (int digits = 2; digits < 17; ++digits) {
    const double rounded = *parse_double(fmt::format("{:.{}g}", near, digits));
    if (low < rounded && rounded < high) return rounded;
  }
  return near;
}

double short_within(double value, double tolerance) {
  return short_between(value - tolerance, value + tolerance, value);
}

}  // namespace

NeuralPowerColumns::NeuralPowerColumns(const FitInput& input, const NeuralPowerOptions& options)
    : input_(input), rows_(input.features.rows) {
  const auto names = feature_names(input.key, input.target, input.adapted);
  if (input.features.cols < names.size())
    throw bad_input("the features of " + std::string(input.key) + " are not complete");
  const CandidateTerms candidates = candidate_terms(input.key, input.target, input.adapted);
  const bool power = input.target == Target::kPower && !input.adapted;
  std::size_t small = power ? candidates.powers.size() : candidates.small;
  if (rows_ < static_cast<std::size_t>(options.few_rows))
    small = std::min(small, static_cast<std::size_t>(options.few_terms) + input.adapted);
  if (power ? options.power_sum : options.costs)
    make_costs(power ? candidates.powers : candidates.costs, small, names, options.keep_idle_gates);
  if (options.corrections) make_quantities(candidates, names);
}

// A gate that every row passes is no knowledge and would stop the term where no row was: it is left
// out. Empty if a gate lets no row pass.
std::string NeuralPowerColumns::without_idle_gates(std::string_view cost,
                                                   std::span<const std::string_view> names,
                                                   bool keep_idle_gates) const {
  std::string kept;
  for (const std::string_view factor : top_level_factors(cost)) {
    if (factor.starts_with("[")) {
      const Term gate = Term::parse(factor, names, input_.key);
      std::size_t open = 0;
      for (std::size_t i = 0; i < rows_; ++i)
        open += gate.evaluate({input_.features.row(i), input_.features.cols}) > 0;
      if (open == 0) return {};
      if (open == rows_ && !keep_idle_gates) continue;
    }
    kept += (kept.empty() ? "" : "*") + std::string(factor);
  }
  return kept;
}

void NeuralPowerColumns::make_costs(const std::vector<std::string>& candidates, std::size_t small,
                                    std::span<const std::string_view> names, bool keep_idle_gates) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::string name = without_idle_gates(candidates[i], names, keep_idle_gates);
    if (name.empty() ||
        std::find(cost_names_.begin(), cost_names_.end(), name) != cost_names_.end())
      continue;
    terms.push_back(Term::parse(name, names, input_.key));
    cost_names_.push_back(std::move(name));
    if (i < small) small_ = cost_names_.size();
  }
  costs_ = {rows_, terms.size(), evaluate_terms(terms, input_.features)};
}

// Quantities that differ between rows; of those that say the same on another scale (the height of
// square images and their area) the first.
void NeuralPowerColumns::make_quantities(const CandidateTerms& candidates,
                                         std::span<const std::string_view> names) {
  std::vector<std::string> all = candidates.quantities;
  if (input_.target == Target::kPower)
    all.insert(all.end(), candidates.rates.begin(), candidates.rates.end());
  std::vector<std::vector<double>> raw_columns, scaled_columns, unit_columns;
  std::vector<double> raw(rows_), scaled(rows_), unit(rows_);
  for (const std::string& name : all) {
    const Quantity quantity = quantity_of(name);
    const Term term = Term::parse(quantity.text, names, input_.key);
    bool usable = true;
    for (std::size_t i = 0; i < rows_; ++i) {
      raw[i] = term.evaluate({input_.features.row(i), input_.features.cols});
      const bool log = quantity.scale == Quantity::Scale::kLog2;
      usable = usable && std::isfinite(raw[i]) && (!log || raw[i] > 0);
      scaled[i] = log ? std::log2(raw[i]) : raw[i];
    }
    if (!usable) continue;
    const auto [low, high] = std::minmax_element(scaled.begin(), scaled.end());
    const double from = *low, range = *high - *low;
    if (range == 0) continue;
    for (std::size_t i = 0; i < rows_; ++i) unit[i] = (scaled[i] - from) / range;
    const auto same = [&](const std::vector<double>& other) {
      for (std::size_t i = 0; i < rows_; ++i)
        if (std::abs(unit[i] - other[i]) > 1e-12) return false;
      return true;
    };
    if (std::any_of(unit_columns.begin(), unit_columns.end(), same)) continue;
    quantities_.push_back(quantity);
    raw_columns.push_back(raw);
    scaled_columns.push_back(scaled);
    unit_columns.push_back(unit);
  }
  const auto pack = [&](const std::vector<std::vector<double>>& columns) {
    Columns packed{rows_, columns.size(), std::vector<double>(rows_ * columns.size())};
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < columns.size(); ++j)
        packed.values[i * columns.size() + j] = columns[j][i];
    return packed;
  };
  raw_ = pack(raw_columns);
  scaled_ = pack(scaled_columns);
}

// A gate as a factor of a term: steps compare the quantity itself, with a number of few digits
// that separates the training rows as the knot does.
std::string NeuralPowerColumns::gate_text(const Gate& gate) const {
  const Quantity& quantity = quantities_[gate.column];
  const bool is_step = gate.kind == Gate::Kind::kAbove || gate.kind == Gate::Kind::kBelow;
  if (quantity.scale == Quantity::Scale::kYesNo) {
    // Half way up a yes or no, a ramp does what a step does.
    const bool yes = gate.kind == Gate::Kind::kAbove || gate.kind == Gate::Kind::kRise;
    if (yes) return quantity.text;
    std::string no = quantity.text;
    const std::size_t at = no.find_last_of("=<>");
    if (no.find("==") != std::string::npos) return no.replace(at - 1, 2, "!=");
    if (no.find(">=") != std::string::npos) return no.replace(at - 1, 2, "<");
    throw bad_input("no opposite of " + no);
  }
  const bool log = quantity.scale == Quantity::Scale::kLog2;
  if (!is_step) {
    const double tolerance = 1e-4 * std::abs(gate.end - gate.knot);
    return fmt::format("ramp({},{},{})", log ? "log2(" + quantity.text + ")" : quantity.text,
                       format_double(short_within(gate.knot, tolerance)),
                       format_double(short_within(gate.end, tolerance)));
  }
  double below = -std::numeric_limits<double>::infinity(), above = -below;
  for (std::size_t i = 0; i < rows_; ++i) {
    const double x = raw_.row(i)[gate.column];
    if (scaled_.row(i)[gate.column] > gate.knot) {
      above = std::min(above, x);
    } else {
      below = std::max(below, x);
    }
  }
  const double near = log ? std::exp2(gate.knot) : gate.knot;
  return fmt::format("[{}{}{}]", quantity.text, gate.kind == Gate::Kind::kAbove ? ">" : "<=",
                     format_double(short_between(below, above, near)));
}

// Products that were found more than once become one term.
void NeuralPowerColumns::add_correction(Regime& regime, const BoostedGates& gates) const {
  regime.log_intercept = gates.intercept;
  std::map<std::vector<std::string>, std::size_t> place;
  for (const GateProduct& product : gates.products) {
    std::vector<std::string> factors;
    for (const Gate& gate : product.gates) factors.push_back(gate_text(gate));
    std::sort(factors.begin(), factors.end());
    factors.erase(std::unique(factors.begin(), factors.end(),
                              [](const std::string& x, const std::string& y) {
                                return x == y && x.starts_with('[');  // a step squared
                              }),
                  factors.end());
    const auto [at, is_new] = place.try_emplace(factors, regime.log_terms.size());
    if (is_new) {
      std::string name;
      for (const std::string& factor : factors) name += (name.empty() ? "" : "*") + factor;
      regime.log_terms.push_back({name, 0});
    }
    regime.log_terms[at->second].coefficient += product.coefficient;
  }
}

}  // namespace neuralpower
