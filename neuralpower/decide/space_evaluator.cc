// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/space_evaluator.h"

#include <fmt/format.h>

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

// Steps that are kept: a space with more is forgotten and found out again, so that memory is
// bounded.
constexpr std::size_t kMaxSteps = 1'000'000;

// Two small numbers as one key.
std::uint64_t pair_key(std::uint32_t a, std::uint32_t b) {
  return (static_cast<std::uint64_t>(a) << 32) | b;
}

std::string first_word(const std::string& text) {
  const auto words = split_blanks(text);
  return words.empty() ? std::string() : std::string(words.front());
}

// These leave out what is nothing, and hand on what is single.
bool takes_what_is_there(const std::string& text) {
  const std::string word = first_word(text);
  return word == "add" || word == "mul" || word == "concat";
}

// pad=same as numbers: half the kernel, rounded down.
std::string resolve_padding(std::string text) {
  const std::size_t at = text.find("pad=same");
  if (at == std::string::npos) return text;
  std::int64_t height = 1, width = 1;
  for (std::string_view piece : split_blanks(text)) {
    if (!piece.starts_with("kernel=")) continue;
    const auto sizes = split(piece.substr(7), 'x');
    height = parse_int(sizes.front()).value_or(1);
    width = parse_int(sizes.back()).value_or(1);
  }
  if (height % 2 == 0 || width % 2 == 0)
    throw bad_input("pad=same needs a kernel of odd size: " + printable(text));
  return text.replace(at, 8, fmt::format("pad={}x{}", (height - 1) / 2, (width - 1) / 2));
}

void add(const ArchitectureCost& step, ArchitectureCost& all) {
  all.latency_s += step.latency_s;
  all.latency_low_s += step.latency_low_s;
  all.latency_high_s += step.latency_high_s;
  all.energy_j += step.energy_j;
  all.energy_low_j += step.energy_low_j;
  all.energy_high_j += step.energy_high_j;
  all.macs += step.macs;
  all.params += step.params;
  if (step.batch > 0) all.batch = step.batch;
}

}  // namespace

SpaceEvaluator::SpaceEvaluator(const Space& space, const Predictor& predictor,
                               EvaluatorOptions options)
    : space_(space), predictor_(predictor), options_(options), states_(space.lines.size() + 1) {
  first_line_.assign(space.parameters.size() + 1, space.lines.size());
  drops_nothing_.resize(space.lines.size());
  for (std::size_t i = space.lines.size(); i-- > 0;) {
    const SpaceLine& line = space.lines[i];
    for (const int p : line.parameters) first_line_[static_cast<std::size_t>(p)] = i;
    if (line.presence.of >= 0) first_line_[static_cast<std::size_t>(line.presence.of)] = i;
    for (const std::string& text : line.alternatives)
      drops_nothing_[i].push_back(takes_what_is_there(text));
  }
  for (std::size_t p = space.parameters.size(); p-- > 0;)
    first_line_[p] = std::min(first_line_[p], first_line_[p + 1]);
}

std::uint32_t SpaceEvaluator::intern(const Shape& shape) {
  const auto [found, is_new] =
      shape_ids_.try_emplace(shape.to_string(), static_cast<std::uint32_t>(shapes_.size()));
  if (is_new) shapes_.push_back(shape);
  return found->second;
}

void SpaceEvaluator::forget() {
  steps_.clear();
  tuples_.clear();
  shape_ids_.clear();
  shapes_.resize(1);
  walked_ = 0;
  last_.clear();
}

void SpaceEvaluator::add_cost(const SpaceLine& line, const std::string& text, const Layer& layer,
                              Step& step) {
  const LayerPrediction p = predictor_.predict_layer(layer.config);
  const bool known = p.covered && p.runtime && (p.energy || !options_.energy);
  if (!known) {
    if (!options_.allow_uncovered)
      throw bad_input(fmt::format("'{}': {}; {}", printable(text), p.reason,
                                  p.covered   ? "give objectives without energy and power"
                                  : p.runtime ? "--allow-uncovered takes such estimates"
                                              : "--allow-uncovered leaves such layers out"))
          .in_node(fmt::format("line {}", line.number));
    uncovered_.emplace(model_key(layer.config), p.reason);
  }
  ArchitectureCost& cost = step.cost;
  if (p.runtime) {
    cost.latency_s += p.runtime->value.value();
    cost.latency_low_s += p.runtime->low.value();
    cost.latency_high_s += p.runtime->high.value();
  }
  if (p.runtime && options_.keep_layers)
    step.layers.push_back(
        {format_layer(layer.config), *p.runtime, p.energy.value_or(Estimate<Joules>{})});
  if (p.energy) {
    cost.energy_j += p.energy->value.value();
    cost.energy_low_j += p.energy->low.value();
    cost.energy_high_j += p.energy->high.value();
  }
  const Work work = count_work(layer.config);
  cost.macs += static_cast<double>(work.macs);
  cost.params += static_cast<double>(work.weights);
}

SpaceEvaluator::Step SpaceEvaluator::make_step(const SpaceLine& line, const std::string& text) {
  std::string list, reads;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    list += fmt::format("in{}: input shape={}\n", i, shapes_[inputs_[i]].to_string());
    reads += fmt::format("{}in{}", i == 0 ? " <- " : ", ", i);
  }
  list += resolve_padding(text) + reads + "\n";
  if (line.is_input) list += "activation mode=relu\n";  // a list needs a layer; it is not counted
  Step step;
  step.cost.batch = 0;
  Network network;
  try {
    network = parse_layer_list(list, space_.name);
  } catch (const Error& error) {
    step.valid = false;
    if (first_invalid_.empty())
      first_invalid_ = fmt::format("line {}: {}: {}", line.number, text, error.message());
    return step;
  }
  const TensorId out =
      line.is_input ? network.inputs.front() : network.layers.back().outputs.front();
  step.shape = intern(network.tensors[static_cast<std::size_t>(out)].shape);
  if (line.is_input) {
    step.cost.batch = network.batch;
    return step;
  }
  for (const Layer& layer : network.layers) add_cost(line, text, layer, step);
  return step;
}

// What line `index` makes of inputs_.
const SpaceEvaluator::Step& SpaceEvaluator::step(std::size_t index, const Architecture& a) {
  const SpaceLine& line = space_.lines[index];
  // A tuple of inputs and choices, folded two at a time into one number.
  auto tuple = static_cast<std::uint32_t>(index);
  const auto fold = [&](std::uint32_t next) {
    tuple = tuples_
                .try_emplace(pair_key(tuple, next),
                             static_cast<std::uint32_t>(space_.lines.size() + tuples_.size()))
                .first->second;
  };
  constexpr std::uint32_t kBytes = 4;  // choices are bytes: four fold at once
  for (std::size_t k = 0; k < line.parameters.size(); k += kBytes) {
    std::uint32_t choices = 0;
    for (std::size_t j = k; j < std::min(k + kBytes, line.parameters.size()); ++j)
      choices = choices << 8 | a[static_cast<std::size_t>(line.parameters[j])];
    fold(choices);
  }
  std::uint32_t last = 0;
  if (!inputs_.empty()) {
    for (std::size_t i = 0; i + 1 < inputs_.size(); ++i) fold(inputs_[i]);
    last = inputs_.back();
  }
  const std::uint64_t key = pair_key(tuple, last);
  const auto found = steps_.find(key);
  if (found != steps_.end()) return found->second;
  return steps_.emplace(key, make_step(line, line_text(space_, line, a))).first->second;
}

bool SpaceEvaluator::walk_line(std::size_t index, const Architecture& a, const State& before,
                               State& after) {
  const SpaceLine& line = space_.lines[index];
  after = before;
  after.out = 0;
  if (!is_made(line.presence, a)) return true;
  const std::size_t which =
      line.alternative_parameter < 0 ? 0 : a[static_cast<std::size_t>(line.alternative_parameter)];
  const std::string& alternative = line.alternatives[which];
  inputs_.clear();
  if (line.inputs.empty()) {
    if (!line.is_input) inputs_.push_back(before.previous);
  } else {
    for (const int i : line.inputs) inputs_.push_back(states_[static_cast<std::size_t>(i) + 1].out);
  }
  const bool drops = drops_nothing_[index][which];
  if (drops) std::erase(inputs_, 0u);
  const bool nothing =
      !line.is_input &&
      (inputs_.empty() || std::find(inputs_.begin(), inputs_.end(), 0u) != inputs_.end());
  if (alternative == "none" || nothing) {
    after.previous = 0;
    return true;
  }
  if (alternative == "skip" || (drops && inputs_.size() == 1 && line.inputs.size() > 1)) {
    after.out = after.previous = inputs_.front();
    return true;
  }
  const Step& made = step(index, a);
  if (!made.valid) return false;
  after.out = after.previous = made.shape;
  add(made.cost, after.cost);
  if (listed_) listed_->insert(listed_->end(), made.layers.begin(), made.layers.end());
  return true;
}

const ArchitectureCost& SpaceEvaluator::evaluate(const Architecture& a) {
  if (steps_.size() > kMaxSteps || tuples_.size() > kMaxSteps) forget();
  std::size_t start = 0;
  if (last_.size() == a.size() && !a.empty()) {
    std::size_t p = 0;
    while (p < a.size() && a[p] == last_[p]) ++p;
    start = std::min(first_line_[p], walked_);
  }
  last_ = a;
  for (std::size_t i = start; i < space_.lines.size(); ++i) {
    walked_ = i;
    if (!walk_line(i, a, states_[i], states_[i + 1])) return invalid_;
  }
  walked_ = space_.lines.size();
  State& end = states_.back();
  if (end.previous == 0) {
    if (first_invalid_.empty()) first_invalid_ = "it leads nowhere: " + describe(space_, a);
    return invalid_;
  }
  end.cost.valid = true;
  return end.cost;
}

std::vector<LayerCost> SpaceEvaluator::layers_of(const Architecture& a) {
  std::vector<LayerCost> layers;
  last_.clear();  // every line is walked
  listed_ = &layers;
  evaluate(a);
  listed_ = nullptr;
  std::sort(layers.begin(), layers.end(),
            [](const LayerCost& x, const LayerCost& y) { return x.layer < y.layer; });
  return layers;
}

std::string SpaceEvaluator::layer_list(const Architecture& a) const {
  std::string out = "# " + describe(space_, a) + "\n";
  std::vector<std::string> names(space_.lines.size());  // what stands for a line's output
  std::string previous;
  for (std::size_t i = 0; i < space_.lines.size(); ++i) {
    const SpaceLine& line = space_.lines[i];
    if (!is_made(line.presence, a)) continue;
    const std::string text = line_text(space_, line, a);
    std::vector<std::string> reads;
    if (line.inputs.empty()) {
      if (!line.is_input) reads.push_back(previous);
    } else {
      for (const int input : line.inputs) reads.push_back(names[static_cast<std::size_t>(input)]);
    }
    const bool drops = takes_what_is_there(text);
    if (drops) std::erase(reads, std::string());
    const bool nothing = !line.is_input && (reads.empty() || std::find(reads.begin(), reads.end(),
                                                                       "") != reads.end());
    if (text == "none" || nothing) {
      previous.clear();
      continue;
    }
    if (text == "skip" || (drops && reads.size() == 1 && line.inputs.size() > 1)) {
      names[i] = previous = reads.front();
      continue;
    }
    names[i] = previous = line.name.empty() ? fmt::format("layer{}", i + 1) : line.name;
    out += names[i] + ": " + resolve_padding(text);
    for (std::size_t r = 0; r < reads.size(); ++r) out += (r == 0 ? " <- " : ", ") + reads[r];
    out += "\n";
  }
  return out;
}

}  // namespace neuralpower
