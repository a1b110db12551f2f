// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/measured_sizes.h"

#include <algorithm>
#include <array>
#include <functional>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

// Those that a user may make larger by themselves; outputs, bytes and operations follow from them.
constexpr std::array<std::string_view, 9> kSizes = {"N",  "Ci", "C",  "I", "Co",
                                                    "Hi", "Wi", "kh", "kw"};

// Brings one layer's sizes down, with `limit` for what was measured of a feature.
class BringDown {
 public:
  using Limit = std::function<std::int64_t(std::string_view feature, std::int64_t size)>;

  BringDown(LayerConfig& config, Limit limit) : config_(config), limit_(std::move(limit)) {}

  void operator()(Convolution& op) {
    batch();
    if (op.groups == 1) {  // groups must go on dividing the channels
      bring("Ci", config_.inputs[0][1]);
      bring("Co", op.out_channels);
    }
    pixels();
    window(op);
  }
  void operator()(FullyConnected& op) {
    batch();
    if (config_.inputs[0].rank() == 2) bring("I", config_.inputs[0][1]);
    bring("Co", op.outputs);
  }
  void operator()(Pooling& op) {
    batch();
    bring("C", config_.inputs[0][1]);
    if (op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax) return;
    pixels();
    window(op);
  }
  // Of the others the batch: what their further axes are to the formulas depends on the kind.
  template <typename AnyOther>
  void operator()(AnyOther&) {
    batch();
  }

 private:
  void bring(std::string_view feature, std::int64_t& size) { size = limit_(feature, size); }
  void batch() {
    for (Shape& shape : config_.inputs)
      if (!shape.empty()) bring("N", shape[0]);
  }
  void pixels() {
    Shape& in = config_.inputs[0];
    if (in.rank() > 2) bring("Hi", in[2]);
    if (in.rank() > 3) bring("Wi", in[3]);
  }
  // Padding shrinks with the kernel: a "same" window stays one.
  template <typename Window>
  void window(Window& op) {
    const Size2 before = op.kernel;
    bring("kh", op.kernel.h);
    bring("kw", op.kernel.w);
    op.pad.top = op.pad.top * op.kernel.h / before.h;
    op.pad.bottom = op.pad.bottom * op.kernel.h / before.h;
    op.pad.left = op.pad.left * op.kernel.w / before.w;
    op.pad.right = op.pad.right * op.kernel.w / before.w;
  }

  LayerConfig& config_;
  Limit limit_;
};

std::optional<LayerConfig> brought_down(const LayerConfig& config, const BringDown::Limit& limit) {
  LayerConfig smaller = config;
  std::visit(BringDown(smaller, limit), smaller.op);
  if (smaller == config) return {};
  try {
    LayerConfig checked = make_layer_config(smaller.op, smaller.inputs, smaller.dtype);
    checked.post = config.post;
    return checked;
  } catch (const Error&) {  // a kernel that no longer fits the pixels, or another output shape
    return {};
  }
}

bool is_corrected(const LayerModel& model) {
  return std::any_of(model.regimes.begin(), model.regimes.end(),
                     [](const Regime& regime) { return !regime.log_terms.empty(); });
}

}  // namespace

MeasuredSizes::MeasuredSizes(const LayerModel& runtime) {
  if (!is_corrected(runtime)) return;
  const auto names = feature_names(runtime.key);
  for (const FeatureRange& range : runtime.ranges) {
    if (std::find(kSizes.begin(), kSizes.end(), range.feature) == kSizes.end()) continue;
    const auto at = std::find(names.begin(), names.end(), range.feature);
    if (at == names.end() || !(range.high >= 1 && range.high < 0x1p53)) continue;
    const auto size = static_cast<std::int64_t>(range.high);
    largest_.push_back({range.feature, static_cast<std::size_t>(at - names.begin()), size});
    if (range.feature == "N" && range.low == range.high) only_batch_ = size;
  }
}

bool MeasuredSizes::contain(std::span<const double> features) const {
  return std::all_of(largest_.begin(), largest_.end(), [&](const Largest& l) {
    return features[l.at] <= static_cast<double>(l.size);
  });
}

std::optional<LayerConfig> MeasuredSizes::at_measured_batch(const LayerConfig& config) const {
  if (!only_batch_) return {};
  return brought_down(config, [&](std::string_view feature, std::int64_t size) {
    return feature == "N" ? std::min(size, *only_batch_) : size;
  });
}

std::optional<LayerConfig> MeasuredSizes::nearest(const LayerConfig& config) const {
  return brought_down(config, [&](std::string_view feature, std::int64_t size) {
    for (const Largest& l : largest_)
      if (l.feature == feature) return std::min(size, l.size);
    return size;
  });
}

FormulaValue evaluate_beyond(const LayerFormula& formula, const MeasuredSizes& sizes,
                             const LayerConfig& config, std::span<const double> features) {
  const auto one_batch = sizes.at_measured_batch(config);
  const LayerConfig& seen = one_batch ? *one_batch : config;
  FormulaValue value = formula.evaluate_with_cost(extract_features(seen));
  if (const auto near = sizes.nearest(seen))
    value.value = std::max(value.value, formula.evaluate(extract_features(*near)));
  if (!one_batch) return value;
  FormulaValue whole = formula.evaluate_with_cost(features);
  if (value.cost > 0)
    whole.value = std::max(value.value * whole.cost / value.cost, formula.floor(features));
  return whole;
}

}  // namespace neuralpower
