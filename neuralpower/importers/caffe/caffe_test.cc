// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/caffe/caffe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kImage = R"(input: "data" input_dim: 2 input_dim: 3 input_dim: 32 input_dim: 24
)";

std::vector<std::string> described(const Network& network) {
  std::vector<std::string> lines;
  for (const Layer& layer : network.layers)
    lines.push_back(layer.name + ": " + format_layer(layer.config));
  return lines;
}

// The layers that this text makes of a 2 x 3 x 32 x 24 image called data.
std::vector<std::string> layers_of(const std::string& text) {
  return described(parse_caffe(kImage + text, "net"));
}

std::string error_of(const std::string& text, const ImportOptions& options = {}) {
  try {
    parse_caffe(text, "net", options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

const Tensor& output_of(const Network& network, std::size_t layer, std::size_t output = 0) {
  return network.tensors[static_cast<std::size_t>(network.layers[layer].outputs[output])];
}

// One layer that reads data and writes out.
std::string layer(const std::string& type, const std::string& params = "") {
  return "layer { name: 'x' type: '" + type + "' bottom: 'data' top: 'out' " + params + " }\n";
}

TEST(Caffe, BothGenerationsOfTheSyntax) {
  const Network v2 = parse_caffe(kImage + R"(
    name: "small"
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
            convolution_param { num_output: 8 kernel_size: 3 stride: 2 pad: 1 } }
    layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
    layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
            inner_product_param { num_output: 10 bias_term: false } }
    layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" })",
                                 "file");
  const Network v1 = parse_caffe(kImage + R"(
    layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2
             convolution_param { num_output: 8 kernel_size: 3 stride: 2 pad: 1 } }
    layers { name: "relu" type: RELU bottom: "conv" top: "conv" }
    layers { name: "ip" type: INNER_PRODUCT bottom: "conv" top: "ip"
             inner_product_param { num_output: 10 bias_term: false } }
    layers { name: "prob" type: SOFTMAX bottom: "ip" top: "prob" })",
                                 "file");
  EXPECT_THAT(described(v2),
              ElementsAre("conv: conv batch=2 in=3x32x24 out=8 kernel=3x3 stride=2x2 pad=1x1",
                          "relu: activation mode=relu batch=2 in=8x16x12",
                          "ip: fc batch=2 in=8x16x12 out=10", "prob: softmax batch=2 in=10"));
  EXPECT_EQ(described(v1), described(v2));
  EXPECT_EQ(v2.name, "small");
  EXPECT_EQ(v1.name, "file");
  EXPECT_EQ(v2.layers[0].params, 3 * 9 * 8 + 8);
  EXPECT_EQ(v2.layers[2].params, 8 * 16 * 12 * 10);
  EXPECT_EQ(v2.layers[2].source_op, "InnerProduct");
  EXPECT_EQ(v2.layers[2].inputs, v2.layers[1].outputs);  // the blob's value after the ReLU
  EXPECT_EQ(v2.outputs, v2.layers[3].outputs);
}

TEST(Caffe, InputsInAllStyles) {
  const std::string relu = layer("ReLU");
  const std::string expected = "x: activation mode=relu batch=2 in=3x32x24";
  const char* const styles[] = {
      "input: 'data' input_dim: 2 input_dim: 3 input_dim: 32 input_dim: 24",
      "input: 'data' input_shape { dim: 2 dim: 3 dim: 32 dim: 24 }",
      "input: 'data' input_shape: { dim: [2, 3, 32, 24] }",
      "layer { name: 'in' type: 'Input' top: 'data' input_param { shape: < dim: 2 dim: 3 dim: 32 "
      "dim: 24 > } }",
      "layer { name: 'in' type: 'DummyData' top: 'data' top: 'y' dummy_data_param { num: 2 num: 2 "
      "channels: 3 channels: 1 height: 32 height: 1 width: 24 width: 1 } }",
      "layer { name: 'in' type: 'MemoryData' top: 'data' top: 'label' memory_data_param { "
      "batch_size: 2 channels: 3 height: 32 width: 24 } }",
      "layer { name: 'in' type: 'ImageData' top: 'data' top: 'label' image_data_param { "
      "batch_size: 2 new_height: 32 new_width: 24 } }",
      "layer { name: 'in' type: 'Data' top: 'data' top: 'label' data_param { batch_size: 2 } "
      "transform_param { resize_param { height: 32 width: 24 } } }",
  };
  for (const char* style : styles) {
    EXPECT_THAT(described(parse_caffe(style + std::string("\n") + relu, "net")),
                ElementsAre(expected))
        << style;
  }
  const std::string cropped =
      "layers { name: 'in' type: DATA top: 'data' top: 'label' data_param { batch_size: 50 "
      "crop_size: 227 } }\n" +
      relu;
  EXPECT_THAT(described(parse_caffe(cropped, "net")),
              ElementsAre("x: activation mode=relu batch=50 in=3x227x227"));
  const std::string gray =
      "layer { name: 'in' type: 'Data' top: 'data' data_param { batch_size: 4 } transform_param { "
      "crop_size: 28 force_gray: true } }\n" +
      relu;
  EXPECT_THAT(described(parse_caffe(gray, "net")),
              ElementsAre("x: activation mode=relu batch=4 in=1x28x28"));
}

TEST(Caffe, WhatADataLayerDoesNotSayTheUserMust) {
  const std::string text =
      "layer { name: 'mnist' type: 'Data' top: 'data' top: 'label' data_param { batch_size: 64 } "
      "}\n" +
      layer("ReLU");
  EXPECT_THAT(error_of(text), HasSubstr("mnist: the file does not say how large its images are; "
                                        "give --shape data=NxCxHxW"));
  ImportOptions options;
  options.shapes["data"] = Shape{64, 1, 28, 28};
  EXPECT_THAT(described(parse_caffe(text, "net", options)),
              ElementsAre("x: activation mode=relu batch=64 in=1x28x28"));
  // An input that only the training phase has.
  EXPECT_THAT(error_of(layer("ReLU")), HasSubstr("x: reads 'data', which no layer above writes"));
  EXPECT_THAT(described(parse_caffe(layer("ReLU"), "net", options)),
              ElementsAre("x: activation mode=relu batch=64 in=1x28x28"));
}

TEST(Caffe, BatchCanBeOverridden) {
  ImportOptions options;
  options.batch = 16;
  const Network net =
      parse_caffe(kImage + layer("Reshape", "reshape_param { shape { dim: 2 dim: 12 dim: -1 } }"),
                  "net", options);
  EXPECT_THAT(described(net), ElementsAre("x: view batch=16 in=3x32x24 to=16x12x192"));
}

TEST(Caffe, OnlyTheTestPhaseTakesPart) {
  const Network net = parse_caffe(R"(
    layer { name: "train" type: "Data" top: "data" top: "label" include { phase: TRAIN }
            transform_param { crop_size: 16 } data_param { batch_size: 256 } }
    layer { name: "test" type: "Data" top: "data" top: "label" include { phase: TEST }
            transform_param { crop_size: 32 } data_param { batch_size: 50 } }
    layer { name: "noise" type: "Noise" bottom: "data" top: "data" include { phase: TRAIN } }
    layer { name: "staged" type: "Noise" bottom: "data" top: "data" include { stage: "x" } }
    layer { name: "aux" type: "Noise" bottom: "data" top: "data" exclude { phase: TEST } }
    layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
            exclude { phase: TRAIN } inner_product_param { num_output: 10 } }
    layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
            include: { phase: TEST } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
    layer { name: "other" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "other" }
    layer { name: "quiet" type: "Silence" bottom: "label" })",
                                  "net");
  EXPECT_THAT(described(net),
              ElementsAre("ip: fc batch=50 in=3x32x32 out=10", "loss: softmax batch=50 in=10"));
  EXPECT_EQ(net.layers[1].source_op, "SoftmaxWithLoss");
  EXPECT_EQ(net.inputs.size(), 1u);
}

TEST(Caffe, Convolutions) {
  EXPECT_THAT(layers_of(layer("Convolution", R"(convolution_param {
                num_output: 6 kernel_h: 3 kernel_w: 5 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 2
                dilation: 2 dilation: 1 group: 3 bias_term: false engine: CUDNN
                weight_filler { type: "xavier" std: 0.1 } })")),
              ElementsAre("x: conv batch=2 in=3x32x24 out=6 kernel=3x5 stride=2x1 pad=1x2 "
                          "dilation=2x1 groups=3"));
  EXPECT_THAT(layers_of(layer("Convolution", R"(convolution_param {
                num_output: 6 kernel_size: 3 kernel_size: 1 })")),
              ElementsAre("x: conv batch=2 in=3x32x24 out=6 kernel=3x1 stride=1x1 pad=0x0"));
  EXPECT_THAT(layers_of(layer("ConvolutionDepthwise",
                              "convolution_param { num_output: 3 kernel_size: 3 }")),
              ElementsAre("x: conv batch=2 in=3x32x24 out=3 kernel=3x3 stride=1x1 pad=0x0 "
                          "groups=3"));
  const Network up = parse_caffe(
      kImage + layer("Deconvolution", R"(convolution_param { num_output: 3 group: 3 kernel_size: 4
                                         stride: 2 pad: 1 bias_term: false })"),
      "net");
  EXPECT_EQ(output_of(up, 0).shape, (Shape{2, 3, 64, 48}));
  EXPECT_EQ(up.layers[0].params, 3 * 16);
}

std::int64_t pooled(std::int64_t in, const std::string& params) {
  const std::string size = std::to_string(in);
  const Network net =
      parse_caffe("input: 'data' input_shape { dim: 1 dim: 1 dim: " + size + " dim: " + size +
                      " } " + layer("Pooling", "pooling_param { " + params + " }"),
                  "net");
  EXPECT_EQ(output_of(net, 0).shape[2], output_of(net, 0).shape[3]);
  return output_of(net, 0).shape[2];
}

// Caffe's rule in its own words (pooling_layer.cpp): ceil, then clip if there is padding.
std::int64_t caffe_rule(std::int64_t in, std::int64_t kernel, std::int64_t stride,
                        std::int64_t pad) {
  std::int64_t out =
      static_cast<std::int64_t>(
          std::ceil(static_cast<double>(in + 2 * pad - kernel) / static_cast<double>(stride))) +
      1;
  if (pad > 0 && (out - 1) * stride >= in + pad) --out;
  return out;
}

TEST(Caffe, PoolingRoundsUpAsCaffeDoes) {
  for (std::int64_t in = 1; in <= 12; ++in) {
    for (std::int64_t kernel = 1; kernel <= 5; ++kernel) {
      for (std::int64_t stride = 1; stride <= 4; ++stride) {
        for (std::int64_t pad = 0; pad < kernel; ++pad) {
          const std::int64_t expected = caffe_rule(in, kernel, stride, pad);
          if (expected < 1) continue;
          EXPECT_EQ(pooled(in, "kernel_size: " + std::to_string(kernel) + " stride: " +
                                   std::to_string(stride) + " pad: " + std::to_string(pad)),
                    expected)
              << in << " " << kernel << " " << stride << " " << pad;
        }
      }
    }
  }
  EXPECT_EQ(pooled(112, "pool: MAX kernel_size: 3 stride: 2"), 56);
  EXPECT_EQ(pooled(112, "pool: MAX kernel_size: 3 stride: 2 round_mode: FLOOR"), 55);
  EXPECT_EQ(pooled(112, "pool: MAX kernel_size: 3 stride: 2 ceil_mode: false"), 55);
}

TEST(Caffe, PoolingOfEveryKind) {
  EXPECT_THAT(layers_of(layer("Pooling", "pooling_param { pool: AVE global_pooling: true }")),
              ElementsAre("x: pool mode=adaptive_avg batch=2 in=3x32x24 out=1x1"));
  EXPECT_THAT(layers_of(layer("Pooling", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }")),
              ElementsAre("x: pool mode=max batch=2 in=3x32x24 kernel=2x2 stride=2x2 pad=0x0"));
  EXPECT_THAT(layers_of(layer("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 }")),
              ElementsAre("x: pool mode=avg batch=2 in=3x32x24 kernel=3x3 stride=2x2 pad=0x0 "
                          "ceil=1"));
}

TEST(Caffe, BatchNormAndItsScaleAreOneNorm) {
  const std::string conv =
      "layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { "
      "num_output: 8 kernel_size: 1 bias_term: false } }\n";
  const Network merged = parse_caffe(kImage + conv + R"(
      layer { name: "bn" type: "BatchNorm" bottom: "c" top: "c" }
      layer { name: "scale" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
      layer { name: "relu" type: "ReLU" bottom: "c" top: "c" })",
                                     "net");
  EXPECT_THAT(described(merged),
              ElementsAre("c: conv batch=2 in=3x32x24 out=8 kernel=1x1 stride=1x1 pad=0x0",
                          "bn: norm mode=batch batch=2 in=8x32x24",
                          "relu: activation mode=relu batch=2 in=8x32x24"));
  EXPECT_EQ(merged.layers[1].source_op, "BatchNorm+Scale");
  EXPECT_EQ(merged.layers[1].params, 16);
  EXPECT_EQ(merged.layers[2].inputs, merged.layers[1].outputs);

  const Network apart = parse_caffe(kImage + conv + R"(
      layer { name: "bn" type: "BatchNorm" bottom: "c" top: "bn" }
      layer { name: "scale" type: "Scale" bottom: "bn" top: "scale" }
      layer { name: "sum" type: "Eltwise" bottom: "bn" bottom: "scale" top: "sum" })",
                                    "net");
  EXPECT_THAT(described(apart),
              ElementsAre("c: conv batch=2 in=3x32x24 out=8 kernel=1x1 stride=1x1 pad=0x0",
                          "bn: norm mode=batch batch=2 in=8x32x24",
                          "scale: mul batch=2 in=8x32x24 inputs=2 broadcast=1",
                          "sum: add batch=2 in=8x32x24 inputs=2"));
  EXPECT_EQ(apart.layers[1].params, 0);
  EXPECT_EQ(apart.layers[2].params, 8);
}

TEST(Caffe, LayersOfOneInput) {
  const std::pair<std::string, std::string> rows[] = {
      {layer("LRN"), "norm mode=lrn batch=2 in=3x32x24 size=5"},
      {layer("LRN", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }"),
       "norm mode=lrn batch=2 in=3x32x24 size=9"},
      {layer("ReLU", "relu_param { negative_slope: 0.1 }"),
       "activation mode=leaky_relu batch=2 in=3x32x24"},
      {layer("PReLU"), "activation mode=prelu batch=2 in=3x32x24"},
      {layer("ELU"), "activation mode=elu batch=2 in=3x32x24"},
      {layer("Sigmoid"), "activation mode=sigmoid batch=2 in=3x32x24"},
      {layer("TanH"), "activation mode=tanh batch=2 in=3x32x24"},
      {layer("Power", "power_param { power: 2 }"), "activation mode=pow batch=2 in=3x32x24"},
      {layer("Scale", "scale_param { bias_term: true }"), "norm mode=batch batch=2 in=3x32x24"},
      {layer("Bias"), "add batch=2 in=3x32x24 inputs=2 broadcast=1"},
      {layer("Dropout", "dropout_param { dropout_ratio: 0.25 }"),
       "dropout batch=2 in=3x32x24 keep=0.75"},
      {layer("Softmax"), "softmax batch=2 in=3x32x24 axis=1"},
      {layer("Flatten"), "view batch=2 in=3x32x24 to=2x2304"},
      {layer("Flatten", "flatten_param { axis: 2 }"), "view batch=2 in=3x32x24 to=2x3x768"},
      {layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 8 } }"),
       "view batch=2 in=3x32x24 to=2x288x8"},
      {layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
       "move mode=transpose batch=2 in=3x32x24 to=2x32x24x3"},
      {layer("Interp", "interp_param { height: 65 width: 49 }"),
       "move mode=resize batch=2 in=3x32x24 to=2x3x65x49"},
      {layer("Interp", "interp_param { zoom_factor: 8 }"),
       "move mode=resize batch=2 in=3x32x24 to=2x3x249x185"},
      {layer("Interp", "interp_param { shrink_factor: 2 pad_beg: -1 }"),
       "move mode=resize batch=2 in=3x32x24 to=2x3x16x12"},
      {layer("ArgMax", "argmax_param { axis: 1 }"),
       "reduce mode=argmax batch=2 in=3x32x24 to=2x1x32x24"},
      {layer("ArgMax", "argmax_param { top_k: 5 out_max_val: true }"),
       "reduce mode=argmax batch=2 in=3x32x24 to=2x2x5x1"},
      {layer("Reduction", "reduction_param { operation: MEAN axis: 1 }"),
       "reduce mode=mean batch=2 in=3x32x24 to=2"},
      {layer("Tile", "tile_param { axis: 1 tiles: 4 }"),
       "move mode=tile batch=2 in=3x32x24 to=2x12x32x24"},
      {layer("InnerProduct", "inner_product_param { num_output: 7 axis: 2 }"),
       "fc batch=6 in=768 out=7"},
      {layer("MVN"), "norm mode=instance batch=2 in=3x32x24"},
  };
  for (const auto& [text, expected] : rows)
    EXPECT_THAT(layers_of(text), ElementsAre("x: " + expected)) << text;
  const Network rows_of_rows = parse_caffe(
      kImage + layer("InnerProduct", "inner_product_param { num_output: 7 axis: 2 }"), "net");
  EXPECT_EQ(output_of(rows_of_rows, 0).shape, (Shape{2, 3, 7}));
}

TEST(Caffe, LayersOfSeveral) {
  const Network net = parse_caffe(kImage + R"(
    layer { name: "slice" type: "Slice" bottom: "data" top: "a" top: "b"
            slice_param { slice_dim: 1 slice_point: 1 } }
    layer { name: "halves" type: "Slice" bottom: "b" top: "b0" top: "b1" }
    layer { name: "sum" type: "Eltwise" bottom: "b0" bottom: "b1" bottom: "a" top: "sum" }
    layer { name: "prod" type: "Eltwise" bottom: "sum" bottom: "a" top: "prod"
            eltwise_param { operation: PROD } }
    layer { name: "max" type: "Eltwise" bottom: "sum" bottom: "a" top: "max"
            eltwise_param { operation: MAX } }
    layer { name: "cat" type: "Concat" bottom: "data" bottom: "max" top: "cat" }
    layer { name: "tall" type: "Concat" bottom: "cat" bottom: "cat" top: "tall"
            concat_param { axis: -2 } }
    layer { name: "crop" type: "Crop" bottom: "tall" bottom: "data" top: "crop"
            crop_param { axis: 2 offset: 3 } }
    layer { name: "pool" type: "Pooling" bottom: "crop" top: "gate"
            pooling_param { pool: AVE global_pooling: true } }
    layer { name: "gated" type: "Scale" bottom: "crop" bottom: "gate" top: "gated" }
    layer { name: "axpy" type: "Axpy" bottom: "gate" bottom: "crop" bottom: "gated" top: "axpy" }
    layer { name: "split" type: "Split" bottom: "axpy" top: "s0" top: "s1" }
    layer { name: "end" type: "Eltwise" bottom: "s0" bottom: "s1" top: "end" })",
                                  "net");
  EXPECT_THAT(
      described(net),
      ElementsAre("slice: move mode=split batch=2 in=3x32x24 to=2x3x32x24",
                  "halves: move mode=split batch=2 in=2x32x24 to=2x2x32x24",
                  "sum: add batch=2 in=1x32x24 inputs=3", "prod: mul batch=2 in=1x32x24 inputs=2",
                  "max: max batch=2 in=1x32x24 inputs=2", "cat: concat batch=2 in=3x32x24+1x32x24",
                  "tall: concat batch=2 in=4x32x24+4x32x24 axis=2",
                  "crop: move mode=slice batch=2 in=4x64x24 to=2x4x32x24",
                  "pool: pool mode=adaptive_avg batch=2 in=4x32x24 out=1x1",
                  "gated: mul batch=2 in=4x32x24 inputs=2 broadcast=1",
                  "axpy: add batch=2 in=4x32x24 inputs=3 broadcast=1",
                  "split: view batch=2 in=4x32x24 to=2x4x32x24",
                  "end: add batch=2 in=4x32x24 inputs=2"));
  EXPECT_EQ(output_of(net, 0, 0).shape, (Shape{2, 1, 32, 24}));
  EXPECT_EQ(output_of(net, 0, 1).shape, (Shape{2, 2, 32, 24}));
}

TEST(Caffe, RecurrentLayersAndEmbeddings) {
  const Network net = parse_caffe(R"(
    input: "words" input_shape { dim: 20 dim: 4 } input: "cont" input_shape { dim: 20 dim: 4 }
    layer { name: "embed" type: "Embed" bottom: "words" top: "embed"
            embed_param { input_dim: 1000 num_output: 64 bias_term: false } }
    layer { name: "lstm" type: "LSTM" bottom: "embed" bottom: "cont" top: "lstm"
            recurrent_param { num_output: 32 } })",
                                  "net");
  EXPECT_THAT(described(net), ElementsAre("embed: embedding batch=20 in=4 rows=1000 width=64",
                                          "lstm: recurrent mode=lstm batch=4 in=20x64 hidden=32"));
  EXPECT_EQ(net.layers[1].params, 4 * 32 * (64 + 32) + 4 * 32);
  EXPECT_EQ(output_of(net, 1).shape, (Shape{20, 4, 32}));
}

TEST(Caffe, UnknownLayersAreNamedAndSoIsWhatReadsThem) {
  const Network net = parse_caffe(kImage + R"(
    layer { name: "roi" type: "ROIPooling" bottom: "data" top: "roi" top: "more" }
    layer { name: "ip" type: "InnerProduct" bottom: "roi" top: "ip"
            inner_product_param { num_output: 10 } }
    layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" })",
                                  "net");
  EXPECT_THAT(described(net),
              ElementsAre("roi: unsupported op=ROIPooling", "ip: unsupported op=InnerProduct",
                          "relu: activation mode=relu batch=2 in=3x32x24"));
  EXPECT_EQ(total_work(net).unsupported, 2);
  EXPECT_THAT(std::get<UnsupportedOp>(net.layers[1].config.op).reason, HasSubstr("'roi'"));
}

TEST(Caffe, ErrorsNameTheLayer) {
  const auto fails = [](const std::string& text) { return error_of(kImage + text); };
  EXPECT_THAT(error_of(""), HasSubstr("the network has no layer"));
  EXPECT_THAT(fails("layer { name: 'x' bottom: 'data' }"), HasSubstr("the layer has no type"));
  EXPECT_THAT(fails("layers { layer { name: 'x' type: 'conv' } }"), HasSubstr("before V1"));
  EXPECT_THAT(fails("layer: 3"), HasSubstr("layer in line 2: a layer is a message"));
  EXPECT_THAT(fails(layer("Convolution")), HasSubstr("x: the layer needs 'num_output'"));
  EXPECT_THAT(fails(layer("Convolution", "convolution_param { num_output: many }")),
              HasSubstr("x: 'num_output' in line 2 is a whole number, not 'many'"));
  EXPECT_THAT(fails(layer("Convolution", "convolution_param { num_output: 1 }")),
              HasSubstr("needs 'kernel_size'"));
  EXPECT_THAT(
      fails(layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 group: 2 }")),
      HasSubstr("x: groups 2 does not divide"));
  EXPECT_THAT(
      fails(layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 stride: 0 }")),
      HasSubstr("x: stride is 0"));
  EXPECT_THAT(fails(layer("Convolution", "convolution_param { num_output: 4 kernel_size: 99 }")),
              HasSubstr("x: the kernel covers 99"));
  EXPECT_THAT(
      fails(layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 pad: -1 }")),
      HasSubstr("padding must not be negative"));
  EXPECT_THAT(fails(layer("Pooling", "pooling_param { kernel_size: 3 stride: 0 }")),
              HasSubstr("x: stride is 0"));
  EXPECT_THAT(fails(layer("Pooling", "pooling_param { pool: MIN kernel_size: 3 }")),
              HasSubstr("pool 'MIN'"));
  EXPECT_THAT(fails(layer("Pooling", "pooling_param: 3")), HasSubstr("a message in braces"));
  EXPECT_THAT(fails(layer("Eltwise")), HasSubstr("at least two bottoms"));
  EXPECT_THAT(fails(layer("Slice", "slice_param { slice_point: 1 slice_point: 2 }")),
              HasSubstr("1 tops need 0 slice_points"));
  EXPECT_THAT(fails(layer("Flatten", "flatten_param { axis: 9 }")), HasSubstr("'axis' is no axis"));
  EXPECT_THAT(fails(layer("Reshape", "reshape_param { shape { dim: -1 dim: -1 } }")),
              HasSubstr("more than one dim is -1"));
  EXPECT_THAT(fails(layer("Permute", "permute_param { order: 1 order: 1 }")),
              HasSubstr("no permutation"));
  EXPECT_THAT(
      fails(layer("InnerProduct", "inner_product_param { num_output: 999999999999999999999 }")),
      HasSubstr("whole number"));
  EXPECT_THAT(fails(layer("ReLU") + layer("ReLU")), HasSubstr("'out' is written by two layers"));
  EXPECT_THAT(error_of("input: 'data' input_dim: 1\n" + layer("ReLU")),
              HasSubstr("1 inputs need 4 input_dim, not 1"));
  EXPECT_THAT(error_of("input: 'data' input_dim: -1 input_dim: 3 input_dim: 4 input_dim: 4\n" +
                       layer("ReLU")),
              HasSubstr("--shape data="));
}

TEST(Caffe, LossOfWhatOnlyTrainingMakesIsForTrainingToo) {
  const Network network = parse_caffe(
      "input: 'data' input_shape { dim: 2 dim: 4 }\n"
      "layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }\n"
      "layer { name: 'a' type: 'Accuracy' bottom: 'r' top: 'a' }\n"
      "layer { name: 'l' type: 'SoftmaxWithLoss' bottom: 'a' bottom: 'r' top: 'l' }\n",
      "net");
  ASSERT_EQ(network.layers.size(), 1u);
  EXPECT_EQ(network.layers[0].name, "r");
}

TEST(Caffe, TellsOfEveryLayerThatIsLeftOut) {
  std::vector<std::string> skipped;
  ImportOptions options;
  options.on_skipped = [&](const SkippedLayer& layer) {
    skipped.push_back(layer.name + " (" + layer.type + ")");
  };
  const Network network = parse_caffe(
      "layer { name: 'train' type: 'Data' top: 'data' include { phase: TRAIN } }\n"
      "layer { name: 'test' type: 'Data' top: 'data' top: 'label' include { phase: TEST }\n"
      "        data_param { batch_size: 2 } transform_param { crop_size: 8 } }\n"
      "layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }\n"
      "layer { name: 'same' type: 'Split' bottom: 'label' top: 'l2' }\n"
      "layer { name: 'top1' type: 'Accuracy' bottom: 'r' bottom: 'label' top: 'a' }\n"
      "layer { name: 'loss' type: 'EuclideanLoss' bottom: 'r' bottom: 'l2' top: 'l' }\n",
      "net", options);
  EXPECT_EQ(network.layers.size(), 1u);
  EXPECT_THAT(skipped, ElementsAre("train (Data)", "test (Data)", "same (Split)", "top1 (Accuracy)",
                                   "loss (EuclideanLoss)"));
}

}  // namespace
}  // namespace neuralpower
