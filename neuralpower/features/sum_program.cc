// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/sum_program.h"

#include <algorithm>
#include <array>

namespace neuralpower {
namespace {

using Kind = TermNode::Kind;

constexpr std::size_t kOnStack = 1024;

}  // namespace

void SumProgram::evaluate_into(const double* features, double* values,
                               std::span<double> sums) const {
  values[0] = 1;
  for (const SumTables::NodeRun& run : tables_.node_runs) {
    // The kind is a constant inside each loop, so that the compiler leaves only its case.
    const auto all_of = [&](auto kind) {
      for (std::uint32_t i = run.begin; i < run.end; ++i)
        values[i + 1] = evaluate_node(kind(), tables_.nodes[i], values, features);
    };
    switch (run.kind) {
      case Kind::kFeature:
        all_of([] { return Kind::kFeature; });
        break;
      case Kind::kMultiply:
        all_of([] { return Kind::kMultiply; });
        break;
      case Kind::kDivide:
        all_of([] { return Kind::kDivide; });
        break;
      case Kind::kUp:
        all_of([] { return Kind::kUp; });
        break;
      case Kind::kLog2:
        all_of([] { return Kind::kLog2; });
        break;
      default:
        all_of([&] { return run.kind; });
        break;
    }
  }
  double* out = values + tables_.ramp_slot(0);
  for (const SumTables::Ramp& ramp : tables_.ramps)
    *out++ = std::min(std::max((values[ramp.in] - ramp.start) * ramp.slope, 0.0), 1.0);
  const auto steps = [&](Kind kind, auto holds) {
    const std::size_t index =
        static_cast<std::size_t>(kind) - static_cast<std::size_t>(Kind::kLessEqual);
    for (std::uint32_t i = tables_.step_begin[index]; i < tables_.step_begin[index + 1]; ++i) {
      const SumTables::Step& step = tables_.steps[i];
      values[tables_.step_slot(i)] = holds(values[step.in], step.bound) ? 1.0 : 0.0;
    }
  };
  steps(Kind::kLessEqual, [](double x, double bound) { return x <= bound; });
  steps(Kind::kGreaterEqual, [](double x, double bound) { return x >= bound; });
  steps(Kind::kLess, [](double x, double bound) { return x < bound; });
  steps(Kind::kGreater, [](double x, double bound) { return x > bound; });
  steps(Kind::kEqual, [](double x, double bound) { return x == bound; });
  steps(Kind::kNotEqual, [](double x, double bound) { return x != bound; });
  std::fill(sums.begin(), sums.end(), 0.0);
  for (const SumTables::TermRun& run : tables_.runs) {
    const std::uint32_t* slot = tables_.slots.data() + run.first_slot;
    const double* coefficient = tables_.coefficients.data() + run.first_coefficient;
    double sum = 0;
    if (run.blocks == 1) {
      for (std::uint32_t t = 0; t < run.count; ++t, slot += SumTables::kFactorsPerBlock)
        sum += coefficient[t] *
               ((values[slot[0]] * values[slot[1]]) * (values[slot[2]] * values[slot[3]]));
    } else {
      for (std::uint32_t t = 0; t < run.count; ++t) {
        double product = coefficient[t];
        for (std::uint32_t b = 0; b < run.blocks; ++b, slot += SumTables::kFactorsPerBlock)
          product *= (values[slot[0]] * values[slot[1]]) * (values[slot[2]] * values[slot[3]]);
        sum += product;
      }
    }
    sums[run.sum] += sum;
  }
}

void SumProgram::evaluate(const double* features, std::span<double> sums) const {
  const std::size_t count = tables_.step_slot(tables_.steps.size());
  if (count <= kOnStack) {
    std::array<double, kOnStack> values;
    evaluate_into(features, values.data(), sums);
  } else {
    std::vector<double> values(count);
    evaluate_into(features, values.data(), sums);
  }
}

std::vector<std::uint32_t> SumProgram::features_read() const {
  std::vector<std::uint32_t> features;
  for (const TermNode& node : tables_.nodes)
    if (node.kind == Kind::kFeature) features.push_back(node.a);
  return features;
}

}  // namespace neuralpower
