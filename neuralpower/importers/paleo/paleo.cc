// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/paleo/paleo.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/graph/network_builder.h"
#include "neuralpower/importers/paleo/json_tree.h"
#include "neuralpower/importers/paleo/paleo_graph.h"
#include "neuralpower/network/mode_names.h"

namespace neuralpower {
namespace {

constexpr std::int64_t kLargestSize = std::int64_t{1} << 40;  // leaves room for sums

std::int64_t to_size(const JsonValue& value, const char* key) {
  std::int64_t size = 0;
  if (value.whole() != nullptr) {
    size = *value.whole();
  } else if (value.real() != nullptr && std::abs(*value.real()) < 1e12 &&
             *value.real() == std::floor(*value.real())) {
    size = static_cast<std::int64_t>(*value.real());
  } else {
    throw bad_input("'" + std::string(key) + "' is no whole number, or too large");
  }
  if (size < -1 || size > kLargestSize)
    throw bad_input("'" + std::string(key) + "' is out of range: " + std::to_string(size));
  return size;
}

std::vector<std::int64_t> sizes(const JsonValue& layer, const char* key, std::size_t count = 0) {
  const JsonValue* value = layer.find(key);
  if (value == nullptr || value->array() == nullptr)
    throw bad_input("the layer needs a list '" + std::string(key) + "'");
  const JsonValue::Array& items = *value->array();
  if (count != 0 && items.size() != count)
    throw bad_input("'" + std::string(key) + "' has " + std::to_string(items.size()) +
                    " numbers; it needs " + std::to_string(count));
  if (items.empty() || items.size() > 16)
    throw bad_input("'" + std::string(key) + "' is no list of sizes");
  std::vector<std::int64_t> result;
  for (const JsonValue& item : items) result.push_back(to_size(item, key));
  return result;
}

// Batch x height x width x channels as batch x channels x height x width; other ranks as they are.
Shape from_paleo(const std::vector<std::int64_t>& s) {
  return s.size() == 4 ? Shape{s[0], s[3], s[1], s[2]} : Shape(s);
}

std::int64_t axis_from_paleo(std::int64_t dim, std::size_t rank) {
  const auto n = static_cast<std::int64_t>(rank);
  if (dim < 0) dim += n;
  if (dim < 0 || dim >= n) throw bad_input("'dim' is no axis of the input");
  static constexpr std::array<std::int64_t, 4> kAxes = {0, 2, 3, 1};
  return rank == 4 ? kAxes[static_cast<std::size_t>(dim)] : dim;
}

// Kernel, stride and padding of a sliding window over `in`.
struct Window {
  Size2 kernel, stride;
  Padding pad;
};

// Padding before and after that gives ceil(in / stride) outputs.
std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t in, std::int64_t kernel,
                                                   std::int64_t stride) {
  if (stride < 1 || kernel < 1) return {0, 0};  // the shape inference says what is wrong
  const std::int64_t out = ceil_div(in, stride);
  const std::int64_t total =
      std::max<std::int64_t>(checked_add(checked_mul(out - 1, stride), kernel) - in, 0);
  return {total / 2, total - total / 2};
}

Window read_window(const JsonValue& layer, Size2 kernel, std::int64_t height, std::int64_t width) {
  const std::vector<std::int64_t> strides = sizes(layer, "strides", 4);
  Window window{kernel, {strides[1], strides[2]}, {}};
  const JsonValue* padding = layer.find("padding");
  if (padding != nullptr && padding->array() != nullptr) {
    const std::vector<std::int64_t> pad = sizes(layer, "padding", 2);
    window.pad = {pad[0], pad[1], pad[0], pad[1]};
    return window;
  }
  const std::string& name = paleo_text(layer, "padding");
  if (name == "SAME") {
    const auto [top, bottom] = same_padding(height, kernel.h, window.stride.h);
    const auto [left, right] = same_padding(width, kernel.w, window.stride.w);
    window.pad = {top, left, bottom, right};
  } else if (name != "VALID") {
    throw bad_input("padding '" + name + "' is not VALID, SAME or [h, w]");
  }
  return window;
}

class PaleoReader {
 public:
  PaleoReader(std::string_view name, const ImportOptions& options)
      : builder_(std::string(name), options) {}

  Network read(const JsonValue& layers) {
    for (const PaleoNode& node : unfold_paleo(layers)) {
      try {
        outputs_.push_back(add(node));
      } catch (Error& error) {
        error.in_node(node.name);
        throw;
      }
    }
    if (builder_.network().layers.empty()) throw bad_input("the network has no layer");
    return builder_.finish();
  }

 private:
  struct Source {
    const PaleoNode& node;
    const JsonValue& layer;
    const std::string& type;
    std::vector<TensorId> inputs;
  };

  TensorId add(const PaleoNode& node) {
    Source source{node, *node.layer, paleo_text(*node.layer, "type"), {}};
    for (int parent : node.parents)
      source.inputs.push_back(outputs_[static_cast<std::size_t>(parent)]);
    if (source.type == "Input") return add_input(source);
    if (source.inputs.empty()) throw bad_input("the layer has no parents");
    struct Row {
      std::string_view type;
      TensorId (PaleoReader::*add)(const Source&);
    };
    static constexpr Row kRows[] = {
        {"Convolution", &PaleoReader::add_convolution},
        {"Deconvolution", &PaleoReader::add_deconvolution},
        {"Pooling", &PaleoReader::add_pooling},
        {"AvgPool", &PaleoReader::add_pooling},
        {"InnerProduct", &PaleoReader::add_inner_product},
        {"Dropout", &PaleoReader::add_dropout},
        {"Concatenate", &PaleoReader::add_concat},
        {"Elementwise", &PaleoReader::add_elementwise},
        {"Softmax", &PaleoReader::add_softmax},
        {"Reshape", &PaleoReader::add_reshape},
        {"UpSampling2D", &PaleoReader::add_upsampling},
        {"LRN", &PaleoReader::add_norm},
        {"BatchNorm", &PaleoReader::add_norm},
    };
    for (const Row& row : kRows)
      if (row.type == source.type) return (this->*row.add)(source);
    return add_generic(source);
  }

  const Shape& only_input(const Source& source) const {
    if (source.inputs.size() != 1)
      throw bad_input("a " + source.type + " has one parent, not " +
                      std::to_string(source.inputs.size()));
    return builder_.shape(source.inputs[0]);
  }

  const Shape& only_image(const Source& source) const {
    const Shape& shape = only_input(source);
    if (shape.rank() != 4)
      throw bad_input("a " + source.type + " needs an image, not " + shape.to_string());
    return shape;
  }

  TensorId add_layer(const Source& source, Op op, bool bias = false) {
    return builder_.add(source.node.name, source.type, std::move(op), source.inputs, bias);
  }

  TensorId add_input(const Source& source) {
    if (!source.inputs.empty()) throw bad_input("an Input has no parents");
    const Shape shape = from_paleo(sizes(source.layer, "tensor"));
    if (shape.rank() < 2) throw bad_input("'tensor' is batch, height, width, channels");
    if (builder_.network().inputs.empty()) files_batch_ = shape[0];
    return builder_.add_input(source.node.name, shape);
  }

  TensorId add_convolution(const Source& source) {
    const Shape& in = only_image(source);
    const std::vector<std::int64_t> filter = sizes(source.layer, "filter", 4);
    if (filter[2] != -1 && filter[2] != in[1])
      throw bad_input("the filter is for " + std::to_string(filter[2]) +
                      " channels, but its parent has " + std::to_string(in[1]));
    const Window window = read_window(source.layer, {filter[0], filter[1]}, in[2], in[3]);
    Convolution op;
    op.out_channels = filter[3] / source.node.splits;
    op.kernel = window.kernel;
    op.stride = window.stride;
    op.pad = window.pad;
    return add_layer(source, op, true);
  }

  // Described by the convolution it reverses: filter kh, kw, output channels, input channels, and
  // the output's whole shape.
  TensorId add_deconvolution(const Source& source) {
    const Shape& in = only_image(source);
    const std::vector<std::int64_t> filter = sizes(source.layer, "filter", 4);
    const Shape out = from_paleo(sizes(source.layer, "output_shape", 4));
    if (filter[3] != -1 && filter[3] != in[1])
      throw bad_input("the filter is for " + std::to_string(filter[3]) +
                      " channels, but its parent has " + std::to_string(in[1]));
    if (filter[2] != -1 && filter[2] != out[1])
      throw bad_input("the filter gives " + std::to_string(filter[2]) +
                      " channels, but 'output_shape' has " + std::to_string(out[1]));
    const Window window = read_window(source.layer, {filter[0], filter[1]}, out[2], out[3]);
    TransposedConvolution op;
    op.out_channels = out[1];
    op.kernel = window.kernel;
    op.stride = window.stride;
    op.pad = window.pad;
    // What the strides of the reversed convolution leave over of its input.
    const auto missing = [](std::int64_t to, std::int64_t from, std::int64_t kernel,
                            std::int64_t stride, std::int64_t pad) {
      const std::int64_t reached = checked_add(checked_mul(from - 1, stride), kernel) - pad;
      return to - reached;
    };
    op.output_pad = {missing(out[2], in[2], op.kernel.h, op.stride.h, op.pad.top + op.pad.bottom),
                     missing(out[3], in[3], op.kernel.w, op.stride.w, op.pad.left + op.pad.right)};
    if (op.output_pad.h < 0 || op.output_pad.h >= std::max<std::int64_t>(op.stride.h, 1) ||
        op.output_pad.w < 0 || op.output_pad.w >= std::max<std::int64_t>(op.stride.w, 1))
      throw bad_input("a convolution of 'output_shape' does not give the parent's " +
                      in.to_string());
    return add_layer(source, op, true);
  }

  TensorId add_pooling(const Source& source) {
    const Shape& in = only_image(source);
    const std::vector<std::int64_t> ksize = sizes(source.layer, "ksize", 4);
    const Window window = read_window(source.layer, {ksize[1], ksize[2]}, in[2], in[3]);
    Pooling op;
    op.mode = source.type == "AvgPool" ? PoolMode::kAverage : PoolMode::kMax;
    op.kernel = window.kernel;
    op.stride = window.stride;
    op.pad = window.pad;
    return add_layer(source, op);
  }

  TensorId add_inner_product(const Source& source) {
    only_input(source);
    const JsonValue* outputs = source.layer.find("num_outputs");
    if (outputs == nullptr) throw bad_input("an InnerProduct needs 'num_outputs'");
    return add_layer(source, FullyConnected{to_size(*outputs, "num_outputs")}, true);
  }

  TensorId add_dropout(const Source& source) {
    only_input(source);
    Dropout op;
    if (const JsonValue* keep = source.layer.find("dropout_keep_prob")) {
      if (keep->real() != nullptr) op.keep = *keep->real();
      if (keep->whole() != nullptr) op.keep = static_cast<double>(*keep->whole());
    }
    return add_layer(source, op);
  }

  TensorId add_concat(const Source& source) {
    const JsonValue* dim = source.layer.find("dim");
    if (dim == nullptr || dim->whole() == nullptr)
      throw bad_input("a Concatenate needs a whole number 'dim'");
    const std::size_t rank = builder_.shape(source.inputs[0]).rank();
    return add_layer(source, Concat{axis_from_paleo(*dim->whole(), rank)});
  }

  TensorId add_elementwise(const Source& source) {
    const Shape& first = builder_.shape(source.inputs[0]);
    for (TensorId input : source.inputs)
      if (builder_.shape(input) != first)
        throw bad_input("combines " + first.to_string() + " and " +
                        builder_.shape(input).to_string());
    Elementwise op;
    op.inputs = static_cast<std::int64_t>(source.inputs.size());
    return builder_.add_config(source.node.name, source.type, make_layer_config(op, {first}),
                               source.inputs);
  }

  TensorId add_softmax(const Source& source) {
    const Shape& in = only_input(source);
    // Over the channels; an image of one pixel is a plain row of classes, as in Paleo.
    const bool one_pixel = in.rank() == 4 && in[2] == 1 && in[3] == 1;
    if (one_pixel)
      return builder_.add_config(source.node.name, source.type,
                                 make_layer_config(Softmax{}, {Shape{in[0], in[1]}}),
                                 source.inputs);
    return add_layer(source, Softmax{in.rank() == 4 ? 1 : -1});
  }

  TensorId add_reshape(const Source& source) {
    const Shape& in = only_input(source);
    std::vector<std::int64_t> to = sizes(source.layer, "output_shape");
    // A batch that the file spells out follows the batch that the user wants.
    if (to[0] == -1 || to[0] == files_batch_) to[0] = in.empty() ? 1 : in[0];
    if (to.size() > 1 && to.back() == -1) {
      to.back() = 1;
      const std::int64_t others = Shape(to).element_count();
      if (others < 1) throw bad_input("'output_shape' is empty");
      to.back() = in.element_count() / others;
    }
    return add_layer(source, View{from_paleo(to)});
  }

  TensorId add_upsampling(const Source& source) {
    const Shape& in = only_image(source);
    const std::vector<std::int64_t> ksize = sizes(source.layer, "ksize", 4);
    if (ksize[1] < 1 || ksize[2] < 1) throw bad_input("'ksize' must be at least 1");
    return add_layer(
        source, DataMovement{MoveMode::kResize, Shape{in[0], in[1], checked_mul(in[2], ksize[1]),
                                                      checked_mul(in[3], ksize[2])}});
  }

  TensorId add_norm(const Source& source) {
    only_input(source);
    return add_layer(
        source,
        Normalization{source.type == "LRN" ? NormMode::kLocalResponse : NormMode::kBatch, 0});
  }

  // Paleo does not know the layer, and takes for granted that it keeps its input's shape.
  TensorId add_generic(const Source& source) {
    const auto mode = find_mode<ActivationMode>(kActivationModes, to_lower(source.type));
    if (mode && source.inputs.size() == 1 && builder_.tensor(source.inputs[0]).shape_known)
      return add_layer(source, Activation{*mode});
    const Tensor& first = builder_.tensor(source.inputs[0]);
    const Shape shape = first.shape;
    const bool known = first.shape_known;
    const TensorId output = builder_.add_unsupported(
        source.node.name, source.type, "not among Paleo's layer types", source.inputs);
    if (known) builder_.set_shape(output, shape);
    return output;
  }

  NetworkBuilder builder_;
  std::vector<TensorId> outputs_;  // by the node's position
  std::int64_t files_batch_ = 1;
};

}  // namespace

Network parse_paleo(std::string_view text, std::string_view name, const ImportOptions& options) {
  const JsonValue document = JsonValue::parse(text);
  const JsonValue* layers = document.find("layers");
  if (layers == nullptr || layers->object() == nullptr)
    throw bad_input("JSON, but no network of Paleo's: that is an object with 'layers'");
  const JsonValue* title = document.find("name");
  const bool named = title != nullptr && title->text() != nullptr && !title->text()->empty();
  return PaleoReader(named ? *title->text() : name, options).read(*layers);
}

Network import_paleo(const std::filesystem::path& file, const ImportOptions& options) {
  return parse_paleo(read_file(file, kLargestNetworkText), file.stem().string(), options);
}

}  // namespace neuralpower
