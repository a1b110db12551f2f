// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/fusion_rules.h"
#include "neuralpower/samples/profiles/event_layer.h"
#include "neuralpower/samples/profiles/node_names.h"

namespace neuralpower {
namespace {

constexpr int kNone = -1;
constexpr int kNever = 1 << 30;
constexpr int kFarthest = 12;  // layers between a tensor and the operation behind it

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  if (values.size() % 2 == 1) return values[half];
  return (values[half] + *std::max_element(values.begin(), values.begin() + half)) / 2;
}

Seconds median_time(const ProfileEvent& event) {
  std::vector<double> values;
  for (const Seconds t : event.times) values.push_back(t.value());
  return Seconds(median(std::move(values)));
}

// Channels as they are, or rounded up to the block of a blocked layout.
bool is_same_or_rounded(std::int64_t event, std::int64_t layer) {
  if (event == layer) return true;
  for (const std::int64_t block : {4, 8, 16, 32})
    if (event == (layer + block - 1) / block * block) return true;
  return false;
}

bool is_same_or_padded(const Shape& event, const Shape& layer) {
  if (event.element_count() == layer.element_count()) return true;
  if (event.rank() != layer.rank() || event.rank() < 2) return false;
  for (std::size_t i = 0; i < event.rank(); ++i)
    if (event[i] != layer[i] && !(i == 1 && is_same_or_rounded(event[i], layer[i]))) return false;
  return true;
}

// A convolution's input may be padded before or in it, so only its channels are compared.
bool has_other_channels(const ProfileEvent& event, const LayerConfig& config) {
  if (!std::holds_alternative<Convolution>(config.op) || event.inputs.empty()) return false;
  const Shape& in = event.inputs[0];
  return in.rank() == 4 && config.inputs[0].rank() == 4 &&
         !is_same_or_rounded(in[1], config.inputs[0][1]);
}

bool has_products(const LayerConfig& config) {
  return !std::holds_alternative<UnsupportedOp>(config.op) && count_work(config).macs > 0;
}

// Names of layers that have a node of exactly their name and operation: nothing was fused there.
std::set<std::string> layers_by_themselves(const Profile& profile, const Network& network) {
  std::map<std::string_view, const Layer*> by_name;
  for (const Layer& layer : network.layers) by_name.emplace(layer.name, &layer);
  std::set<std::string> names;
  for (const ProfileEvent& event : profile.events) {
    const auto found = by_name.find(event.name);
    if (found == by_name.end()) continue;
    if (event.op.empty() || found->second->source_op == event.op) names.insert(event.name);
  }
  return names;
}

struct Unit {
  LayerConfig config;
  std::string name;
  bool in_network = false;
  int layers = 1;  // that it stands for
};

class Matcher {
 public:
  Matcher(const Profile& profile, const Network& network)
      : profile_(profile),
        own_(layers_by_themselves(profile, network)),
        fused_(fuse_patterns_apart_from(network, own_)),
        done_at_(layers().size(), kNever),
        writers_(network.tensors.size(), kNone),
        readers_(network.tensors.size()) {
    for (int i = 0; i < size(); ++i) {
      const Layer& l = layer(i);
      names_.emplace(l.name, i);
      for (const TensorId id : l.outputs) {
        writers_[index(id)] = i;
        names_.emplace(network.tensors[index(id)].name, i);
      }
      for (const TensorId id : l.inputs) readers_[index(id)].push_back(i);
    }
    for (const TensorId id : network.outputs) readers_[index(id)].push_back(kNone);
    for (const FusedGroup& group : fused_.groups)
      for (const std::string& member : group.members)
        names_.emplace(member, names_.at(group.layer));
  }

  ProfileMatch run();

 private:
  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }
  const std::vector<Layer>& layers() const { return fused_.network.layers; }
  int size() const { return static_cast<int>(layers().size()); }
  const Layer& layer(int i) const { return layers()[static_cast<std::size_t>(i)]; }
  const Shape& shape(TensorId id) const { return fused_.network.tensors[index(id)].shape; }
  bool is_done(int i) const { return done_at_[static_cast<std::size_t>(i)] != kNever; }
  bool is_computed_by(int i) const { return done_at_[static_cast<std::size_t>(i)] <= now_; }
  bool is_own(int i) const { return own_.contains(layer(i).name); }
  void finish(int i) { done_at_[static_cast<std::size_t>(i)] = now_; }

  std::optional<Unit> unit_of(const ProfileEvent& event, int main);
  std::optional<Unit> reorder_beside(const ProfileEvent& event) const;
  int find_main(const ProfileEvent& event) const;
  int find_by_members(const ProfileEvent& event) const;
  int find_in_order(const ProfileEvent& event) const;
  int search_upwards(int from, const ProfileEvent& event) const;
  bool fits(int i, const ProfileEvent& event) const;
  bool is_computed(TensorId id, int depth = 0) const;
  void take_what_follows(int main, const ProfileEvent& event, Unit& unit);
  bool take_step(int reader, TensorId from, const ProfileEvent& event, Unit& unit);
  void take_what_leads(int main, Unit& unit);
  void add_samples(ProfileMatch& match) const;
  std::vector<std::string> not_run(double& share_of_macs) const;

  const Profile& profile_;
  std::set<std::string> own_;
  FusedNetwork fused_;
  std::vector<int> done_at_;  // the number of the event that a layer runs in
  int now_ = 0;               // the event at hand
  std::vector<int> writers_;
  std::vector<std::vector<int>> readers_;
  std::map<std::string, int> names_;
  std::vector<std::pair<const ProfileEvent*, Unit>> units_;
};

bool Matcher::fits(int i, const ProfileEvent& event) const {
  const Layer& l = layer(i);
  if (is_done(i)) return false;
  if (event.layer) return l.config.op == event.layer->op && l.config.inputs == event.layer->inputs;
  const auto words = words_of_operation(event.op);
  const std::string word = rule_word(l.config);
  if (!words.empty() && std::find(words.begin(), words.end(), word) == words.end()) return false;
  if (has_other_channels(event, l.config)) return false;
  if (words.empty() && profile_.in_order && to_lower(event.op) != word) return false;
  if (event.outputs.empty() && !event.inputs.empty() && !l.inputs.empty())
    return event.inputs[0].element_count() == shape(l.inputs[0]).element_count();
  if (event.outputs.empty() || l.outputs.empty()) return true;
  return is_same_or_padded(event.outputs[0], shape(l.outputs[0]));
}

// What the event is named after may be the last of a fused chain: the operation is before it.
int Matcher::search_upwards(int from, const ProfileEvent& event) const {
  std::vector<int> at = {from};
  for (int depth = 0; depth < kFarthest && !at.empty(); ++depth) {
    std::vector<int> before;
    for (const int i : at) {
      if (fits(i, event)) return i;
      for (const TensorId id : layer(i).inputs) {
        const int writer = writers_[index(id)];
        if (writer != kNone && !is_done(writer)) before.push_back(writer);
      }
    }
    at = std::move(before);
  }
  return kNone;
}

// Of the nodes that the tool says are in it, the one with most work.
int Matcher::find_by_members(const ProfileEvent& event) const {
  int best = kNone;
  std::int64_t most = -1;
  for (const std::string& member : event.members) {
    const auto found = names_.find(member);
    if (found == names_.end() || is_done(found->second)) continue;
    const LayerConfig& config = layer(found->second).config;
    if (std::holds_alternative<UnsupportedOp>(config.op)) continue;
    const std::int64_t macs = count_work(config).macs;
    if (macs > most) {
      most = macs;
      best = found->second;
    }
  }
  return best;
}

// Tools make up names for what they put together; it runs in the network's order.
int Matcher::find_in_order(const ProfileEvent& event) const {
  if (!event.layer && !profile_.in_order && words_of_operation(event.op).empty()) return kNone;
  for (int i = 0; i < size(); ++i) {
    if (is_done(i) || is_own(i) || !fits(i, event)) continue;
    const auto* conv = std::get_if<Convolution>(&layer(i).config.op);
    if (conv && event.inputs.size() > 1 && event.inputs[1].rank() == 4 &&
        (event.inputs[1][2] != conv->kernel.h || event.inputs[1][3] != conv->kernel.w))
      continue;
    return i;
  }
  return kNone;
}

int Matcher::find_main(const ProfileEvent& event) const {
  if (const int by_members = find_by_members(event); by_members != kNone) return by_members;
  for (const std::string& name : possible_names(event.name)) {
    const auto found = names_.find(name);
    if (found == names_.end()) continue;
    const int at = found->second;
    if (words_of_operation(event.op).empty()) {
      // An operation without a row in the table: the network's own word for it must be the same.
      const bool same = event.op.empty() || layer(at).source_op == event.op;
      if (!is_done(at) && same && fits(at, event)) return at;
    } else if (const int main = search_upwards(at, event); main != kNone) {
      return main;
    }
  }
  return find_in_order(event);
}

// True if a tensor is there when the current event runs: written by what ran, or read-only.
bool Matcher::is_computed(TensorId id, int depth) const {
  const int writer = writers_[index(id)];
  if (writer == kNone || is_computed_by(writer)) return true;
  if (is_done(writer)) return false;  // later
  if (depth > kFarthest || is_own(writer) || has_products(layer(writer).config)) return false;
  const auto& inputs = layer(writer).inputs;
  return std::all_of(inputs.begin(), inputs.end(),
                     [&](TensorId input) { return is_computed(input, depth + 1); });
}

// Takes one more layer into the unit if it can run inside it.
bool Matcher::take_step(int reader, TensorId from, const ProfileEvent& event, Unit& unit) {
  const Layer& l = layer(reader);
  const std::string word = rule_word(l.config);
  if (word == "norm.batch" || ((word == "bias" || word == "scale") && l.inputs.size() == 1))
    return true;  // folded into the weights
  if (const auto* activation = std::get_if<Activation>(&l.config.op)) {
    unit.config.post.push_back({PostOp::Kind::kActivation, activation->mode});
    return true;
  }
  if ((word != "add" && word != "mul") || l.inputs.size() != 2) return false;
  const TensorId other = l.inputs[0] == from ? l.inputs[1] : l.inputs[0];
  if (other == from || shape(other) != shape(from) || !is_computed(other)) return false;
  // Where the event's inputs are known, the second operand must be among them.
  const auto is_operand = [&](const Shape& in) { return is_same_or_padded(in, shape(other)); };
  if (event.inputs.size() > 1 &&
      std::none_of(event.inputs.begin() + 1, event.inputs.end(), is_operand))
    return false;
  unit.config.post.push_back({word == "add" ? PostOp::Kind::kAdd : PostOp::Kind::kMul, {}});
  return true;
}

void Matcher::take_what_follows(int main, const ProfileEvent& event, Unit& unit) {
  for (int at = main; layer(at).outputs.size() == 1;) {
    const TensorId out = layer(at).outputs[0];
    if (readers_[index(out)].size() != 1) return;
    const int reader = readers_[index(out)][0];
    if (reader == kNone || is_done(reader) || is_own(reader)) return;
    if (!take_step(reader, out, event, unit)) return;
    finish(reader);
    unit.name = joined_name(unit.name, layer(reader).name);
    ++unit.layers;
    at = reader;
  }
}

// Padding before a convolution, transposes and scales before a product, the sum before a norm.
void Matcher::take_what_leads(int main, Unit& unit) {
  static const std::set<std::string> kLeading = {"pad", "transpose", "scale", "bias", "cast"};
  for (const TensorId id : layer(main).inputs) {
    const int before = writers_[index(id)];
    if (before == kNone || is_done(before) || is_own(before) || readers_[index(id)].size() != 1)
      continue;
    const std::string word = rule_word(layer(before).config);
    const bool is_sum = word == "add" && std::holds_alternative<Normalization>(unit.config.op);
    if (!kLeading.contains(word) && !is_sum) continue;
    if (is_sum) unit.config.post.push_back({PostOp::Kind::kAdd, {}});
    finish(before);
    unit.name = joined_name(layer(before).name, unit.name);
    ++unit.layers;
  }
}

// A copy, or a change of layout, of which the tool tells only whose input or output it is.
std::optional<Unit> Matcher::reorder_beside(const ProfileEvent& event) const {
  const bool of_output = event.op == kReorderOutput;
  if ((event.op != kReorderInput && !of_output) || event.layer || !event.inputs.empty())
    return std::nullopt;
  for (const std::string& member : event.members) {
    const auto found = names_.find(member);
    if (found == names_.end()) continue;
    const Layer& beside = layer(found->second);
    const auto& tensors = of_output ? beside.outputs : beside.inputs;
    if (tensors.empty() || shape(tensors[0]).empty()) continue;
    const Shape& moved = shape(tensors[0]);
    return Unit{make_layer_config(DataMovement{MoveMode::kReorder, moved}, {moved}), event.name,
                false, 1};
  }
  return std::nullopt;
}

std::optional<Unit> Matcher::unit_of(const ProfileEvent& event, int main) {
  if (const auto reorder = reorder_beside(event)) return reorder;
  if (main == kNone) {
    const auto config = event.layer ? event.layer : layer_of_shapes(event);
    if (!config) return std::nullopt;
    return Unit{*config, event.name, false, 1};
  }
  Unit unit{layer(main).config, layer(main).name, true, 1};
  take_what_leads(main, unit);
  if (event.layer && !event.layer->post.empty()) {
    unit.config.post = event.layer->post;  // the tool knows best
    Unit ignored = unit;
    take_what_follows(main, event, ignored);
    unit.name = ignored.name;
    unit.layers = ignored.layers;
  } else if (!is_own(main) || has_products(unit.config)) {
    take_what_follows(main, event, unit);
  }
  return unit;
}

std::vector<std::string> Matcher::not_run(double& share_of_macs) const {
  std::vector<std::string> names;
  double all = 0, missing = 0;
  for (int i = 0; i < size(); ++i) {
    if (!has_products(layer(i).config)) continue;
    const auto macs = static_cast<double>(count_work(layer(i).config).macs);
    all += macs;
    if (is_done(i)) continue;
    missing += macs;
    names.push_back(layer(i).name);
  }
  share_of_macs = all > 0 ? missing / all : 0;
  return names;
}

void Matcher::add_samples(ProfileMatch& match) const {
  std::size_t runs = 0;
  for (const auto& [event, unit] : units_) runs = std::max(runs, event->times.size());
  const auto nodes = static_cast<double>(profile_.events.size());
  for (std::size_t run = 0; run < runs; ++run) {
    Seconds inside(0);
    for (const ProfileEvent& event : profile_.events)
      if (run < event.times.size()) inside += event.times[run];
    const bool whole = run < profile_.runs.size() && profile_.runs[run] > inside;
    int position = 0;
    for (const auto& [event, unit] : units_) {
      ++position;
      if (run >= event->times.size()) continue;
      Sample sample;
      sample.layer = unit.config;
      sample.network = fused_.network.name;
      sample.position = position;
      sample.name = unit.name;
      sample.repetition = static_cast<int>(run) + 1;
      // A clock that counts whole microseconds shows 0 for what took less.
      sample.runtime = std::max(event->times[run], microseconds(0.5));
      if (event->power) {
        sample.power = event->power;
        sample.energy = *event->power * sample.runtime;
      }
      sample.device = profile_.device;
      sample.software = profile_.software;
      if (whole) sample.overhead = (profile_.runs[run] - inside) / nodes;
      match.samples.push_back(std::move(sample));
    }
  }
  for (std::size_t run = 0; run < profile_.runs.size(); ++run) {
    NetworkSample whole;
    whole.network = fused_.network.name;
    whole.batch = fused_.network.batch;
    whole.repetition = static_cast<int>(run) + 1;
    whole.runtime = profile_.runs[run];
    match.runs.push_back(std::move(whole));
  }
}

ProfileMatch Matcher::run() {
  ProfileMatch match;
  double found = 0, all = 0, in_network = 0, foreign = 0;
  // First what each node stands for, then what runs inside it: no node's own layer does.
  std::vector<int> mains;
  for (const ProfileEvent& event : profile_.events) {
    now_ = static_cast<int>(mains.size());
    mains.push_back(reorder_beside(event) ? kNone : find_main(event));
    if (mains.back() != kNone) finish(mains.back());
  }
  for (std::size_t i = 0; i < mains.size(); ++i) {
    const ProfileEvent& event = profile_.events[i];
    now_ = static_cast<int>(i);
    const double time = median_time(event).value();
    all += time;
    ++match.nodes;
    auto unit = unit_of(event, mains[i]);
    if (!unit) {
      match.unmatched.push_back({event.name, event.op, Seconds(time)});
      foreign += time;
      continue;
    }
    match.fused = match.fused || !unit->in_network || unit->layers > 1;
    found += time;
    if (unit->in_network) in_network += time;
    if (!unit->in_network && has_products(unit->config)) foreign += time;
    ++(unit->in_network ? match.in_network : match.added);
    units_.emplace_back(&event, std::move(*unit));
  }
  double missing_macs = 0;
  match.not_run = not_run(missing_macs);
  match.time_share = all > 0 ? found / all : 0;
  if (all <= 0) throw bad_input("every node of the profile took no time at all");
  constexpr double kLeastTime = 0.75, kMostMissing = 0.25;
  const std::string advice =
      "; it seems to belong to another network, or to another batch size or image size";
  if (in_network <= kLeastTime * (in_network + foreign))
    throw bad_input(
        fmt::format("{} of {} nodes, with {:.0f} % of the time spent on layers, are found in {}",
                    match.in_network, match.nodes,
                    100 * in_network / std::max(in_network + foreign, 1e-300),
                    fused_.network.name) +
        advice);
  if (missing_macs > kMostMissing)
    throw bad_input(
        fmt::format("{:.0f} % of the multiply-accumulates of {} are not in the profile, "
                    "'{}' for one",
                    100 * missing_macs, fused_.network.name, printable(match.not_run.front(), 80)) +
        advice);
  add_samples(match);
  if (match.fused) return match;
  for (Sample& sample : match.samples) sample.software += ", not fused";
  return match;
}

}  // namespace

ProfileMatch match_profile(const Profile& profile, const Network& network) {
  return Matcher(profile, network).run();
}

}  // namespace neuralpower
