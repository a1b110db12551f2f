// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/network/fusion.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "neuralpower/base/checked.h"

namespace neuralpower {
namespace {

constexpr int kNone = -1;
constexpr int kMaxBetween = 8;  // scales and masks between the scores and the softmax

// A pattern found: which layers, and the layer that they are.
struct Match {
  std::string_view pattern;
  std::vector<int> members;
  TensorId output = kNone;
  std::vector<TensorId> inputs;
  Op op;
  std::vector<Shape> shapes;
};

// Who writes and who reads each tensor, and the questions that patterns ask. Layers are given by
// index; kNone stands for "no such layer" and answers every question with no.
class Graph {
 public:
  explicit Graph(const Network& network)
      : network_(network),
        writers_(network.tensors.size(), kNone),
        readers_(network.tensors.size()) {
    for (int i = 0; i < static_cast<int>(network.layers.size()); ++i) {
      for (const TensorId id : layer(i).outputs) writers_[index(id)] = i;
      for (const TensorId id : layer(i).inputs) readers_[index(id)].push_back(i);
    }
    for (const TensorId id : network.outputs) readers_[index(id)].push_back(kNone);
  }

  int size() const { return static_cast<int>(network_.layers.size()); }
  const Layer& layer(int i) const { return network_.layers[static_cast<std::size_t>(i)]; }
  const Shape& shape(TensorId id) const { return network_.tensors[index(id)].shape; }

  int writer(TensorId id) const { return id == kNone ? kNone : writers_[index(id)]; }
  TensorId output(int i) const {
    return i == kNone || layer(i).outputs.size() != 1 ? kNone : layer(i).outputs[0];
  }
  TensorId input(int i, std::size_t slot = 0) const {
    return i == kNone || slot >= layer(i).inputs.size() ? kNone : layer(i).inputs[slot];
  }
  // The one layer that reads the output of layer i; kNone if there are several.
  int reader(int i) const {
    const TensorId id = output(i);
    return id == kNone || readers_[index(id)].size() != 1 ? kNone : readers_[index(id)][0];
  }
  std::vector<int> readers(int i) const {
    const TensorId id = output(i);
    return id == kNone ? std::vector<int>{} : readers_[index(id)];
  }

  bool is_activation(int i, ActivationMode mode) const {
    const auto* op = get<Activation>(i);
    return op && op->mode == mode;
  }
  // Combines one activation with a constant.
  bool is_with_constant(int i, ElementwiseMode mode) const {
    const auto* op = get<Elementwise>(i);
    return op && op->mode == mode && op->inputs == 2 && layer(i).inputs.size() == 1;
  }
  bool is_scaling(int i) const {
    return is_with_constant(i, ElementwiseMode::kMul) || is_with_constant(i, ElementwiseMode::kDiv);
  }
  // Combines two activations; `other` tells the one that is not `known`.
  bool is_of_two(int i, ElementwiseMode mode) const {
    const auto* op = get<Elementwise>(i);
    return op && op->mode == mode && op->inputs == 2 && layer(i).inputs.size() == 2;
  }
  TensorId other(int i, TensorId known) const {
    return input(i, 0) == known ? input(i, 1) : input(i, 0);
  }
  bool is_mean(int i) const {
    const auto* op = get<Reduction>(i);
    return op && op->mode == ReduceMode::kMean;
  }
  template <typename T>
  const T* get(int i) const {
    return i == kNone ? nullptr : std::get_if<T>(&layer(i).config.op);
  }

  // True if nothing but the members reads what they write, the output apart.
  bool is_closed(const std::vector<int>& members, TensorId output) const {
    for (const int member : members)
      for (const TensorId id : layer(member).outputs) {
        if (id == output) continue;
        for (const int reader : readers_[index(id)])
          if (std::find(members.begin(), members.end(), reader) == members.end()) return false;
      }
    return true;
  }

 private:
  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }

  const Network& network_;
  std::vector<int> writers_;
  std::vector<std::vector<int>> readers_;
};

Shape at_least_1d(const Shape& shape) { return shape.empty() ? Shape{1} : shape; }

Match activation_match(std::string_view pattern, const Graph& graph, std::vector<int> members,
                       TensorId x, int last, ActivationMode mode) {
  return {pattern, std::move(members), graph.output(last),
          {x},     Activation{mode},   {at_least_1d(graph.shape(x))}};
}

// ---- Activations ------------------------------------------------------------------------------

// From `one_plus` (1 + erf or tanh of something of x) to the product with x and 1/2, which come in
// either order. Nothing if it is not that.
std::optional<Match> gelu_end(const Graph& graph, std::vector<int> members, TensorId x,
                              int one_plus) {
  members.push_back(one_plus);
  const int product = graph.reader(one_plus);
  if (!graph.is_of_two(product, ElementwiseMode::kMul)) return std::nullopt;
  members.push_back(product);
  const TensorId factor = graph.other(product, graph.output(one_plus));
  if (factor == x) {
    const int half = graph.reader(product);
    if (!graph.is_scaling(half)) return std::nullopt;
    members.push_back(half);
    return activation_match("gelu", graph, std::move(members), x, half, ActivationMode::kGelu);
  }
  const int half = graph.writer(factor);
  if (!graph.is_scaling(half) || graph.input(half) != x) return std::nullopt;
  members.push_back(half);
  return activation_match("gelu", graph, std::move(members), x, product, ActivationMode::kGelu);
}

std::optional<Match> match_erf_gelu(const Graph& graph, int erf) {
  if (!graph.is_activation(erf, ActivationMode::kErf)) return std::nullopt;
  const int scaled = graph.writer(graph.input(erf));
  const int one_plus = graph.reader(erf);
  if (!graph.is_scaling(scaled) || !graph.is_with_constant(one_plus, ElementwiseMode::kAdd))
    return std::nullopt;
  return gelu_end(graph, {scaled, erf}, graph.input(scaled), one_plus);
}

// tanh(a (x + b x^3)).
std::optional<Match> match_tanh_gelu(const Graph& graph, int tanh) {
  if (!graph.is_activation(tanh, ActivationMode::kTanh)) return std::nullopt;
  const int scaled = graph.writer(graph.input(tanh));
  const int sum = graph.is_scaling(scaled) ? graph.writer(graph.input(scaled)) : kNone;
  const int one_plus = graph.reader(tanh);
  if (!graph.is_of_two(sum, ElementwiseMode::kAdd) ||
      !graph.is_with_constant(one_plus, ElementwiseMode::kAdd))
    return std::nullopt;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const TensorId x = graph.input(sum, slot);
    const int weighted = graph.writer(graph.input(sum, 1 - slot));
    const int cube = graph.is_scaling(weighted) ? graph.writer(graph.input(weighted)) : kNone;
    if (!graph.is_activation(cube, ActivationMode::kPow) || graph.input(cube) != x) continue;
    return gelu_end(graph, {cube, weighted, sum, scaled, tanh}, x, one_plus);
  }
  return std::nullopt;
}

std::optional<Match> match_silu(const Graph& graph, int gate) {
  const bool hard = graph.is_activation(gate, ActivationMode::kHardSigmoid);
  if (!hard && !graph.is_activation(gate, ActivationMode::kSigmoid)) return std::nullopt;
  const int product = graph.reader(gate);
  const TensorId x = graph.input(gate);
  if (!graph.is_of_two(product, ElementwiseMode::kMul) ||
      graph.other(product, graph.output(gate)) != x)
    return std::nullopt;
  return hard ? activation_match("hard_swish", graph, {gate, product}, x, product,
                                 ActivationMode::kHardSwish)
              : activation_match("silu", graph, {gate, product}, x, product, ActivationMode::kSilu);
}

// clip(x + 3) times x, over 6 before or after.
std::optional<Match> match_clip_swish(const Graph& graph, int clip) {
  if (!graph.is_activation(clip, ActivationMode::kClip) &&
      !graph.is_activation(clip, ActivationMode::kRelu))
    return std::nullopt;
  const int shifted = graph.writer(graph.input(clip));
  if (!graph.is_with_constant(shifted, ElementwiseMode::kAdd)) return std::nullopt;
  const TensorId x = graph.input(shifted);
  const int next = graph.reader(clip);
  if (graph.is_scaling(next)) {
    const int product = graph.reader(next);
    if (graph.is_of_two(product, ElementwiseMode::kMul) &&
        graph.other(product, graph.output(next)) == x)
      return activation_match("hard_swish", graph, {shifted, clip, next, product}, x, product,
                              ActivationMode::kHardSwish);
    if (!graph.is_activation(clip, ActivationMode::kClip)) return std::nullopt;
    return activation_match("hard_sigmoid", graph, {shifted, clip, next}, x, next,
                            ActivationMode::kHardSigmoid);
  }
  if (!graph.is_of_two(next, ElementwiseMode::kMul) || graph.other(next, graph.output(clip)) != x)
    return std::nullopt;
  const int scaled = graph.reader(next);
  if (!graph.is_scaling(scaled)) return std::nullopt;
  return activation_match("hard_swish", graph, {shifted, clip, next, scaled}, x, scaled,
                          ActivationMode::kHardSwish);
}

// ---- Normalisations ---------------------------------------------------------------------------

// The last axes that a mean runs over, as one: its input's shape with them joined. Nothing if the
// mean runs over others.
std::optional<Shape> joined_last_axes(const Shape& in, const Shape& mean) {
  if (in.rank() < 2 || mean.rank() != in.rank()) return std::nullopt;
  std::size_t first = in.rank();
  while (first > 0 && mean[first - 1] == 1) --first;
  for (std::size_t i = 0; i < first; ++i)
    if (mean[i] != in[i]) return std::nullopt;
  if (first == in.rank()) return std::nullopt;
  std::vector<std::int64_t> sizes(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(first));
  if (sizes.empty()) sizes.push_back(1);
  sizes.push_back(in.element_count_from(first));
  return Shape(std::move(sizes));
}

// From the mean of squares to the product with what was normalised; then scale and shift.
std::optional<Match> norm_end(const Graph& graph, std::vector<int> members, TensorId x,
                              TensorId centred, int mean_of_squares, NormMode mode) {
  const int stabilised = graph.reader(mean_of_squares), root = graph.reader(stabilised);
  if (!graph.is_with_constant(stabilised, ElementwiseMode::kAdd) ||
      !graph.is_activation(root, ActivationMode::kSqrt))
    return std::nullopt;
  members.insert(members.end(), {stabilised, root});
  int last = graph.reader(root);
  if (graph.is_activation(last, ActivationMode::kReciprocal)) {
    members.push_back(last);
    const int product = graph.reader(last);
    if (!graph.is_of_two(product, ElementwiseMode::kMul) ||
        graph.other(product, graph.output(last)) != centred)
      return std::nullopt;
    last = product;
  } else if (!graph.is_of_two(last, ElementwiseMode::kDiv) || graph.input(last, 0) != centred) {
    return std::nullopt;
  }
  members.push_back(last);
  const auto shape = joined_last_axes(graph.shape(x), graph.shape(graph.output(mean_of_squares)));
  if (!shape) return std::nullopt;
  if (graph.is_with_constant(graph.reader(last), ElementwiseMode::kMul))
    members.push_back(last = graph.reader(last));
  if (mode == NormMode::kLayer && graph.is_with_constant(graph.reader(last), ElementwiseMode::kAdd))
    members.push_back(last = graph.reader(last));
  return Match{mode == NormMode::kLayer ? "layer_norm" : "rms_norm",
               std::move(members),
               graph.output(last),
               {x},
               Normalization{mode, 0},
               {*shape}};
}

bool is_square(const Graph& graph, int i) {
  return graph.is_activation(i, ActivationMode::kPow) ||
         (graph.is_of_two(i, ElementwiseMode::kMul) && graph.input(i, 0) == graph.input(i, 1));
}

// Anchored at the mean of squares; what is squared is x itself or x minus its mean.
std::optional<Match> match_norm(const Graph& graph, int mean_of_squares) {
  if (!graph.is_mean(mean_of_squares)) return std::nullopt;
  const int square = graph.writer(graph.input(mean_of_squares));
  if (!is_square(graph, square)) return std::nullopt;
  const TensorId centred = graph.input(square);
  const int difference = graph.writer(centred);
  if (graph.is_of_two(difference, ElementwiseMode::kSub)) {
    const TensorId x = graph.input(difference, 0);
    const int mean = graph.writer(graph.input(difference, 1));
    if (graph.is_mean(mean) && graph.input(mean) == x)
      return norm_end(graph, {mean, difference, square, mean_of_squares}, x, centred,
                      mean_of_squares, NormMode::kLayer);
  }
  return norm_end(graph, {square, mean_of_squares}, centred, centred, mean_of_squares,
                  NormMode::kRms);
}

// ---- Attention and shuffles -------------------------------------------------------------------

bool is_mask_or_scale(const Graph& graph, int i) {
  const auto* op = graph.get<Elementwise>(i);
  if (!op || op->inputs > 3) return false;
  switch (op->mode) {
    case ElementwiseMode::kAdd:
    case ElementwiseMode::kMul:
    case ElementwiseMode::kDiv:
    case ElementwiseMode::kSub:
    case ElementwiseMode::kWhere:
      return true;
    default:
      return false;
  }
}

std::optional<Match> match_attention(const Graph& graph, int softmax) {
  const auto* op = graph.get<Softmax>(softmax);
  if (!op || op->axis != -1) return std::nullopt;
  std::vector<int> members = {softmax};
  std::vector<TensorId> masks;
  // Upwards through scales and masks; the operand with the scores' shape is the way on.
  TensorId at = graph.input(softmax);
  for (int steps = 0; steps < kMaxBetween && is_mask_or_scale(graph, graph.writer(at)); ++steps) {
    const int layer = graph.writer(at);
    TensorId next = kNone;
    for (const TensorId id : graph.layer(layer).inputs) {
      const bool is_scores =
          next == kNone && graph.shape(id) == graph.shape(at) &&
          (graph.get<MatMul>(graph.writer(id)) || is_mask_or_scale(graph, graph.writer(id)));
      if (is_scores)
        next = id;
      else
        masks.push_back(id);
    }
    if (next == kNone) return std::nullopt;
    members.push_back(layer);
    at = next;
  }
  const int scores = graph.writer(at), values = graph.reader(softmax);
  if (!graph.get<MatMul>(scores) || !graph.get<MatMul>(values) ||
      graph.layer(scores).inputs.size() != 2 || graph.layer(values).inputs.size() != 2 ||
      graph.input(values, 0) != graph.output(softmax))
    return std::nullopt;
  const Shape &a = graph.layer(scores).config.inputs[0], &b = graph.layer(scores).config.inputs[1];
  if (graph.layer(values).config.inputs[1][2] != a[2]) return std::nullopt;  // V as wide as K
  members.insert(members.end(), {scores, values});
  TensorId key = graph.input(scores, 1);
  const int transpose = graph.writer(key);
  if (const auto* move = graph.get<DataMovement>(transpose);
      move && move->mode == MoveMode::kTranspose && graph.reader(transpose) == scores) {
    members.push_back(transpose);
    key = graph.input(transpose);
  }
  const Shape& query = graph.shape(graph.input(scores, 0));
  const std::int64_t batch = query.rank() == 4 ? query[0] : a[0];
  if (batch < 1 || a[0] % batch != 0) return std::nullopt;
  std::vector<TensorId> inputs = {graph.input(scores, 0), key, graph.input(values, 1)};
  inputs.insert(inputs.end(), masks.begin(), masks.end());
  const std::int64_t heads = a[0] / batch;
  return Match{
      "attention",          std::move(members),
      graph.output(values), std::move(inputs),
      Attention{},          {Shape{batch, heads, a[1], a[2]}, Shape{batch, heads, b[2], a[2]}}};
}

std::optional<Match> match_shuffle(const Graph& graph, int transpose) {
  const auto* move = graph.get<DataMovement>(transpose);
  if (!move || move->mode != MoveMode::kTranspose) return std::nullopt;
  const int split = graph.writer(graph.input(transpose)), join = graph.reader(transpose);
  if (!graph.get<View>(split) || !graph.get<View>(join)) return std::nullopt;
  const TensorId x = graph.input(split);
  const Shape &in = graph.shape(x), &groups = graph.shape(graph.input(transpose)),
              &swapped = graph.shape(graph.output(transpose));
  if (in.rank() != 4 || groups.rank() != 5 || graph.shape(graph.output(join)) != in ||
      swapped != Shape{groups[0], groups[2], groups[1], groups[3], groups[4]} ||
      groups[0] != in[0] || groups[3] != in[2] || groups[4] != in[3])
    return std::nullopt;
  return Match{"channel_shuffle",
               {split, transpose, join},
               graph.output(join),
               {x},
               DataMovement{MoveMode::kChannelShuffle, in},
               {in}};
}

using Pattern = std::optional<Match> (*)(const Graph&, int);
constexpr Pattern kPatterns[] = {match_erf_gelu,  match_tanh_gelu, match_silu,   match_clip_swish,
                                 match_attention, match_norm,      match_shuffle};

constexpr std::string_view kPatternNames[] = {"gelu",      "silu",           "hard_swish",
                                              "attention", "hard_sigmoid",   "layer_norm",
                                              "rms_norm",  "channel_shuffle"};

FusedNetwork fuse(const Network& network, const std::set<std::string>* only,
                  const std::set<std::string>& apart = {}) {
  const Graph graph(network);
  const auto count = static_cast<std::size_t>(graph.size());
  std::vector<char> taken(count, false);
  std::vector<std::optional<Match>> ends(count);  // by the last member, whose place it takes
  for (int i = 0; i < graph.size(); ++i) {
    for (const Pattern pattern : kPatterns) {
      std::optional<Match> match = pattern(graph, i);
      if (!match || match->output == kNone) continue;
      if (only && !only->contains(std::string(match->pattern))) continue;
      std::vector<int>& members = match->members;
      std::sort(members.begin(), members.end());
      members.erase(std::unique(members.begin(), members.end()), members.end());
      const bool free = std::none_of(members.begin(), members.end(), [&](int member) {
        return taken[static_cast<std::size_t>(member)] || apart.contains(graph.layer(member).name);
      });
      if (!free || !graph.is_closed(members, match->output)) continue;
      for (const int member : members) taken[static_cast<std::size_t>(member)] = true;
      ends[static_cast<std::size_t>(members.back())] = std::move(match);
      break;
    }
  }
  FusedNetwork result;
  result.network = network;
  result.network.layers.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (!taken[i]) {
      result.network.layers.push_back(network.layers[i]);
      continue;
    }
    if (!ends[i]) continue;
    const Match& match = *ends[i];
    const Layer& last = network.layers[i];
    FusedGroup group{last.name, std::string(match.pattern), {}};
    Layer layer;
    layer.name = last.name;
    layer.source_op = std::string(match.pattern);
    layer.config = make_layer_config(match.op, match.shapes, last.config.dtype);
    layer.inputs = match.inputs;
    layer.outputs = {match.output};
    for (const int member : match.members) {
      layer.params = checked_add(layer.params, graph.layer(member).params);
      group.members.push_back(graph.layer(member).name);
    }
    result.network.layers.push_back(std::move(layer));
    result.groups.push_back(std::move(group));
  }
  return result;
}

}  // namespace

FusedNetwork fuse_patterns(const Network& network) { return fuse(network, nullptr); }

FusedNetwork fuse_patterns(const Network& network, const std::set<std::string>& only) {
  if (only.empty()) return {network, {}, {}};
  return fuse(network, &only);
}

FusedNetwork fuse_patterns_apart_from(const Network& network,
                                      const std::set<std::string>& layers) {
  return fuse(network, nullptr, layers);
}

bool is_pattern(std::string_view name) {
  return std::find(std::begin(kPatternNames), std::end(kPatternNames), name) !=
         std::end(kPatternNames);
}

}  // namespace neuralpower
