// SPDX-License-Identifier: Apache-2.0
// oneDNN's verbose lines (ONEDNN_VERBOSE=1; DNNL_VERBOSE, MKLDNN_VERBOSE before it):
//   onednn_verbose,exec,cpu,convolution,jit:avx512_core,forward_inference,
//     src_f32::blocked:abcd:f0 wei_... dst_...,attr-post-ops:eltwise_relu ,
//     alg:convolution_direct,mb1_ic3oc64_ih224oh112kh7sh2dh0ph3_iw224ow112kw7sw2dw0pw3,1.23
// From version 3 on there is "v1,primitive" in front and sometimes a time stamp. The problem's text
// is the last field but one, the time in ms the last. Sizes along w are left out where they are
// those along h. A line is one run of one primitive, so runs are told by their repetition.
#include <algorithm>
#include <cctype>
#include <map>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/mode_names.h"
#include "neuralpower/samples/profiles/formats.h"
#include "neuralpower/samples/profiles/lines.h"

namespace neuralpower {
namespace {

using Fields = std::vector<std::string_view>;

// "mb1_ic3oc64_ih224oh112kh7": letters and the number behind them.
std::map<std::string, std::int64_t> sizes_of(std::string_view problem) {
  std::map<std::string, std::int64_t> sizes;
  std::string name;
  for (std::size_t i = 0; i < problem.size();) {
    const char c = problem[i];
    if (std::isalpha(static_cast<unsigned char>(c))) {
      name += c;
      ++i;
      continue;
    }
    const std::size_t end = problem.find_first_not_of("0123456789", i);
    const std::size_t length = (end == std::string_view::npos ? problem.size() : end) - i;
    if (length == 0) {
      name.clear();
      ++i;
      continue;
    }
    const auto value = parse_int(problem.substr(i, length));
    if (!value) throw bad_input("a size of " + std::to_string(length) + " digits");
    if (!name.empty()) sizes[name] = *value;
    name.clear();
    i += length;
  }
  return sizes;
}

// Sizes by name; those along w fall back on those along h.
class Problem {
 public:
  explicit Problem(std::string_view text) : sizes_(sizes_of(text)) {}
  std::int64_t get(const char* name, std::int64_t fallback) const {
    const auto found = sizes_.find(name);
    return found == sizes_.end() ? fallback : found->second;
  }
  std::int64_t need(const char* name) const {
    const auto found = sizes_.find(name);
    if (found == sizes_.end()) throw bad_input("the problem has no '" + std::string(name) + "'");
    return found->second;
  }
  Size2 both(const std::string& along, std::int64_t fallback) const {
    const std::int64_t h = get((along + "h").c_str(), fallback);
    return {h, get((along + "w").c_str(), h)};
  }

 private:
  std::map<std::string, std::int64_t> sizes_;
};

// Windows over volumes stay nodes without a layer text: the network tells what they are.
void expect_plane(const Problem& p) {
  if (p.get("id", 1) != 1 || p.get("kd", 1) != 1) throw bad_input("a window over a volume");
}

// N x C x H x W, or N x C x D x H x W.
Shape image_of(const Problem& p) {
  const Size2 in = p.both("i", 1);
  if (p.get("id", 1) == 1) return {p.need("mb"), p.need("ic"), in.h, in.w};
  return {p.need("mb"), p.need("ic"), p.need("id"), in.h, in.w};
}

// Padding behind is not in the text: it is what the output's size needs.
std::int64_t padding_behind(std::int64_t in, std::int64_t out, std::int64_t kernel,
                            std::int64_t stride, std::int64_t dilation, std::int64_t before) {
  const std::int64_t reach = (out - 1) * stride + (kernel - 1) * dilation + 1;
  const std::int64_t symmetric = (in + 2 * before - (kernel - 1) * dilation - 1) / stride + 1;
  if (stride > 0 && symmetric == out) return before;
  return std::max<std::int64_t>(0, reach - in - before);
}

Padding padding_of(const Problem& p, Size2 in, Size2 out, Size2 kernel, Size2 stride,
                   Size2 dilation) {
  const Size2 before = p.both("p", 0);
  return {before.h, before.w, padding_behind(in.h, out.h, kernel.h, stride.h, dilation.h, before.h),
          padding_behind(in.w, out.w, kernel.w, stride.w, dilation.w, before.w)};
}

constexpr std::int64_t kLargest = std::int64_t{1} << 31;

LayerConfig convolution_of(const Problem& p, const std::string& kind) {
  expect_plane(p);
  const Size2 in = p.both("i", 1), out = p.both("o", 1);
  const Size2 kernel = p.both("k", 1), stride = p.both("s", 1), holes = p.both("d", 0);
  for (const std::int64_t size : {in.h, in.w, out.h, out.w, kernel.h, kernel.w, stride.h, stride.w,
                                  holes.h, holes.w, p.need("mb"), p.need("ic"), p.need("oc")})
    if (size > kLargest) throw bad_input("a size of " + std::to_string(size) + " makes no sense");
  if (stride.h < 1 || stride.w < 1) throw bad_input("the stride is 0");
  const Size2 dilation{holes.h + 1, holes.w + 1};
  const Shape shape{p.need("mb"), p.need("ic"), in.h, in.w};
  if (kind == "deconvolution") {
    TransposedConvolution op;
    op.out_channels = p.need("oc");
    op.kernel = kernel;
    op.stride = stride;
    op.dilation = dilation;
    op.groups = p.get("g", 1);
    const Size2 before = p.both("p", 0);
    op.pad = {before.h, before.w, before.h, before.w};
    return make_layer_config(op, {shape});
  }
  Convolution op;
  op.out_channels = p.need("oc");
  op.kernel = kernel;
  op.stride = stride;
  op.dilation = dilation;
  op.groups = p.get("g", 1);
  op.pad = padding_of(p, in, out, kernel, stride, dilation);
  return make_layer_config(op, {shape});
}

LayerConfig pooling_of(const Problem& p, std::string_view attributes) {
  expect_plane(p);
  const Size2 in = p.both("i", 1), out = p.both("o", 1);
  const Size2 kernel = p.both("k", 1), stride = p.both("s", 1);
  if (stride.h < 1 || stride.w < 1) throw bad_input("the stride is 0");
  Pooling op;
  op.mode = attributes.find("max") != std::string_view::npos ? PoolMode::kMax : PoolMode::kAverage;
  op.kernel = kernel;
  op.stride = stride;
  op.pad = padding_of(p, in, out, kernel, stride, {1, 1});
  return make_layer_config(op, {Shape{p.need("mb"), p.need("ic"), in.h, in.w}});
}

Shape shape_of(std::string_view text) {
  const auto shape = Shape::parse(text);
  if (!shape || shape->empty()) throw bad_input("'" + printable(text, 60) + "' are no sizes");
  return *shape;
}

// "128x768:768x1000:128x1000", or with batches in front of the last two.
LayerConfig product_of(std::string_view problem) {
  const auto parts = split(problem, ':');
  if (parts.size() < 2) throw bad_input("a matmul has two operands");
  const Shape a = shape_of(parts[0]), b = shape_of(parts[1]);
  if (a.rank() < 2 || b.rank() < 2) throw bad_input("a matmul has matrices for operands");
  if (a.rank() == 2) return make_layer_config(FullyConnected{b.back()}, {a});
  const std::int64_t m = a[a.rank() - 2], k = a.back(), n = b.back();
  const std::int64_t batch = a.element_count() / std::max<std::int64_t>(1, m * k);
  return make_layer_config(MatMul{}, {Shape{batch, m, k}, Shape{batch, k, n}});
}

std::optional<ActivationMode> activation_of(std::string_view algorithm) {
  static const std::map<std::string_view, ActivationMode> kModes = {
      {"relu", ActivationMode::kRelu},
      {"tanh", ActivationMode::kTanh},
      {"elu", ActivationMode::kElu},
      {"logistic", ActivationMode::kSigmoid},
      {"bounded_relu", ActivationMode::kClip},
      {"clip", ActivationMode::kClip},
      {"clip_v2", ActivationMode::kClip},
      {"gelu_erf", ActivationMode::kGelu},
      {"gelu_tanh", ActivationMode::kGelu},
      {"swish", ActivationMode::kSilu},
      {"hardswish", ActivationMode::kHardSwish},
      {"hardsigmoid", ActivationMode::kHardSigmoid},
      {"exp", ActivationMode::kExp},
      {"sqrt", ActivationMode::kSqrt},
      {"pow", ActivationMode::kPow},
      {"abs", ActivationMode::kAbs},
      {"log", ActivationMode::kLog},
      {"mish", ActivationMode::kMish}};
  const std::size_t at = algorithm.find("eltwise_");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view name = algorithm.substr(at + 8);
  name = name.substr(0, name.find_first_of(": +;'"));
  const auto found = kModes.find(name);
  return found == kModes.end() ? std::nullopt : std::optional(found->second);
}

// "attr-post-ops:sum:1+eltwise_relu" or, before version 3, "post_ops:'sum:1;eltwise_relu;'".
std::vector<PostOp> steps_of(std::string_view attributes) {
  std::vector<PostOp> steps;
  const std::size_t begin = attributes.find("post");
  if (begin == std::string_view::npos) return steps;
  std::string_view list = attributes.substr(begin);
  const std::size_t colon = list.find(':');
  if (colon == std::string_view::npos) return steps;
  list = list.substr(colon + 1, list.find(' ') - colon - 1);
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find_first_of("+;'", at), list.size());
    const std::string_view step = list.substr(at, end - at);
    at = end + 1;
    if (step.starts_with("sum") || step.starts_with("binary_add")) {
      steps.push_back({PostOp::Kind::kAdd, {}});
    } else if (step.starts_with("binary_mul")) {
      steps.push_back({PostOp::Kind::kMul, {}});
    } else if (const auto mode = activation_of(step)) {
      steps.push_back({PostOp::Kind::kActivation, *mode});
    }
  }
  return steps;
}

std::optional<LayerConfig> layer_of(const std::string& kind, std::string_view algorithm,
                                    std::string_view problem) {
  if (kind == "convolution" || kind == "deconvolution") {
    return convolution_of(Problem(problem), kind);
  } else if (kind.starts_with("pooling")) {
    return pooling_of(Problem(problem), algorithm);
  } else if (kind == "inner_product") {
    const Problem p(problem);
    const Shape whole = image_of(p);
    const bool flat = whole.element_count_from(2) == 1;
    const Shape shape = flat ? Shape{whole[0], whole[1]} : whole;
    return make_layer_config(FullyConnected{p.need("oc")}, {shape});
  } else if (kind == "matmul") {
    return product_of(problem);
  } else if (kind == "eltwise") {
    const auto mode = activation_of(algorithm);
    if (!mode) return std::nullopt;
    return make_layer_config(Activation{*mode}, {shape_of(problem)});
  } else if (kind == "batch_normalization" || kind == "lrn") {
    const Problem p(problem);
    return make_layer_config(
        Normalization{kind == "lrn" ? NormMode::kLocalResponse : NormMode::kBatch,
                      kind == "lrn" ? p.get("ls", 5) : 0},
        {image_of(p)});
  } else if (kind == "layer_normalization") {
    return make_layer_config(Normalization{NormMode::kLayer, 0}, {shape_of(problem)});
  } else if (kind.starts_with("softmax") || kind.starts_with("logsoftmax")) {
    return make_layer_config(Softmax{}, {shape_of(problem)});
  } else if (kind == "reorder") {
    const Shape shape = shape_of(problem);
    return make_layer_config(DataMovement{MoveMode::kReorder, shape}, {shape});
  } else if (kind == "binary" || kind == "sum") {
    const auto operands = split_blanks(split(problem, ':').front());
    if (operands.empty()) return std::nullopt;
    const bool mul = algorithm.find("binary_mul") != std::string_view::npos;
    return make_layer_config(Elementwise{mul ? ElementwiseMode::kMul : ElementwiseMode::kAdd, 2, 0},
                             {shape_of(operands.front())});
  } else if (kind == "concat") {
    std::vector<Shape> inputs;
    const auto parts = split(problem, ':');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
      if (!parts[i].empty()) inputs.push_back(shape_of(parts[i]));
    if (inputs.empty()) return std::nullopt;
    const Shape out = shape_of(parts.back());
    std::int64_t axis = 1;
    for (std::size_t i = 0; i < std::min(out.rank(), inputs[0].rank()); ++i)
      if (inputs[0][i] != out[i]) axis = static_cast<std::int64_t>(i);
    return make_layer_config(Concat{axis}, inputs);
  }
  return std::nullopt;
}

bool is_verbose_line(std::string_view line) {
  for (std::string_view prefix : {"onednn_verbose,", "dnnl_verbose,", "mkldnn_verbose,"})
    if (line.starts_with(prefix)) return true;
  return false;
}

class Reader {
 public:
  void take(std::string_view line) {
    if (!is_verbose_line(line)) return;  // what the program itself printed
    const Fields f = split(line, ',');
    // exec, engine, kind, implementation, propagation, memory, attributes, algorithm, problem, time
    const auto exec = std::find_if(f.begin(), f.end(), [](std::string_view word) {
      return word == "exec" || word.starts_with("exec:");
    });
    if (exec == f.end()) return;
    const auto left = f.end() - exec;
    if (left < 10) throw bad_input("the line is cut off");
    const std::string kind(exec[2]);
    const std::string_view attributes = exec[6], algorithm = exec[7], problem = *(f.end() - 2);
    const auto time = parse_double(trim(f.back()));
    if (!time || *time < 0 || *time > 1e8)
      throw bad_input("'" + printable(f.back(), 40) + "' is no time in ms");
    ProfileEvent event;
    event.name = kind + " " + std::string(problem);
    event.op = kind;
    try {
      event.layer = layer_of(kind, algorithm, problem);
      if (event.layer) event.layer->post = steps_of(attributes);
    } catch (const Error& error) {
      ++not_understood_;
      if (why_.empty()) why_ = std::string(problem) + ": " + error.message();
    }
    std::string key;
    for (auto field = exec + 1; field + 1 != f.end(); ++field) key += std::string(*field) + ",";
    nodes_.add(std::move(key), std::move(event), milliseconds(*time));
  }

  Profile finish() {
    Profile profile;
    profile.software = "oneDNN";
    profile.in_order = true;
    std::size_t left_out = 0;
    profile.events = nodes_.finish(left_out);
    if (left_out > 0)
      profile.notes.push_back(std::to_string(left_out) + " lines before the first whole run");
    if (not_understood_ > 0)
      profile.notes.push_back(std::to_string(not_understood_) + " lines not understood (" + why_ +
                              ")");
    return profile;
  }

 private:
  RepeatedNodes nodes_;
  std::size_t not_understood_ = 0;
  std::string why_;
};

}  // namespace

bool is_onednn_profile(std::string_view beginning) {
  for (std::string_view word : {"onednn_verbose,", "dnnl_verbose,", "mkldnn_verbose,"})
    if (beginning.find(word) != std::string_view::npos) return true;
  return false;
}

Profile read_onednn_profile(std::istream& in) {
  Reader reader;
  for_each_line(in, [&](std::string_view line) { reader.take(line); });
  return reader.finish();
}

}  // namespace neuralpower
