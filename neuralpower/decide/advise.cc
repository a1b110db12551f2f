// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/advise.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/decide/layer_limit.h"
#include "neuralpower/decide/redesign.h"
#include "neuralpower/decide/sweep.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

// Layers with what is predicted of them, for telling apart what changed.
using Costs = std::multimap<std::string, const LayerPrediction*>;

Costs costs_of(const NetworkPrediction& prediction) {
  Costs costs;
  for (const LayerPrediction& layer : prediction.layers)
    costs.emplace(layer.name + " " + format_layer(layer.config), &layer);
  return costs;
}

template <typename Unit>
Estimate<Unit> difference(const Estimate<Unit>& before, const Estimate<Unit>& after) {
  return {before.value - after.value, before.low - after.high, before.high - after.low};
}

template <typename Unit>
Estimate<Unit> each_item(const Estimate<Unit>& run, std::int64_t batch) {
  const auto n = static_cast<double>(batch);
  return {run.value / n, run.low / n, run.high / n};
}

int count_warnings(const NetworkPrediction& prediction) {
  return static_cast<int>(
      std::count_if(prediction.layers.begin(), prediction.layers.end(),
                    [](const LayerPrediction& layer) { return !layer.warnings.empty(); }));
}

// Layers predicted for changes to single layers, about a second's work: all that there are in
// networks of up to some 500 layers.
constexpr std::size_t kMostPredictions = 400'000;

class Adviser {
 public:
  Adviser(const Network& network, const Predictor& predictor)
      : network_(network), predictor_(predictor), before_(predictor.predict(network)) {
    if (!before_.runtime) throw bad_input("the device model knows none of its layers");
    before_costs_ = costs_of(before_);
    before_work_ = total_work(network);
    result_.network = network.name;
    result_.device = before_.device;
    result_.batch = network.batch;
    if (before_.energy)
      result_.energy_per_item = each_item(*before_.energy, network.batch);
    else
      result_.no_energy =
          before_.no_power.empty() ? "some layers have no model of power" : before_.no_power;
    result_.time_per_item = each_item(*before_.runtime, network.batch);
    readers_.resize(network.tensors.size());
    for (std::size_t i = 0; i < network.layers.size(); ++i)
      for (const TensorId id : network.layers[i].inputs)
        readers_[static_cast<std::size_t>(id)].push_back(i);
  }

  void try_layers() {
    for (const std::size_t i : convolutions()) {
      if (static_cast<std::size_t>(result_.tried) * network_.layers.size() > kMostPredictions) {
        ++result_.untried;
        continue;
      }
      const auto* conv = std::get_if<Convolution>(&network_.layers[i].config.op);
      try_kernels(i, *conv);
      try_channels(i, *conv);
      try_separable(i, *conv);
      try_stride(i, *conv);
    }
  }

  void try_batch(const Network& other) {
    try_whole("batch", fmt::format("batch {} -> {}", network_.batch, other.batch), other);
  }

  void try_data_type(DataType type) {
    Network other = network_;
    set_data_type(other, type);
    try_whole("data-type", fmt::format("all layers in {}", to_string(type)), other);
  }

  Advices take() {
    std::stable_sort(result_.advice.begin(), result_.advice.end(),
                     [](const Advice& a, const Advice& b) { return a.share > b.share; });
    return std::move(result_);
  }

 private:
  void try_kernels(std::size_t i, const Convolution& conv) {
    const Size2 k = conv.kernel;
    for (const std::int64_t less : {2, 4, 6}) {
      if (k.h - less < 1 || k.w - less < 1 || k.h % 2 == 0 || k.h != k.w) return;
      Convolution smaller = conv;
      smaller.kernel = {k.h - less, k.w - less};
      // The output keeps its size if the padding shrinks with the kernel.
      const std::int64_t inset = less / 2 * conv.dilation.h;
      smaller.pad = {conv.pad.top - inset, conv.pad.left - inset, conv.pad.bottom - inset,
                     conv.pad.right - inset};
      if (smaller.kernel.h < conv.stride.h || smaller.kernel.w < conv.stride.w)
        return;  // it would read a part of its input only
      const std::int64_t least =
          std::min({smaller.pad.top, smaller.pad.left, smaller.pad.bottom, smaller.pad.right});
      if (least < 0) return;
      try_change("kernel", i, fmt::format("kernel {0}x{0} -> {1}x{1}", k.h, k.h - less),
                 {{i, {smaller}}});
    }
  }

  void try_channels(std::size_t i, const Convolution& conv) {
    if (conv.groups != 1) return;
    std::set<std::int64_t> widths;
    for (const std::int64_t multiple : {4, 8, 16, 32, 64}) {
      widths.insert(conv.out_channels / multiple * multiple);
      widths.insert((conv.out_channels / multiple + 1) * multiple);
    }
    for (const std::int64_t width : widths) {
      // Beyond a quarter it is another network.
      if (width == conv.out_channels || 4 * width < 3 * conv.out_channels ||
          4 * width > 5 * conv.out_channels)
        continue;
      Convolution other = conv;
      other.out_channels = width;
      try_change("channels", i, fmt::format("{} -> {} channels", conv.out_channels, width),
                 {{i, {other}}});
    }
  }

  void try_separable(std::size_t i, const Convolution& conv) {
    if (conv.groups != 1 || conv.kernel.h * conv.kernel.w == 1) return;
    const std::int64_t channels = network_.layers[i].config.inputs[0][1];
    if (channels < 8) return;  // three colours are not worth a layer
    Convolution depthwise = conv, pointwise;
    depthwise.out_channels = depthwise.groups = channels;
    pointwise.out_channels = conv.out_channels;
    try_change("depthwise-separable", i,
               fmt::format("depthwise {}x{} and 1x1 in place of it", conv.kernel.h, conv.kernel.w),
               {{i, {depthwise, pointwise}}});
  }

  // The next convolution or pooling behind layer i, if nothing else reads what lies between and
  // what lies between works element by element.
  std::optional<std::size_t> next_window(std::size_t i) const {
    for (std::size_t at = i;;) {
      const Layer& layer = network_.layers[at];
      if (layer.outputs.size() != 1) return std::nullopt;
      const auto& readers = readers_[static_cast<std::size_t>(layer.outputs[0])];
      if (readers.size() != 1) return std::nullopt;
      at = readers[0];
      const Op& op = network_.layers[at].config.op;
      if (std::holds_alternative<Convolution>(op) || std::holds_alternative<Pooling>(op)) return at;
      if (!std::holds_alternative<Activation>(op) && !std::holds_alternative<Normalization>(op) &&
          !std::holds_alternative<Dropout>(op))
        return std::nullopt;
    }
  }

  void try_stride(std::size_t i, const Convolution& conv) {
    if (conv.stride.h != 1 || conv.stride.w != 1) return;
    const auto next = next_window(i);
    if (!next) return;
    Convolution strided = conv;
    strided.stride = {2, 2};
    const std::string& behind = network_.layers[*next].name;
    const Op& op = network_.layers[*next].config.op;
    if (const auto* other = std::get_if<Convolution>(&op)) {
      if (other->stride.h != 2 || other->stride.w != 2) return;
      Convolution plain = *other;
      plain.stride = {1, 1};
      try_change("stride", i, fmt::format("stride 2 here, not in {}", behind),
                 {{i, {strided}}, {*next, {plain}}});
    } else if (const auto* pool = std::get_if<Pooling>(&op)) {
      if (pool->stride.h != 2 || pool->stride.w != 2) return;
      try_change("stride", i, fmt::format("stride 2 here in place of {}", behind),
                 {{i, {strided}}, {*next, {}}});
    }
  }

  // The convolutions' indices, those with most multiply-accumulates first.
  std::vector<std::size_t> convolutions() const {
    std::vector<std::pair<std::int64_t, std::size_t>> by_work;
    for (std::size_t i = 0; i < network_.layers.size(); ++i)
      if (std::holds_alternative<Convolution>(network_.layers[i].config.op))
        by_work.emplace_back(-count_work(network_.layers[i].config).macs, i);
    std::sort(by_work.begin(), by_work.end());
    std::vector<std::size_t> order;
    for (const auto& [work, i] : by_work) order.push_back(i);
    return order;
  }

  // Another network in place of the whole.
  void try_whole(const char* kind, std::string change, const Network& other) {
    const NetworkPrediction after = predictor_.predict(other);
    ++result_.tried;
    if (!is_known(after)) {
      ++result_.outside;
      return;
    }
    Advice advice;
    advice.kind = kind;
    advice.change = std::move(change);
    if (after.energy && result_.energy_per_item)
      advice.energy_saved =
          difference(*result_.energy_per_item, each_item(*after.energy, other.batch));
    advice.time_saved = difference(result_.time_per_item, each_item(*after.runtime, other.batch));
    offer(std::move(advice));
  }

  // No less covered and no further outside what was measured than the network is.
  bool is_known(const NetworkPrediction& after) const {
    return after.runtime && (after.energy || !before_.energy) &&
           after.coverage.layers - after.coverage.covered <=
               before_.coverage.layers - before_.coverage.covered &&
           count_warnings(after) <= count_warnings(before_);
  }

  void try_change(const char* kind, std::size_t layer, std::string change,
                  const Replacements& replacements) {
    const auto other = redesign(network_, replacements);
    if (!other) return;
    ++result_.tried;
    const NetworkPrediction after = predictor_.predict(*other);
    Advice advice;
    if (!is_known(after) || !add_savings(after, advice)) {
      ++result_.outside;
      return;
    }
    advice.kind = kind;
    advice.layer = network_.layers[layer].name;
    advice.change = std::move(change);
    const NetworkWork work = total_work(*other);
    advice.macs_more = work.macs - before_work_.macs;
    advice.params_more = work.params - before_work_.params;
    offer(std::move(advice));
  }

  // Before less after, over the layers that are not the same in both. False if one of the new ones
  // lies outside what was measured.
  bool add_savings(const NetworkPrediction& after, Advice& advice) const {
    Costs left = before_costs_;
    bool measured = true;
    Estimate<Joules> old_energy{}, new_energy{};
    Estimate<Seconds> old_time{}, new_time{};
    const auto add = [](const LayerPrediction& layer, auto& energy, auto& time) {
      if (layer.energy) {
        energy.value += layer.energy->value;
        energy.low += layer.energy->low;
        energy.high += layer.energy->high;
      }
      if (layer.runtime) {
        time.value += layer.runtime->value;
        time.low += layer.runtime->low;
        time.high += layer.runtime->high;
      }
    };
    for (const auto& [text, layer] : costs_of(after)) {
      const auto same = left.find(text);
      if (same == left.end()) {
        measured = measured && layer->warnings.empty();
        add(*layer, new_energy, new_time);
      } else {
        left.erase(same);
      }
    }
    for (const auto& [text, layer] : left) add(*layer, old_energy, old_time);
    if (before_.energy)
      advice.energy_saved = each_item(difference(old_energy, new_energy), network_.batch);
    advice.time_saved = each_item(difference(old_time, new_time), network_.batch);
    return measured;
  }

  void offer(Advice advice) {
    advice.share = advice.energy_saved ? advice.energy_saved->value / result_.energy_per_item->value
                                       : advice.time_saved.value / result_.time_per_item.value;
    if (!(advice.share > 0)) {
      ++result_.useless;
      return;
    }
    result_.advice.push_back(std::move(advice));
  }

  const Network& network_;
  const Predictor& predictor_;
  NetworkPrediction before_;
  Costs before_costs_;
  NetworkWork before_work_;
  std::vector<std::vector<std::size_t>> readers_;  // layers that read a tensor
  Advices result_;
};

}  // namespace

Advices advise(const std::filesystem::path& file, const Predictor& predictor,
               const AdviseOptions& options) {
  const Network network = import_network(file, options.import);
  check_layer_count(network, "advise", file);
  try {
    Adviser adviser(network, predictor);
    adviser.try_layers();
    for (const std::int64_t batch : options.batches) {
      if (batch == network.batch) continue;
      ImportOptions import = options.import;
      import.batch = batch;
      adviser.try_batch(import_network(file, import));
    }
    for (const DataType type : options.data_types)
      if (knows_data_type(predictor.model(), network, type)) adviser.try_data_type(type);
    return adviser.take();
  } catch (Error& error) {
    throw error.in_file(file.string());
  }
}

}  // namespace neuralpower
