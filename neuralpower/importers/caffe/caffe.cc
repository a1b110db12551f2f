// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/caffe/caffe.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "neuralpower/base/checked.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/caffe/caffe_inputs.h"
#include "neuralpower/importers/caffe/caffe_layer.h"
#include "neuralpower/importers/caffe/caffe_ops.h"
#include "neuralpower/importers/caffe/text_format.h"
#include "neuralpower/importers/graph/network_builder.h"

namespace neuralpower {
namespace {

constexpr TensorId kLabels = -1;  // stands for tensors that only losses and accuracies read

bool is_for_training(const std::string& type) {
  return type == "Accuracy" || type == "Silence" || type == "HDF5Output" || type.ends_with("Loss");
}

struct NamedActivation {
  std::string_view type;
  ActivationMode mode;
};
constexpr NamedActivation kActivations[] = {
    {"ReLU6", ActivationMode::kClip},     {"Sigmoid", ActivationMode::kSigmoid},
    {"TanH", ActivationMode::kTanh},      {"ELU", ActivationMode::kElu},
    {"AbsVal", ActivationMode::kAbs},     {"BNLL", ActivationMode::kSoftplus},
    {"Exp", ActivationMode::kExp},        {"Log", ActivationMode::kLog},
    {"Power", ActivationMode::kPow},      {"Swish", ActivationMode::kSilu},
    {"Threshold", ActivationMode::kSign}, {"Clip", ActivationMode::kClip},
};

class CaffeReader {
 public:
  CaffeReader(std::string_view name, const ImportOptions& options)
      : builder_(std::string(name), options), options_(options) {}

  Network read(const TextMessage& net) {
    for (const auto& [name, shape] : declared_inputs(net)) add_input(name, shape);
    const std::vector<CaffeLayer> layers = caffe_layers(net);
    for (const CaffeLayer& layer : layers)
      if (layer.takes_part)
        for (const std::string& bottom : layer.bottoms) ++readers_[bottom];
    for (const CaffeLayer& layer : layers) {
      try {
        if (layer.takes_part)
          add(layer);
        else
          skip(layer, "its rules keep it out of the phase TEST");
      } catch (Error& error) {
        error.in_node(layer.name);
        throw;
      }
    }
    if (builder_.network().layers.empty()) throw bad_input("the network has no layer");
    return builder_.finish();
  }

 private:
  struct Source {
    const CaffeLayer& layer;
    std::vector<TensorId> inputs;
    const TextMessage& params(std::string_view name) const { return layer.params(name); }
  };

  // ---- Inputs and blobs ---------------------------------------------------------------------

  void add_input(const std::string& name, const std::optional<Shape>& in_file) {
    const auto users = options_.shapes.find(name);
    if (!in_file && users == options_.shapes.end())
      throw bad_input("the file does not say how large its images are; give --shape " + name +
                      "=NxCxHxW");
    const Shape shape = in_file ? *in_file : users->second;
    if (builder_.network().inputs.empty() && !shape.empty()) files_batch_ = shape[0];
    define(name, builder_.add_input(name, shape));
  }

  void add_data_layer(const CaffeLayer& layer) {
    std::vector<std::optional<Shape>> shapes = data_shapes(layer);
    shapes.resize(layer.tops.size());
    for (std::size_t i = 0; i < layer.tops.size(); ++i) {
      // Behind the images stand labels, unless the layer gives them a shape of their own.
      if (i > 0 && !has_own_shapes(layer)) {
        define(layer.tops[i], kLabels);
      } else {
        add_input(layer.tops[i], shapes[i]);
      }
    }
  }

  // A layer in place gives its blob a new value; otherwise a name has one writer.
  void define(const std::string& blob, TensorId tensor, bool in_place = false) {
    if (!in_place && blobs_.contains(blob))
      throw bad_input("blob '" + blob + "' is written by two layers");
    blobs_[blob] = tensor;
  }

  TensorId find(const std::string& blob) {
    const auto found = blobs_.find(blob);
    if (found != blobs_.end()) return found->second;
    // The user's shape for something that no layer of this phase writes makes it an input.
    if (options_.shapes.contains(blob)) {
      add_input(blob, std::nullopt);
      return blobs_[blob];
    }
    throw bad_input("reads '" + blob +
                    "', which no layer above writes at test time; if it is an "
                    "input, give --shape " +
                    blob + "=NxCxHxW");
  }

  void define_top(const CaffeLayer& layer, std::size_t index, TensorId tensor) {
    if (index >= layer.tops.size()) return;
    const std::string& top = layer.tops[index];
    const bool in_place =
        std::find(layer.bottoms.begin(), layer.bottoms.end(), top) != layer.bottoms.end();
    define(top, tensor, in_place);
  }

  // ---- Layers -------------------------------------------------------------------------------

  void skip(const CaffeLayer& layer, std::string reason) const {
    if (options_.on_skipped) options_.on_skipped({layer.name, layer.type, std::move(reason)});
  }

  void add(const CaffeLayer& layer) {
    if (is_data_layer(layer)) {
      if (layer.type != "Input") skip(layer, "it loads data; what it gives are inputs or labels");
      return add_data_layer(layer);
    }
    Source source{layer, {}};
    bool reads_labels = false;
    for (const std::string& bottom : layer.bottoms) {
      source.inputs.push_back(find(bottom));
      reads_labels = reads_labels || source.inputs.back() == kLabels;
    }
    const bool computes =  // at test time too: the function before the loss
        layer.type == "SoftmaxWithLoss" || layer.type == "SigmoidCrossEntropyLoss";
    if (computes && (source.inputs.empty() || source.inputs[0] != kLabels)) {
      if (source.inputs.size() > 1)  // without the labels
        source.inputs.erase(source.inputs.begin() + 1, source.inputs.end());
    } else if (is_for_training(layer.type) || reads_labels) {
      for (std::size_t i = 0; i < layer.tops.size(); ++i) define_top(layer, i, kLabels);
      return skip(layer, reads_labels ? "it reads labels" : "only training needs it");
    }
    add_computing(source);
  }

  void add_computing(Source& source) {
    const CaffeLayer& layer = source.layer;
    if (source.inputs.empty())
      return add_unsupported(source, "a " + layer.type + " layer without inputs is not known");
    for (std::size_t i = 0; i < source.inputs.size(); ++i)
      if (!builder_.tensor(source.inputs[i]).shape_known)
        return add_unsupported(
            source, "reads '" + printable(layer.bottoms[i], 100) + "', whose shape is not known");
    struct Row {
      std::string_view type;
      void (CaffeReader::*add)(Source&);
    };
    static constexpr Row kRows[] = {
        {"Convolution", &CaffeReader::add_convolution},
        {"ConvolutionDepthwise", &CaffeReader::add_convolution},
        {"DepthwiseConvolution", &CaffeReader::add_convolution},
        {"Deconvolution", &CaffeReader::add_deconvolution},
        {"InnerProduct", &CaffeReader::add_inner_product},
        {"Pooling", &CaffeReader::add_pooling},
        {"LRN", &CaffeReader::add_lrn},
        {"BatchNorm", &CaffeReader::add_batch_norm},
        {"BN", &CaffeReader::add_batch_norm},
        {"Scale", &CaffeReader::add_scale},
        {"Bias", &CaffeReader::add_bias},
        {"MVN", &CaffeReader::add_mvn},
        {"Normalize", &CaffeReader::add_normalize},
        {"ReLU", &CaffeReader::add_relu},
        {"PReLU", &CaffeReader::add_prelu},
        {"Eltwise", &CaffeReader::add_eltwise},
        {"Axpy", &CaffeReader::add_axpy},
        {"Concat", &CaffeReader::add_concat},
        {"Slice", &CaffeReader::add_slice},
        {"Split", &CaffeReader::add_split},
        {"Dropout", &CaffeReader::add_dropout},
        {"Softmax", &CaffeReader::add_softmax},
        {"SoftmaxWithLoss", &CaffeReader::add_softmax},
        {"SigmoidCrossEntropyLoss", &CaffeReader::add_sigmoid},
        {"Flatten", &CaffeReader::add_flatten},
        {"Reshape", &CaffeReader::add_reshape},
        {"Crop", &CaffeReader::add_crop},
        {"Permute", &CaffeReader::add_permute},
        {"ShuffleChannel", &CaffeReader::add_shuffle},
        {"Interp", &CaffeReader::add_interp},
        {"Upsample", &CaffeReader::add_upsample},
        {"ArgMax", &CaffeReader::add_arg_max},
        {"Reduction", &CaffeReader::add_reduction},
        {"Tile", &CaffeReader::add_tile},
        {"Embed", &CaffeReader::add_embed},
        {"LSTM", &CaffeReader::add_recurrent},
        {"RNN", &CaffeReader::add_recurrent},
    };
    for (const Row& row : kRows)
      if (row.type == layer.type) return (this->*row.add)(source);
    for (const NamedActivation& row : kActivations)
      if (row.type == layer.type) return add_op(source, Activation{row.mode});
    add_unsupported(source, "no layer type that is known here");
  }

  const Shape& in(const Source& source) const { return builder_.shape(source.inputs[0]); }

  void add_op(Source& source, Op op, bool bias = false) {
    if (source.inputs.size() != 1)
      throw bad_input("a " + source.layer.type + " layer has one bottom, not " +
                      std::to_string(source.inputs.size()));
    define_top(
        source.layer, 0,
        builder_.add(source.layer.name, source.layer.type, std::move(op), source.inputs, bias));
  }

  // A layer whose configuration does not follow from its inputs' shapes.
  TensorId add_config(Source& source, Op op, std::vector<Shape> shapes, bool bias = false) {
    const TensorId output = builder_.add_config(source.layer.name, source.layer.type,
                                                make_layer_config(std::move(op), std::move(shapes)),
                                                source.inputs, bias);
    define_top(source.layer, 0, output);
    return output;
  }

  void set_params(std::int64_t params) { builder_.network().layers.back().params = params; }

  void add_unsupported(Source& source, const std::string& reason) {
    const CaffeLayer& layer = source.layer;
    define_top(layer, 0, builder_.add_unsupported(layer.name, layer.type, reason, source.inputs));
    for (std::size_t i = 1; i < layer.tops.size(); ++i) {
      const TensorId output = builder_.add_output(layer.tops[i], Shape());
      builder_.set_shape(output, std::nullopt);
      define_top(layer, i, output);
    }
  }

  void add_convolution(Source& source) {
    const TextMessage& params = source.params("convolution_param");
    const bool depthwise = source.layer.type != "Convolution";
    const Convolution op = read_convolution(params, in(source), depthwise);
    if (source.layer.tops.size() <= 1) return add_op(source, op, params.flag("bias_term", true));
    // One filter for several images at once: as many layers.
    if (source.layer.tops.size() != source.layer.bottoms.size())
      throw bad_input("has " + std::to_string(source.layer.bottoms.size()) + " bottoms and " +
                      std::to_string(source.layer.tops.size()) + " tops");
    for (std::size_t i = 0; i < source.inputs.size(); ++i) {
      define_top(source.layer, i,
                 builder_.add(source.layer.name, source.layer.type, op, {source.inputs[i]},
                              params.flag("bias_term", true)));
      if (i > 0) set_params(0);  // shared with the first
    }
  }

  void add_deconvolution(Source& source) {
    const TextMessage& params = source.params("convolution_param");
    add_op(source, read_deconvolution(params), params.flag("bias_term", true));
  }

  void add_inner_product(Source& source) {
    const TextMessage& params = source.params("inner_product_param");
    const auto outputs = params.whole("num_output");
    if (!outputs) throw bad_input("the layer needs 'num_output'");
    const bool bias = params.flag("bias_term", true);
    const Shape shape = in(source);
    const std::size_t axis = read_axis(params, "axis", 1, shape);
    if (axis <= 1) {
      if (axis == 0) throw bad_input("an inner product over the batch is not known");
      return add_op(source, FullyConnected{*outputs}, bias);
    }
    // The axes before `axis` are all rows of the product.
    Shape out(std::vector<std::int64_t>(shape.begin(),
                                        shape.begin() + static_cast<std::ptrdiff_t>(axis)));
    const Shape flat{out.element_count(), shape.element_count_from(axis)};
    const TensorId output = add_config(source, FullyConnected{*outputs}, {flat}, bias);
    std::vector<std::int64_t> sizes = out.sizes();
    sizes.push_back(*outputs);
    builder_.set_shape(output, Shape(std::move(sizes)));
  }

  void add_pooling(Source& source) {
    add_op(source, read_pooling(source.params("pooling_param"), in(source)));
  }

  void add_lrn(Source& source) { add_op(source, read_lrn(source.params("lrn_param"))); }

  void add_batch_norm(Source& source) {
    add_op(source, Normalization{NormMode::kBatch, 0});
    // BatchNorm only normalises; scale and shift are a Scale layer's. BN has all in one.
    if (source.layer.type == "BatchNorm") set_params(0);
  }

  // The number of values that a Scale or Bias layer learns.
  static std::int64_t scale_size(const TextMessage& params, const Shape& shape) {
    const std::size_t axis = read_axis(params, "axis", 1, shape);
    const std::int64_t axes = params.whole("num_axes").value_or(1);
    if (axes < -1 || axes > static_cast<std::int64_t>(shape.rank() - axis))
      throw bad_input("'num_axes' does not fit the input " + shape.to_string());
    const std::size_t end = axes == -1 ? shape.rank() : axis + static_cast<std::size_t>(axes);
    std::int64_t size = 1;
    for (std::size_t k = axis; k < end; ++k) size = checked_mul(size, shape[k]);
    return size;
  }

  void add_scale(Source& source) {
    const Shape shape = in(source);
    if (source.inputs.size() == 2)  // scaled by another tensor, such as the gate of squeeze-excite
      return void(add_config(
          source, Elementwise{ElementwiseMode::kMul, 2, builder_.shape(source.inputs[1]) != shape},
          {shape}));
    const TextMessage& params = source.params("scale_param");
    const bool bias = params.flag("bias_term", false);
    const std::int64_t learned = checked_mul(scale_size(params, shape), bias ? 2 : 1);
    if (merges_with_batch_norm(source)) {
      Layer& norm = builder_.network().layers.back();
      norm.source_op = "BatchNorm+Scale";
      norm.params = learned;
      return define_top(source.layer, 0, source.inputs[0]);
    }
    const bool per_channel = shape.rank() >= 2 && scale_size(params, shape) == shape[1];
    if (bias && per_channel) {
      add_op(source, Normalization{NormMode::kBatch, 0});  // the same work: scale and shift
    } else {
      add_config(source, Elementwise{ElementwiseMode::kMul, 2, 1}, {shape});
    }
    set_params(learned);
  }

  // Whether the layer before is a batch norm whose result nobody but this Scale reads.
  bool merges_with_batch_norm(const Source& source) {
    const Network& network = builder_.network();
    if (network.layers.empty()) return false;
    const Layer& last = network.layers.back();
    const std::string& bottom = source.layer.bottoms[0];
    const bool in_place = !source.layer.tops.empty() && source.layer.tops[0] == bottom;
    return last.source_op == "BatchNorm" && last.outputs[0] == source.inputs[0] &&
           (in_place || readers_[bottom] == 1);
  }

  void add_bias(Source& source) {
    const Shape shape = in(source);
    const bool learned = source.inputs.size() == 1;
    add_config(
        source,
        Elementwise{ElementwiseMode::kAdd, 2, learned || builder_.shape(source.inputs[1]) != shape},
        {shape});
    if (learned) set_params(scale_size(source.params("bias_param"), shape));
  }

  void add_mvn(Source& source) {
    const bool across = source.params("mvn_param").flag("across_channels", false);
    add_op(source, Normalization{across ? NormMode::kLayer : NormMode::kInstance, 0});
    set_params(0);
  }

  void add_normalize(Source& source) {
    add_op(source, Normalization{NormMode::kRms, 0});
    const Shape& shape = in(source);
    set_params(source.params("norm_param").flag("channel_shared", true) ? 1 : shape[1]);
  }

  void add_relu(Source& source) {
    const double slope = source.params("relu_param").real("negative_slope").value_or(0);
    add_op(source, Activation{slope == 0 ? ActivationMode::kRelu : ActivationMode::kLeakyRelu});
  }

  void add_prelu(Source& source) {
    const Shape shape = in(source);
    if (shape.rank() < 2) throw bad_input("needs channels, not " + shape.to_string());
    add_op(source, Activation{ActivationMode::kPRelu});
    set_params(source.params("prelu_param").flag("channel_shared", false) ? 1 : shape[1]);
  }

  void add_sigmoid(Source& source) { add_op(source, Activation{ActivationMode::kSigmoid}); }

  void add_eltwise(Source& source) {
    const Shape shape = in(source);
    for (TensorId input : source.inputs)
      if (builder_.shape(input) != shape)
        throw bad_input("combines " + shape.to_string() + " and " +
                        builder_.shape(input).to_string());
    if (source.inputs.size() < 2) throw bad_input("needs at least two bottoms");
    add_config(source, read_eltwise(source.params("eltwise_param"), source.inputs.size()), {shape});
  }

  // scale * x + y
  void add_axpy(Source& source) {
    if (source.inputs.size() != 3) throw bad_input("needs three bottoms: scale, x, y");
    add_config(source, Elementwise{ElementwiseMode::kAdd, 3, 1},
               {builder_.shape(source.inputs[1])});
  }

  void add_concat(Source& source) {
    const TextMessage& params = source.params("concat_param");
    const char* key = params.find("concat_dim") != nullptr ? "concat_dim" : "axis";
    const Concat op{static_cast<std::int64_t>(read_axis(params, key, 1, in(source)))};
    std::vector<Shape> shapes;
    for (TensorId input : source.inputs) shapes.push_back(builder_.shape(input));
    add_config(source, op, std::move(shapes));
  }

  void add_slice(Source& source) {
    const CaffeLayer& layer = source.layer;
    const Shape shape = in(source);
    const std::vector<Shape> parts = sliced(source.params("slice_param"), shape, layer.tops.size());
    builder_.set_shape(add_config(source, DataMovement{MoveMode::kSplit, shape}, {shape}),
                       parts[0]);
    for (std::size_t i = 1; i < parts.size(); ++i)
      define_top(layer, i, builder_.add_output(layer.tops[i], parts[i]));
  }

  void add_split(Source& source) {
    const Shape shape = in(source);
    add_op(source, View{shape});
    for (std::size_t i = 1; i < source.layer.tops.size(); ++i)
      define_top(source.layer, i, builder_.add_output(source.layer.tops[i], shape));
  }

  void add_dropout(Source& source) {
    const double ratio = source.params("dropout_param").real("dropout_ratio").value_or(0.5);
    add_op(source, Dropout{1 - ratio});
  }

  void add_softmax(Source& source) {
    const Shape& shape = in(source);
    const std::size_t axis = read_axis(source.params("softmax_param"), "axis", 1, shape);
    add_op(source, Softmax{axis + 1 == shape.rank() ? -1 : static_cast<std::int64_t>(axis)});
  }

  void add_flatten(Source& source) {
    add_op(source, View{flattened(source.params("flatten_param"), in(source))});
  }

  void add_reshape(Source& source) {
    add_op(source, View{reshaped(source.params("reshape_param"), in(source), files_batch_)});
  }

  void move(Source& source, MoveMode mode, Shape to) {
    add_config(source, DataMovement{mode, std::move(to)}, {in(source)});
  }

  void add_crop(Source& source) {
    if (source.inputs.size() != 2) throw bad_input("needs two bottoms");
    move(source, MoveMode::kSlice,
         cropped(source.params("crop_param"), in(source), builder_.shape(source.inputs[1])));
  }

  void add_permute(Source& source) {
    move(source, MoveMode::kTranspose, permuted(source.params("permute_param"), in(source)));
  }

  void add_shuffle(Source& source) { move(source, MoveMode::kChannelShuffle, in(source)); }

  void add_interp(Source& source) {
    move(source, MoveMode::kResize, interpolated(source.params("interp_param"), in(source)));
  }

  void add_upsample(Source& source) {
    const Shape& shape = in(source);
    if (shape.rank() != 4) throw bad_input("needs an image, not " + shape.to_string());
    const std::int64_t scale = source.params("upsample_param").whole("scale").value_or(2);
    if (scale < 1) throw bad_input("'scale' must be at least 1");
    move(source, MoveMode::kResize,
         {shape[0], shape[1], checked_mul(shape[2], scale), checked_mul(shape[3], scale)});
  }

  void add_arg_max(Source& source) {
    add_op(source, Reduction{ReduceMode::kArgMax,
                             arg_max_shape(source.params("argmax_param"), in(source))});
  }

  void add_reduction(Source& source) {
    const TextMessage& params = source.params("reduction_param");
    const std::string_view operation = params.text("operation").value_or("SUM");
    const ReduceMode mode = operation == "MEAN"    ? ReduceMode::kMean
                            : operation == "ASUM"  ? ReduceMode::kL1
                            : operation == "SUMSQ" ? ReduceMode::kL2
                                                   : ReduceMode::kSum;
    add_op(source, Reduction{mode, reduced(params, in(source))});
  }

  void add_tile(Source& source) {
    move(source, MoveMode::kTile, tiled(source.params("tile_param"), in(source)));
  }

  void add_embed(Source& source) {
    const TextMessage& params = source.params("embed_param");
    const Embedding op{params.whole("input_dim").value_or(0),
                       params.whole("num_output").value_or(0)};
    add_op(source, op);
    if (params.flag("bias_term", true)) set_params(checked_mul(checked_add(op.rows, 1), op.width));
  }

  // Bottoms: the sequence, time x batch x ..., and where sequences go on; perhaps a static input.
  void add_recurrent(Source& source) {
    const Shape shape = in(source);
    if (shape.rank() < 3 || source.inputs.size() != 2)
      return add_unsupported(source, "a recurrent layer with more than a sequence is not known");
    Recurrent op;
    op.mode = source.layer.type == "LSTM" ? RecurrentMode::kLstm : RecurrentMode::kRnn;
    op.hidden = source.params("recurrent_param").whole("num_output").value_or(0);
    const TensorId output =
        add_config(source, op, {Shape{shape[1], shape[0], shape.element_count_from(2)}});
    builder_.set_shape(output, Shape{shape[0], shape[1], op.hidden});
    Layer& layer = builder_.network().layers.back();
    const std::int64_t gates = op.mode == RecurrentMode::kLstm ? 4 : 1;
    layer.params = checked_add(layer.params, checked_mul(gates, op.hidden));  // one bias a gate
  }

  NetworkBuilder builder_;
  const ImportOptions& options_;
  std::unordered_map<std::string, TensorId> blobs_;
  std::unordered_map<std::string, int> readers_;  // how many layers read a blob of that name
  std::int64_t files_batch_ = 1;
};

}  // namespace

Network parse_caffe(std::string_view text, std::string_view name, const ImportOptions& options) {
  const TextMessage net = parse_text_format(text);
  const auto title = net.text("name");
  return CaffeReader(title && !title->empty() ? *title : name, options).read(net);
}

Network import_caffe(const std::filesystem::path& file, const ImportOptions& options) {
  return parse_caffe(read_file(file, kLargestNetworkText), file.stem().string(), options);
}

}  // namespace neuralpower
