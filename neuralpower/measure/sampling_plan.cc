// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/sampling_plan.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

constexpr int kTriesPerLayer = 400;
constexpr int kTriesInVain = 20'000;  // in a row: then nothing else will come
constexpr std::int64_t kMostDrawn = 100'000;
constexpr std::int64_t kLargest = 1'000'000'000'000;  // of a range, so that nothing overflows

std::int64_t whole(std::string_view text, std::string_view what) {
  const auto value = parse_int(trim(text));
  if (!value)
    throw bad_input(std::string(what) + " is '" + std::string(trim(text)) +
                    "'; it must be a whole number");
  return *value;
}

// "16..1024 step 16 log", or "1 | 2 | 4".
PlanVariable parse_variable(std::string_view name, std::string_view text) {
  PlanVariable variable;
  variable.name = trim(name);
  const auto dots = text.find("..");
  if (dots == std::string_view::npos || text.find('|') != std::string_view::npos) {
    for (const std::string_view word : split(text, '|')) variable.words.emplace_back(trim(word));
    return variable;
  }
  const auto rest = split_blanks(text.substr(dots + 2));
  if (rest.empty()) throw bad_input("a range is LOW..HIGH [step N] [log]");
  variable.low = whole(text.substr(0, dots), "the range's low end");
  variable.high = whole(rest[0], "the range's high end");
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == "log") {
      variable.logarithmic = true;
    } else if (rest[i] == "step" && i + 1 < rest.size()) {
      variable.step = whole(rest[++i], "the range's step");
    } else {
      throw bad_input("'" + std::string(rest[i]) +
                      "' behind a range; there may be 'step N', 'log'");
    }
  }
  if (variable.low < 1 || variable.high < variable.low || variable.step < 1 ||
      variable.high > kLargest || variable.step > kLargest)
    throw bad_input("a range needs 1 <= LOW <= HIGH <= 10^12 and a step from 1 to 10^12");
  return variable;
}

PlanNetwork parse_network(std::string_view text) {
  PlanNetwork network;
  for (const std::string_view word : split_blanks(text)) {
    if (word.starts_with("batch=")) {
      for (const std::string_view batch : split(word.substr(6), ','))
        network.batches.push_back(whole(batch, "batch"));
    } else if (network.file.empty()) {
      network.file = std::string(word);
    } else {
      throw bad_input("a network line is: network FILE [batch=1,8]");
    }
  }
  if (network.file.empty()) throw bad_input("a network line is: network FILE [batch=1,8]");
  return network;
}

void parse_limit(std::string_view text, PlanDraw& draw) {
  const auto words = split_blanks(text);
  const auto value = words.size() == 2 ? parse_double(words[1]) : std::nullopt;
  if (!value || *value <= 0) throw bad_input("a limit is: limit gflop N, or: limit mbyte N");
  if (words[0] == "gflop") {
    draw.max_flops = *value * 1e9;
  } else if (words[0] == "mbyte") {
    draw.max_bytes = *value * 1e6;
  } else {
    throw bad_input("a limit is on gflop or mbyte, not on '" + std::string(words[0]) + "'");
  }
}

void check_names(const PlanDraw& draw) {
  for (std::size_t at = draw.layer.find('{'); at != std::string::npos;
       at = draw.layer.find('{', at + 1)) {
    const auto end = draw.layer.find('}', at);
    const std::string name = draw.layer.substr(at + 1, end - at - 1);
    if (end == std::string::npos ||
        std::none_of(draw.variables.begin(), draw.variables.end(),
                     [&](const PlanVariable& v) { return v.name == name; }))
      throw bad_input("{" + name + "} has no values; write '" + name + " = ...' below the draw")
          .in_node("line " + std::to_string(draw.line));
  }
}

std::string value_at(const PlanVariable& variable, double u) {
  if (!variable.words.empty()) {
    const auto count = static_cast<double>(variable.words.size());
    return variable.words[std::min(static_cast<std::size_t>(u * count), variable.words.size() - 1)];
  }
  const auto low = static_cast<double>(variable.low), high = static_cast<double>(variable.high);
  const double drawn =
      variable.logarithmic ? low * std::pow(high / low, u) : low + u * (high - low);
  const auto step = static_cast<double>(variable.step);
  const double rounded = std::round(drawn / step) * step;
  return std::to_string(static_cast<std::int64_t>(
      std::clamp(rounded, low, std::max(low, std::floor(high / step) * step))));
}

std::string filled(const PlanDraw& draw, const std::vector<double>& point) {
  std::string text = draw.layer;
  for (std::size_t i = 0; i < draw.variables.size(); ++i) {
    const std::string name = "{" + draw.variables[i].name + "}";
    const std::string value = value_at(draw.variables[i], point[i]);
    // What was put in is not looked at again: a value may hold a name, its own too.
    for (auto at = text.find(name); at != std::string::npos;
         at = text.find(name, at + value.size()))
      text.replace(at, name.size(), value);
  }
  return text;
}

// The additive recurrence of the generalised golden ratio: evenly spread in any dimension, for any
// number of points.
class SpaceFilling {
 public:
  SpaceFilling(std::size_t dimensions, std::uint64_t seed) : at_(dimensions), step_(dimensions) {
    double ratio = 2;
    for (int i = 0; i < 60; ++i)
      ratio = std::pow(1 + ratio, 1.0 / (static_cast<double>(dimensions) + 1));
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < dimensions; ++i) {
      step_[i] = std::fmod(std::pow(1 / ratio, static_cast<double>(i) + 1), 1.0);
      at_[i] = static_cast<double>(random() >> 11) * 0x1p-53;
    }
  }
  const std::vector<double>& next() {
    for (std::size_t i = 0; i < at_.size(); ++i) at_[i] = std::fmod(at_[i] + step_[i], 1.0);
    return at_;
  }

 private:
  std::vector<double> at_, step_;
};

std::vector<LayerConfig> draw_layers(const PlanDraw& draw, std::uint64_t seed,
                                     std::set<std::string>& taken) {
  std::vector<LayerConfig> layers;
  SpaceFilling points(draw.variables.size(), seed + draw.line);
  std::string why = "all are the same";
  int in_vain = 0;
  for (int i = 0; i < draw.count * kTriesPerLayer && ++in_vain <= kTriesInVain; ++i) {
    if (layers.size() == static_cast<std::size_t>(draw.count)) return layers;
    try {
      LayerConfig layer = parse_layer(filled(draw, points.next()));
      const Work work = count_work(layer);
      if (static_cast<double>(work.flops) > draw.max_flops ||
          static_cast<double>(work.bytes()) > draw.max_bytes) {
        why = "the limits";
      } else if (taken.insert(format_layer(layer)).second) {
        layers.push_back(std::move(layer));
        in_vain = 0;
      }
    } catch (const Error& error) {
      why = error.what();
    }
  }
  if (layers.size() == static_cast<std::size_t>(draw.count)) return layers;
  throw bad_input("only " + std::to_string(layers.size()) + " of " + std::to_string(draw.count) +
                  " layers could be drawn; the last obstacle: " + why)
      .in_node("line " + std::to_string(draw.line));
}

}  // namespace

SamplingPlan parse_sampling_plan(std::string_view text) {
  SamplingPlan plan;
  std::size_t number = 0;
  std::int64_t drawn = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (const auto hash = line.find('#'); hash != std::string_view::npos)
      line = line.substr(0, hash);
    const bool indented = line.starts_with(' ') || line.starts_with('\t');
    line = trim(line);
    if (line.empty()) continue;
    const auto blank = line.find_first_of(" \t");
    const std::string_view word = line.substr(0, blank);
    const std::string_view rest =
        blank == std::string_view::npos ? std::string_view() : trim(line.substr(blank));
    try {
      if (indented) {
        if (plan.draws.empty()) throw bad_input("an indented line belongs to a draw above it");
        PlanDraw& draw = plan.draws.back();
        if (word == "limit") {
          parse_limit(rest, draw);
        } else if (const auto equals = line.find('='); equals != std::string_view::npos) {
          draw.variables.push_back(parse_variable(line.substr(0, equals), line.substr(equals + 1)));
        } else {
          throw bad_input("below a draw stand 'NAME = values' and 'limit gflop|mbyte N'");
        }
      } else if (word == "seed") {
        plan.seed = static_cast<std::uint64_t>(whole(rest, "the seed"));
      } else if (word == "network") {
        plan.networks.push_back(parse_network(rest));
      } else if (word == "layer") {
        plan.layers.push_back(parse_layer(rest));
      } else if (word == "draw") {
        const auto space = rest.find(' ');
        PlanDraw draw;
        const std::int64_t count = whole(rest.substr(0, space), "the number of layers to draw");
        if (count < 1 || space == std::string_view::npos)
          throw bad_input("a draw is: draw COUNT LAYER, its layer text with {names}");
        drawn += std::min(count, kMostDrawn + 1);
        if (drawn > kMostDrawn)
          throw bad_input("a plan draws at most " + std::to_string(kMostDrawn) + " layers");
        draw.count = static_cast<int>(count);
        draw.layer = trim(rest.substr(space));
        draw.line = number;
        plan.draws.push_back(std::move(draw));
      } else {
        throw bad_input("'" + std::string(word) +
                        "' is none of: seed, network, layer, draw (and below a draw: NAME = "
                        "values, limit)");
      }
    } catch (Error& error) {
      throw error.in_node("line " + std::to_string(number));
    }
  }
  for (const PlanDraw& draw : plan.draws) check_names(draw);
  return plan;
}

SamplingPlan read_sampling_plan(const std::filesystem::path& file) {
  try {
    SamplingPlan plan = parse_sampling_plan(read_file(file));
    for (PlanNetwork& network : plan.networks)
      if (network.file.is_relative()) network.file = file.parent_path() / network.file;
    return plan;
  } catch (Error& error) {
    throw error.in_file(file.string());
  }
}

std::vector<LayerConfig> expand(const SamplingPlan& plan, const std::vector<Network>& networks) {
  std::set<std::string> taken;
  std::vector<std::vector<LayerConfig>> parts;
  const auto add_part = [&](const std::vector<LayerConfig>& layers) {
    parts.emplace_back();
    for (const LayerConfig& layer : layers)
      if (taken.insert(format_layer(layer)).second) parts.back().push_back(layer);
  };
  add_part(plan.layers);
  for (const Network& network : networks) add_part(layers_of(network));
  for (const PlanDraw& draw : plan.draws) parts.push_back(draw_layers(draw, plan.seed, taken));

  struct Place {
    double fraction;  // of its part that comes before it
    LayerConfig* layer;
  };
  std::vector<Place> places;
  for (std::vector<LayerConfig>& part : parts)
    for (std::size_t i = 0; i < part.size(); ++i)
      places.push_back(
          {(static_cast<double>(i) + 0.5) / static_cast<double>(part.size()), &part[i]});
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.fraction < b.fraction; });
  std::vector<LayerConfig> layers;
  for (const Place& place : places) layers.push_back(std::move(*place.layer));
  return layers;
}

std::vector<LayerConfig> layers_of(const Network& network) {
  std::vector<LayerConfig> layers;
  std::set<std::string> taken;
  for (const Layer& layer : network.layers) {
    // Dropout does nothing at inference time: no back-end runs it.
    if (std::holds_alternative<UnsupportedOp>(layer.config.op) || is_free(layer.config) ||
        std::holds_alternative<Dropout>(layer.config.op))
      continue;
    if (taken.insert(format_layer(layer.config)).second) layers.push_back(layer.config);
  }
  return layers;
}

}  // namespace neuralpower
