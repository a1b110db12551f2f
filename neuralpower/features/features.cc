// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/features.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/mode_names.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

// The sizes every description draws on. For a description of names only, all are zero.
struct Sizes {
  Shape in, out;
  Work work;
  std::vector<Shape> const* inputs = nullptr;
  double cell = 4;
  double adds = 0;  // tensors added in the same unit

  // Size along an axis as a double; 1 beyond the rank, so that 2-d and 4-d inputs share features.
  static double at(const Shape& shape, std::size_t axis) {
    return axis < shape.rank() ? static_cast<double>(shape[axis]) : 1.0;
  }
  double N() const { return at(in, 0); }
  double C() const { return at(in, 1); }
  double H() const { return at(in, 2); }
  double W() const {
    double w = 1;
    for (std::size_t axis = 3; axis < in.rank(); ++axis) w *= at(in, axis);
    return w;
  }
};

// One description serves names and values: what a sink is given in one order cannot drift apart.
class NameSink {
 public:
  void add(std::string_view name, double) { names.push_back(name); }
  std::vector<std::string_view> names;
};

class ValueSink {
 public:
  explicit ValueSink(std::span<double> values) : values_(values) {}
  void add(std::string_view, double value) { values_[count_++] = value; }
  std::size_t count() const { return count_; }

 private:
  std::span<double> values_;
  std::size_t count_ = 0;
};

template <typename Sink>
void add_work(const Sizes& s, Sink& sink) {
  sink.add("macs", static_cast<double>(s.work.macs));
  sink.add("flops", static_cast<double>(s.work.flops));
  sink.add("in_bytes", static_cast<double>(s.work.input_bytes));
  sink.add("out_bytes", static_cast<double>(s.work.output_bytes));
  sink.add("weight_bytes", static_cast<double>(s.work.weight_bytes));
  const auto bytes = static_cast<double>(s.work.bytes());
  sink.add("bytes", bytes);
  sink.add("intensity", bytes > 0 ? static_cast<double>(s.work.flops) / bytes : 0);
}

// N C H W of the input, for kinds that work on whole tensors.
template <typename Sink>
void add_tensor(const Sizes& s, Sink& sink) {
  sink.add("N", s.N());
  sink.add("C", s.C());
  sink.add("H", s.H());
  sink.add("W", s.W());
  add_work(s, sink);
}

// For kinds that see no shape, only elements: 64x56x56 is C = 200704 and H = W = 1.
template <typename Sink>
void add_flat(const Sizes& s, Sink& sink) {
  sink.add("N", s.N());
  sink.add("C", s.C() * s.H() * s.W());
  sink.add("H", 1);
  sink.add("W", 1);
  add_work(s, sink);
}

template <typename Sink>
struct Describe {
  const Sizes& s;
  Sink& sink;

  void add_window(double ph, double pw, double sh, double sw, double kh, double kw) const {
    sink.add("Hp", s.H() + ph);
    sink.add("Wp", s.W() + pw);
    sink.add("Hr", std::max(Sizes::at(s.out, 2) - 1, 0.0) * sh + kh);
    sink.add("Wr", std::max(Sizes::at(s.out, 3) - 1, 0.0) * sw + kw);
  }

  template <typename AnyConvolution>
  void convolution(const AnyConvolution& op) const {
    sink.add("N", s.N());
    sink.add("Ci", s.C());
    sink.add("Hi", s.H());
    sink.add("Wi", s.W());
    sink.add("Co", static_cast<double>(op.out_channels));
    sink.add("Ho", Sizes::at(s.out, 2));
    sink.add("Wo", Sizes::at(s.out, 3));
    sink.add("kh", static_cast<double>(op.kernel.h));
    sink.add("kw", static_cast<double>(op.kernel.w));
    sink.add("sh", static_cast<double>(op.stride.h));
    sink.add("sw", static_cast<double>(op.stride.w));
    sink.add("ph", static_cast<double>(op.pad.top + op.pad.bottom));
    sink.add("pw", static_cast<double>(op.pad.left + op.pad.right));
    sink.add("groups", static_cast<double>(op.groups));
    add_work(s, sink);
    sink.add("cols_bytes", s.N() * Sizes::at(s.out, 2) * Sizes::at(s.out, 3) *
                               static_cast<double>(op.kernel.h * op.kernel.w) * s.C() * s.cell);
    sink.add("dh", static_cast<double>(op.dilation.h));
    sink.add("dw", static_cast<double>(op.dilation.w));
    sink.add("eh", static_cast<double>((op.kernel.h - 1) * op.dilation.h + 1));
    add_window(static_cast<double>(op.pad.top + op.pad.bottom),
               static_cast<double>(op.pad.left + op.pad.right), static_cast<double>(op.stride.h),
               static_cast<double>(op.stride.w), static_cast<double>(op.kernel.h),
               static_cast<double>(op.kernel.w));
  }
  void operator()(const Convolution& op) const { convolution(op); }
  void operator()(const TransposedConvolution& op) const { convolution(op); }

  template <typename Windows>
  void volume(const Windows& op, double out_channels, double groups) const {
    sink.add("N", s.N());
    sink.add("C", s.C());
    sink.add("D", Sizes::at(s.in, 2));
    sink.add("H", Sizes::at(s.in, 3));
    sink.add("W", Sizes::at(s.in, 4));
    sink.add("Co", out_channels);
    sink.add("Do", Sizes::at(s.out, 2));
    sink.add("Ho", Sizes::at(s.out, 3));
    sink.add("Wo", Sizes::at(s.out, 4));
    sink.add("kd", static_cast<double>(op.kernel.d));
    sink.add("kh", static_cast<double>(op.kernel.h));
    sink.add("kw", static_cast<double>(op.kernel.w));
    sink.add("groups", groups);
    add_work(s, sink);
  }
  template <typename AnyConvolution>
  void volume(const AnyConvolution& op) const {
    volume(op, static_cast<double>(op.out_channels), static_cast<double>(op.groups));
  }
  void operator()(const Convolution3d& op) const { volume(op); }
  void operator()(const TransposedConvolution3d& op) const { volume(op); }
  void operator()(const Pooling3d& op) const { volume(op, s.C(), 1); }

  void operator()(const FullyConnected& op) const {
    sink.add("N", s.N());
    sink.add("Co", static_cast<double>(op.outputs));
    // A plain matrix product has 1 x 1 x inputs.
    sink.add("Ci", s.C());
    sink.add("Hi", s.H());
    sink.add("Wi", s.W());
    sink.add("I", s.C() * s.H() * s.W());
    add_work(s, sink);
  }

  void operator()(const MatMul&) const {
    sink.add("N", s.N());
    sink.add("H", Sizes::at(s.in, 1));   // rows of the left matrix
    sink.add("C", Sizes::at(s.in, 2));   // the dimension summed over
    sink.add("W", Sizes::at(s.out, 2));  // columns of the right matrix
    add_work(s, sink);
  }

  void operator()(const Pooling& op) const {
    const bool adaptive =
        op.mode == PoolMode::kAdaptiveAverage || op.mode == PoolMode::kAdaptiveMax;
    const double ho = Sizes::at(s.out, 2), wo = Sizes::at(s.out, 3);
    sink.add("N", s.N());
    sink.add("C", s.C());
    sink.add("Hi", s.H());
    sink.add("Wi", s.W());
    sink.add("Ho", ho);
    sink.add("Wo", wo);
    // An adaptive window is as large as it must be to cover the input.
    const double kh =
        adaptive ? std::ceil(s.H() / std::max(ho, 1.0)) : static_cast<double>(op.kernel.h);
    const double kw =
        adaptive ? std::ceil(s.W() / std::max(wo, 1.0)) : static_cast<double>(op.kernel.w);
    const double sh =
        adaptive ? std::floor(s.H() / std::max(ho, 1.0)) : static_cast<double>(op.stride.h);
    const double sw =
        adaptive ? std::floor(s.W() / std::max(wo, 1.0)) : static_cast<double>(op.stride.w);
    const double ph = adaptive ? 0 : static_cast<double>(op.pad.top + op.pad.bottom);
    const double pw = adaptive ? 0 : static_cast<double>(op.pad.left + op.pad.right);
    sink.add("kh", kh);
    sink.add("kw", kw);
    sink.add("sh", sh);
    sink.add("sw", sw);
    sink.add("ph", ph);
    sink.add("pw", pw);
    sink.add("is_average", op.mode == PoolMode::kAverage || op.mode == PoolMode::kAdaptiveAverage);
    add_work(s, sink);
    add_window(ph, pw, sh, sw, kh, kw);
  }

  void operator()(const Normalization& op) const {
    sink.add("N", s.N());
    sink.add("C", s.C());
    sink.add("Hi", s.H());
    sink.add("Wi", s.W());
    sink.add("Ho", s.H());
    sink.add("Wo", s.W());
    sink.add("kh", static_cast<double>(std::max<std::int64_t>(op.size, 1)));
    sink.add("kw", 1);
    add_work(s, sink);
    sink.add("adds", s.adds);
  }

  void operator()(const Concat&) const {
    static constexpr std::array<std::string_view, 6> kParts = {"c1", "c2", "c3", "c4", "c5", "c6"};
    sink.add("N", s.N());
    sink.add("C", Sizes::at(s.out, 1));
    sink.add("H", s.H());
    sink.add("W", s.W());
    for (std::size_t i = 0; i < kParts.size(); ++i)
      sink.add(kParts[i], s.inputs && i < s.inputs->size() ? Sizes::at((*s.inputs)[i], 1) : 0.0);
    sink.add("parts", s.inputs ? static_cast<double>(s.inputs->size()) : 0.0);
    add_work(s, sink);
  }

  void operator()(const Elementwise& op) const {
    add_flat(s, sink);
    sink.add("inputs", static_cast<double>(op.inputs - op.broadcast));
  }
  void operator()(const Dropout& op) const {
    add_tensor(s, sink);
    sink.add("keep", op.keep);
  }
  void operator()(const Embedding& op) const {
    add_tensor(s, sink);
    sink.add("width", static_cast<double>(op.width));
  }
  void operator()(const Recurrent& op) const {
    add_tensor(s, sink);
    sink.add("hidden", static_cast<double>(op.hidden));
  }
  void operator()(const Activation&) const { add_flat(s, sink); }
  void operator()(const Softmax&) const { add_tensor(s, sink); }
  void operator()(const Reduction&) const { add_tensor(s, sink); }
  void operator()(const DataMovement&) const { add_tensor(s, sink); }
  void operator()(const Attention&) const { add_tensor(s, sink); }
  void operator()(const View&) const {}           // free: nothing to model
  void operator()(const UnsupportedOp&) const {}  // nothing is known
};

struct ModelKey {
  static std::string with_mode(std::string_view kind, std::string_view mode) {
    return std::string(kind) + "." + std::string(mode);
  }
  std::string operator()(const Activation& op) const {
    return with_mode("activation", to_string(op.mode));
  }
  std::string operator()(const Normalization& op) const {
    return with_mode("norm", to_string(op.mode));
  }
  std::string operator()(const Recurrent& op) const {
    return with_mode("recurrent", to_string(op.mode));
  }
  std::string operator()(const DataMovement& op) const {
    return with_mode("move", to_string(op.mode));
  }
  // Element-wise layers move bytes; two keys are enough to tell the cheap from the dear.
  std::string operator()(const Elementwise& op) const {
    switch (op.mode) {
      case ElementwiseMode::kAdd:
      case ElementwiseMode::kSub:
      case ElementwiseMode::kMax:
      case ElementwiseMode::kMin:
        return "add";
      default:
        return "mul";
    }
  }
  template <typename AnyOther>
  std::string operator()(const AnyOther& op) const {
    return std::string(kind_of(Op(op)));
  }
};

using AllOps = std::make_index_sequence<std::variant_size_v<Op>>;

// One of each type. Made in a loop, as compilers take minutes over the same thing unrolled.
template <std::size_t... I>
std::vector<Op> examples(std::index_sequence<I...>) {
  constexpr std::array<Op (*)(), sizeof...(I)> kMake = {
      [] { return Op(std::in_place_index<I>); }...};
  std::vector<Op> all;
  for (const auto make : kMake) all.push_back(make());
  return all;
}

// An operation of the key's kind, for asking its feature names; the mode does not matter for them.
Op example_of(std::string_view key) {
  std::string_view kind = split(key, '.').front();
  if (kind == "mul") kind = "add";  // one operation under two keys
  static const std::vector<Op> kExamples = examples(AllOps());
  for (const Op& op : kExamples)
    if (kind_of(op) == kind) return op;
  return UnsupportedOp{};
}

}  // namespace

std::string model_key(const LayerConfig& config) { return std::visit(ModelKey{}, config.op); }

std::string general_key(const LayerConfig& config) {
  return count_work(config).macs > 0 ? "any.product" : "any.element";
}

std::vector<double> extract_general_features(const LayerConfig& config) {
  Sizes sizes;
  sizes.work = count_work(config);
  std::vector<double> values(feature_names("any.element").size());
  ValueSink sink(values);
  add_work(sizes, sink);
  return values;
}

std::vector<std::string_view> feature_names(std::string_view key) {
  NameSink sink;
  const Sizes nothing;
  if (key.starts_with("any.")) {
    add_work(nothing, sink);
    return sink.names;
  }
  std::visit(Describe<NameSink>{nothing, sink}, example_of(key));
  return sink.names;
}

std::vector<std::string_view> feature_names(std::string_view key, Target target, bool adapted) {
  std::vector<std::string_view> names = feature_names(key);
  if (names.empty()) return names;
  if (target == Target::kPower) names.insert(names.end(), {"time", "cost"});
  if (adapted) names.emplace_back("base");
  return names;
}

void extract_features(const LayerConfig& config, std::span<double> values) {
  Sizes sizes;
  if (!config.inputs.empty()) sizes.in = config.inputs[0];
  sizes.out = output_shape(config);
  sizes.work = count_work(config);
  sizes.inputs = &config.inputs;
  sizes.cell = bytes_per_element(config.dtype);
  for (const PostOp& step : config.post) sizes.adds += step.kind == PostOp::Kind::kAdd;
  ValueSink sink(values);
  std::visit(Describe<ValueSink>{sizes, sink}, config.op);
}

std::vector<double> extract_features(const LayerConfig& config) {
  std::vector<double> values(feature_names(model_key(config)).size());
  if (!values.empty()) extract_features(config, values);
  return values;
}

}  // namespace neuralpower
