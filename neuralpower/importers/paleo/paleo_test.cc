// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/paleo/paleo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/paleo/json_tree.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Network read(const std::string& layers, const ImportOptions& options = {}) {
  return parse_paleo("{\"layers\": {" + layers + "}}", "net", options);
}

std::string error_of_text(std::string_view text) {
  try {
    parse_paleo(text, "net");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of(const std::string& layers) {
  return error_of_text("{\"layers\": {" + layers + "}}");
}

std::vector<std::string> described(const Network& network) {
  std::vector<std::string> lines;
  for (const Layer& layer : network.layers)
    lines.push_back(layer.name + ": " + format_layer(layer.config));
  return lines;
}

const Tensor& output_of(const Network& network, std::size_t layer) {
  return network.tensors[static_cast<std::size_t>(network.layers[layer].outputs[0])];
}

const char* const kData = R"("data": {"type": "Input", "parents": [], "tensor": [8, 32, 24, 3]})";

TEST(Paleo, ShapesArePaleos) {
  const Network net = parse_paleo(
      R"({"name": "small", "layers": {
        "pool": {"type": "Pooling", "parents": ["c/x"], "ksize": [1, 3, 3, 1],
                 "strides": [1, 2, 2, 1], "padding": "SAME"},
        "data": {"type": "Input", "parents": [], "tensor": [8, 32, 24, 3]},
        "c/x": {"type": "Convolution", "parents": ["data"], "filter": [5, 3, -1, 16],
                "strides": [1, 1, 1, 1], "padding": [1, 2], "activation_fn": null,
                "normalizer_fn": "batch_norm", "bias": null},
        "avg": {"type": "AvgPool", "parents": ["pool"], "ksize": [1, 2, 2, 1],
                "strides": [1, 2, 2, 1], "padding": "VALID"},
        "odd": {"type": "Convolution", "parents": ["avg"], "filter": [2, 2, 16, 4],
                "strides": [1, 2, 1, 1], "padding": "SAME"}
      }})",
      "file");
  EXPECT_EQ(net.name, "small");
  EXPECT_EQ(net.batch, 8);
  EXPECT_THAT(described(net),
              ElementsAre("c/x: conv batch=8 in=3x32x24 out=16 kernel=5x3 stride=1x1 pad=1x2",
                          "pool: pool mode=max batch=8 in=16x30x26 kernel=3x3 stride=2x2 "
                          "pad=0,0,1,1",
                          "avg: pool mode=avg batch=8 in=16x15x13 kernel=2x2 stride=2x2 pad=0x0",
                          "odd: conv batch=8 in=16x7x6 out=4 kernel=2x2 stride=2x1 pad=0,0,1,1"));
  EXPECT_EQ(output_of(net, 3).shape, (Shape{8, 4, 4, 6}));
  EXPECT_EQ(net.layers[0].params, 5 * 3 * 3 * 16 + 16);
}

TEST(Paleo, EveryLayerType) {
  const Network net = read(std::string(kData) + R"(,
    "up": {"type": "UpSampling2D", "parents": ["data"], "ksize": [1, 2, 2, 1]},
    "down": {"type": "Convolution", "parents": ["up"], "filter": [3, 3, 3, 8],
             "strides": [1, 2, 2, 1], "padding": "SAME"},
    "de": {"type": "Deconvolution", "parents": ["down"], "filter": [5, 5, 4, 8],
           "strides": [1, 2, 2, 1], "padding": "SAME", "output_shape": [8, 64, 48, 4]},
    "lrn": {"type": "LRN", "parents": ["de"]},
    "bn": {"type": "BatchNorm", "parents": ["lrn"]},
    "sum": {"type": "Elementwise", "parents": ["bn", "lrn", "de"]},
    "cat": {"type": "Concatenate", "parents": ["sum", "bn"], "dim": 3},
    "tall": {"type": "Concatenate", "parents": ["cat", "cat"], "dim": 1},
    "drop": {"type": "Dropout", "parents": ["tall"], "dropout_keep_prob": 0.75},
    "flat": {"type": "Reshape", "parents": ["drop"], "output_shape": [-1, -1]},
    "fc": {"type": "InnerProduct", "parents": ["flat"], "num_outputs": 10},
    "sig": {"type": "Sigmoid", "parents": ["fc"]},
    "image": {"type": "Reshape", "parents": ["sig"], "output_shape": [8, 1, 1, -1]},
    "soft": {"type": "Softmax", "parents": ["image"], "num_classes": 10},
    "relu": {"type": "ReLU", "parents": ["soft"]},
    "new": {"type": "Sparkle", "parents": ["relu"], "depth": {"any": [1, {"thing": null}]}},
    "last": {"type": "InnerProduct", "parents": ["new"], "num_outputs": 2})");
  EXPECT_THAT(
      described(net),
      ElementsAre("up: move mode=resize batch=8 in=3x32x24 to=8x3x64x48",
                  "down: conv batch=8 in=3x64x48 out=8 kernel=3x3 stride=2x2 pad=0,0,1,1",
                  "de: deconv batch=8 in=8x32x24 out=4 kernel=5x5 stride=2x2 pad=1,1,2,2",
                  "lrn: norm mode=lrn batch=8 in=4x64x48", "bn: norm mode=batch batch=8 in=4x64x48",
                  "sum: add batch=8 in=4x64x48 inputs=3", "cat: concat batch=8 in=4x64x48+4x64x48",
                  "tall: concat batch=8 in=8x64x48+8x64x48 axis=2",
                  "drop: dropout batch=8 in=8x128x48 keep=0.75",
                  "flat: view batch=8 in=8x128x48 to=8x49152", "fc: fc batch=8 in=49152 out=10",
                  "sig: activation mode=sigmoid batch=8 in=10",
                  "image: view batch=8 in=10 to=8x10x1x1", "soft: softmax batch=8 in=10",
                  "relu: activation mode=relu batch=8 in=10", "new: unsupported op=Sparkle",
                  "last: fc batch=8 in=10 out=2"));
  EXPECT_EQ(total_work(net).unsupported, 1);
}

TEST(Paleo, BatchAndShapeCanBeOverridden) {
  const std::string layers = std::string(kData) + R"(,
    "flat": {"type": "Reshape", "parents": ["data"], "output_shape": [8, -1]},
    "fc": {"type": "InnerProduct", "parents": ["flat"], "num_outputs": 10})";
  ImportOptions options;
  options.batch = 64;
  EXPECT_EQ(described(read(layers, options))[1], "fc: fc batch=64 in=2304 out=10");
  options.shapes["data"] = Shape{1, 3, 16, 16};
  EXPECT_EQ(described(read(layers, options))[1], "fc: fc batch=64 in=768 out=10");
}

TEST(Paleo, BlocksInheritParentsAndHaveAnEndpoint) {
  const char* const one = R"({"type": "Convolution", "parents": [], "filter": [1, 1, -1, 4],
                              "strides": [1, 1, 1, 1], "padding": "SAME"})";
  const Network net =
      read(std::string(R"("end": {"type": "Concatenate", "parents": ["b", "b/left"], "dim": -1},
    "b": {"type": "Block", "parents": ["data"], "endpoint": "cat", "layers": {
      "cat": {"type": "Concatenate", "parents": ["inner", "left"], "dim": 3},
      "left": {"type": "Pooling", "parents": [], "ksize": [1, 1, 1, 1],
               "strides": [1, 1, 1, 1], "padding": "VALID"},
      "inner": {"type": "Block", "parents": ["left"], "endpoint": "x", "layers": {"x": )") +
           one + "}}}}, " + kData + R"(, "c": {"type": "Softmax", "parents": ["b"]})");
  std::vector<std::string> names;
  for (const Layer& layer : net.layers) names.push_back(layer.name);
  EXPECT_THAT(names, ElementsAre("b/left", "b/inner/x", "b/cat", "end", "c"));
}

TEST(Paleo, SplitsAreCopied) {
  const Network net = read(std::string(kData) + R"(,
    "p": {"type": "ModelParallel", "splits": 4, "parents": ["data"], "layers": {
      "fc": {"type": "Convolution", "parents": [], "filter": [32, 24, 3, 64],
             "strides": [1, 1, 1, 1], "padding": "VALID"},
      "drop": {"type": "Dropout", "parents": ["fc@self"], "dropout_keep_prob": 0.5},
      "cat": {"type": "Concatenate", "parents": ["drop@all"], "dim": 3}}},
    "out": {"type": "Concatenate", "parents": ["p/drop@all"], "dim": 3},
    "one": {"type": "Softmax", "parents": ["p/cat@2"]})");
  const auto lines = described(net);
  ASSERT_EQ(lines.size(), 4u * 3 + 2);
  EXPECT_THAT(lines, ::testing::Contains("p/fc@3: conv batch=8 in=3x32x24 out=16 kernel=32x24 "
                                         "stride=1x1 pad=0x0"));
  EXPECT_THAT(lines, ::testing::Contains("p/cat@0: concat batch=8 in=16x1x1+16x1x1+16x1x1+16x1x1"));
  for (const Layer& layer : net.layers) {
    if (layer.name == "one") {
      EXPECT_EQ(net.tensors[static_cast<std::size_t>(layer.inputs[0])].name, "p/cat@2");
    }
    if (layer.name == "out") {
      EXPECT_EQ(layer.inputs.size(), 4u);
    }
  }
}

TEST(Paleo, ErrorsNameTheLayer) {
  const std::string data = std::string(kData) + ", ";
  const auto layer = [&](const std::string& rest) {
    return error_of(data + R"("x": {"parents": ["data"], )" + rest + "}");
  };
  EXPECT_THAT(error_of_text("{"), HasSubstr("no valid JSON"));
  EXPECT_THAT(error_of_text("[1, 2]"), HasSubstr("no network of Paleo's"));
  EXPECT_THAT(error_of_text(R"({"format": "neuralpower-device-model"})"), HasSubstr("no network"));
  EXPECT_THAT(error_of_text(R"({"layers": []})"), HasSubstr("no network of Paleo's"));
  EXPECT_THAT(error_of(kData), HasSubstr("the network has no layer"));
  EXPECT_THAT(error_of(data + kData), HasSubstr("'data' is there twice"));
  EXPECT_THAT(error_of(R"("x": 3)"), HasSubstr("x: the layer is no JSON object"));
  EXPECT_THAT(layer(R"("kind": "Softmax")"), HasSubstr("x: the layer needs a text 'type'"));
  EXPECT_THAT(layer(R"("type": "InnerProduct")"), HasSubstr("needs 'num_outputs'"));
  EXPECT_THAT(layer(R"("type": "InnerProduct", "num_outputs": 1e300)"), HasSubstr("too large"));
  EXPECT_THAT(layer(R"("type": "InnerProduct", "num_outputs": 99999999999999999)"),
              HasSubstr("out of range"));
  EXPECT_THAT(layer(R"("type": "InnerProduct", "num_outputs": 0)"), HasSubstr("x: the number of"));
  EXPECT_THAT(layer(R"("type": "Convolution", "filter": [3, 3, 4, 8], "strides": [1, 1, 1, 1],
                       "padding": "SAME")"),
              HasSubstr("for 4 channels, but its parent has 3"));
  EXPECT_THAT(layer(R"("type": "Convolution", "filter": [3, 3, 3, 8], "strides": [1, 0, 1, 1],
                       "padding": "SAME")"),
              HasSubstr("stride is 0"));
  EXPECT_THAT(layer(R"("type": "Convolution", "filter": [99, 3, 3, 8], "strides": [1, 1, 1, 1],
                       "padding": "VALID")"),
              HasSubstr("the kernel covers 99"));
  EXPECT_THAT(layer(R"("type": "Convolution", "filter": [3, 3, 3], "strides": [1, 1, 1, 1],
                       "padding": "VALID")"),
              HasSubstr("'filter' has 3 numbers; it needs 4"));
  EXPECT_THAT(layer(R"("type": "Pooling", "ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1],
                       "padding": "FULL")"),
              HasSubstr("padding 'FULL'"));
  EXPECT_THAT(layer(R"("type": "Deconvolution", "filter": [3, 3, 4, 3], "strides": [1, 2, 2, 1],
                       "padding": "SAME", "output_shape": [8, 99, 48, 4])"),
              HasSubstr("does not give the parent's"));
  EXPECT_THAT(layer(R"("type": "Concatenate", "dim": 4)"), HasSubstr("'dim' is no axis"));
  EXPECT_THAT(layer(R"("type": "Reshape", "output_shape": [-1, 7])"), HasSubstr("x: a view"));
  EXPECT_THAT(error_of(data + R"("x": {"type": "Softmax", "parents": []})"),
              HasSubstr("x: the layer has no parents"));
  EXPECT_THAT(error_of(data + R"("x": {"type": "Softmax", "parents": ["y"]})"),
              HasSubstr("x: parent 'y' does not exist"));
  EXPECT_THAT(error_of(data + R"("x": {"type": "Softmax", "parents": ["data", "data"]})"),
              HasSubstr("has one parent, not 2"));
  EXPECT_THAT(error_of(data + R"("x": {"type": "Softmax", "parents": ["y"]},
                                 "y": {"type": "Softmax", "parents": ["x"]})"),
              HasSubstr("its own ancestor"));
  EXPECT_THAT(error_of(data + R"("x": {"type": "Softmax", "parents": ["x"]})"),
              HasSubstr("its own ancestor"));
  EXPECT_THAT(error_of(data + R"("x": {"type": "Softmax", "parents": ["data@all"]})"),
              HasSubstr("no layer of a ModelParallel block"));
  EXPECT_THAT(error_of(data + R"("b": {"type": "ModelParallel", "splits": 1000000000,
                                       "parents": ["data"], "layers": {}})"),
              HasSubstr("'splits' is no number from 1 to 1024"));
  EXPECT_THAT(error_of(data + R"("b": {"type": "Block", "parents": ["data"]})"),
              HasSubstr("b: a Block needs 'layers'"));
}

TEST(PaleoSafety, DeepNestingIsRefused) {
  const std::string open(100'000, '['), close(100'000, ']');
  EXPECT_THAT(error_of_text(open), HasSubstr("nested more than 64 deep"));
  EXPECT_THAT(error_of_text(open + close), HasSubstr("nested more than 64 deep"));
  std::string blocks;
  for (int i = 0; i < 100'000; ++i) blocks += R"("b": {"type": "Block", "layers": {)";
  EXPECT_THAT(error_of(blocks), HasSubstr("nested more than 64 deep"));
}

TEST(PaleoSafety, CopiesOfCopiesAreBounded) {
  std::string text = std::string(kData) + R"(, "p": {"type": "ModelParallel", "splits": 1024,
      "parents": ["data"], "layers": {"d": {"type": "Dropout", "parents": []}}})";
  for (int i = 0; i < 20'000; ++i)
    text += ", \"c" + std::to_string(i) +
            R"(": {"type": "Concatenate", "parents": ["p/d@all"], "dim": 3})";
  EXPECT_THAT(error_of(text), HasSubstr("more than a million edges"));
}

TEST(PaleoSafety, BlocksCannotBlowAFileUp) {
  const std::string dropout = R"({"type": "Dropout", "parents": []})";
  std::string split = std::string(kData) +
                      R"(, "p": {"type": "ModelParallel", "splits": 1024, "parents": ["data"],
                             "layers": {"x": )" +
                      dropout;
  for (int i = 0; i < 1000; ++i) split += ", \"" + std::to_string(i) + "\": " + dropout;
  EXPECT_THAT(error_of(split + "}}"), HasSubstr("more than 200000 layers"));
  const std::string longer(100'000, 'n');
  EXPECT_THAT(
      error_of(std::string(kData) + ", \"" + longer + R"(": {"type": "Block", "layers": {}})"),
      HasSubstr("longer than 1000 bytes"));
  std::string members;
  for (int i = 0; i < 1000; ++i) members += ", \"k" + std::to_string(i) + "\": 1";
  EXPECT_THAT(error_of(std::string(kData) + R"(, "x": {"type": "Softmax", "parents": ["data"])" +
                       members + "}"),
              HasSubstr("more than 100 members"));
}

TEST(PaleoSafety, AHundredThousandLayersInEitherOrder) {
  for (const bool reversed : {false, true}) {
    std::string text = kData;
    for (int k = 0; k < 100'000; ++k) {
      const int i = reversed ? 99'999 - k : k;
      text += ", \"l" + std::to_string(i) + R"(": {"type": "Dropout", "parents": [")" +
              (i == 0 ? std::string("data") : "l" + std::to_string(i - 1)) +
              R"("], "dropout_keep_prob": 0.5})";
    }
    EXPECT_EQ(read(text).layers.size(), 100'000u);
  }
}

TEST(PaleoSafety, EveryTruncationAndFlippedBitIsReadOrRefused) {
  const std::string text = R"({"name": "a\u0001b", "layers": {
    "data": {"type": "Input", "parents": [], "tensor": [2, 8, 8, 3]},
    "p": {"type": "ModelParallel", "splits": 2, "parents": ["data"], "layers": {
      "c": {"type": "Convolution", "parents": [], "filter": [3, 3, -1, 4],
            "strides": [1, 2, 2, 1], "padding": "SAME"},
      "m": {"type": "Concatenate", "parents": ["c@all"], "dim": 3}}},
    "b": {"type": "Block", "parents": ["p/m@all"], "endpoint": "s", "layers": {
      "s": {"type": "Elementwise", "parents": []}}},
    "r": {"type": "Reshape", "parents": ["b"], "output_shape": [-1, -1]},
    "x": {"type": "InnerProduct", "parents": ["r"], "num_outputs": 7}}})";
  ASSERT_EQ(error_of_text(text), "no error");
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(error_of_text(text.substr(0, size)), "no error");
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[size] = static_cast<char>(flipped[size] ^ (1 << bit));
      error_of_text(flipped);
    }
  }
}

TEST(PaleoSafety, NamesWithControlCharactersComeOutEscaped) {
  EXPECT_THAT(error_of(R"("\u001b[31m\n": {"type": "Softmax", "parents": []})"),
              HasSubstr("\\x1b[31m\\x0a: "));
}

TEST(JsonTree, KeepsOrderAndNumbers) {
  const JsonValue value =
      JsonValue::parse(R"({"z": 1, "a": [1.5, -3, 18446744073709551615, true, null] /* x */})");
  ASSERT_NE(value.object(), nullptr);
  EXPECT_EQ(value.object()->front().first, "z");
  const JsonValue::Array& items = *value.find("a")->array();
  EXPECT_EQ(*items[0].real(), 1.5);
  EXPECT_EQ(*items[1].whole(), -3);
  EXPECT_EQ(*items[2].real(), 18446744073709551616.0);
  EXPECT_TRUE(items[4].is_null());
  EXPECT_EQ(value.find("none"), nullptr);
  EXPECT_EQ(items[0].find("a"), nullptr);
}

}  // namespace
}  // namespace neuralpower
