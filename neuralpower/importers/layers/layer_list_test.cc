// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/layers/layer_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(std::string_view text, const ImportOptions& options = {}) {
  try {
    parse_layer_list(text, "net", options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string> texts(const Network& network) {
  std::vector<std::string> lines;
  for (const Layer& layer : network.layers) lines.push_back(format_layer(layer.config));
  return lines;
}

TEST(LayerList, ShapesAndBatchFollowFromTheLinesAbove) {
  const Network net = parse_layer_list(
      "# a comment, then a blank line\n"
      "\n"
      "image: input batch=2 in=3x32x32\r\n"
      "conv out=8 kernel=3 pad=1   # behind a layer\n"
      "activation mode=relu\n"
      "pool mode=max kernel=2 stride=2\n"
      "fc out=10\n"
      "softmax",
      "net");
  EXPECT_THAT(texts(net),
              ElementsAre("conv batch=2 in=3x32x32 out=8 kernel=3x3 stride=1x1 pad=1x1",
                          "activation mode=relu batch=2 in=8x32x32",
                          "pool mode=max batch=2 in=8x32x32 kernel=2x2 stride=2x2 pad=0x0",
                          "fc batch=2 in=8x16x16 out=10", "softmax batch=2 in=10"));
  EXPECT_EQ(net.name, "net");
  EXPECT_EQ(net.batch, 2);
  EXPECT_EQ(net.layers[0].name, "conv1");
  EXPECT_EQ(net.layers[1].inputs, net.layers[0].outputs);
  EXPECT_EQ(net.layers[0].params, 3 * 3 * 3 * 8 + 8);
  EXPECT_EQ(net.layers[3].params, 8 * 16 * 16 * 10 + 10);
  ASSERT_EQ(net.outputs.size(), 1u);
  EXPECT_EQ(net.tensors[static_cast<std::size_t>(net.outputs[0])].shape, (Shape{2, 10}));
}

TEST(LayerList, BranchesAreNamed) {
  const Network net = parse_layer_list(
      "x: input in=16x8x8\n"
      "a: conv out=8 kernel=1\n"
      "b: conv out=24 kernel=3 pad=1 <- x\n"
      "both: concat <- a, b\n"
      "y: conv out=16 kernel=1\n"
      "sum: add <- y,x\n"
      "pool mode=adaptive_avg out=1x1\n"
      "gate: activation mode=sigmoid\n"
      "mul <- sum , gate\n"
      "three: max <- y, x, sum\n"
      "output <- three, a\n",
      "net");
  EXPECT_EQ(texts(net)[2], "concat batch=1 in=8x8x8+24x8x8");
  EXPECT_EQ(texts(net)[4], "add batch=1 in=16x8x8 inputs=2");
  EXPECT_EQ(texts(net)[7], "mul batch=1 in=16x8x8 inputs=2 broadcast=1");
  EXPECT_EQ(texts(net)[8], "max batch=1 in=16x8x8 inputs=3");
  EXPECT_THAT(net.layers[4].inputs, ElementsAre(net.layers[3].outputs[0], net.inputs[0]));
  EXPECT_THAT(net.outputs, ElementsAre(net.layers[8].outputs[0], net.layers[0].outputs[0]));
}

TEST(LayerList, LinesThatAreNoChainOfImages) {
  const Network net = parse_layer_list(
      "embedding batch=2 in=16 rows=100 width=32\n"
      "norm mode=layer\n"
      "q: move mode=transpose to=2x4x16x8\n"
      "attention <- q, q, q\n"
      "move mode=transpose to=2x16x32\n"
      "recurrent mode=gru hidden=32\n"
      "p: view to=2x16x32\n"
      "r: move mode=transpose to=2x32x16\n"
      "matmul <- p, r\n"
      "unsupported op=Magic\n"
      "s: move mode=split to=2x16x16 <- p -> left 2x16x8, right 2x16x8\n"
      "add <- left, right\n",
      "net");
  EXPECT_EQ(texts(net)[3], "attention batch=2 heads=4 queries=16 keys=16 width=8");
  EXPECT_EQ(texts(net)[5], "recurrent mode=gru batch=2 in=16x32 hidden=32");
  EXPECT_EQ(net.layers[5].params, 3 * 32 * (32 + 32) + 2 * 3 * 32);
  EXPECT_EQ(texts(net)[8], "matmul batch=2 m=16 k=32 n=16");
  EXPECT_EQ(net.layers[10].outputs.size(), 2u);
  EXPECT_EQ(texts(net)[11], "add batch=2 in=16x8 inputs=2");
  EXPECT_EQ(total_work(net).unsupported, 1);
}

TEST(LayerList, BiasesAreWhereTheyAreInPractice) {
  const Network net = parse_layer_list(
      "input in=3x8x8\n"
      "conv out=4 kernel=1\n"
      "norm mode=batch\n"
      "conv out=4 kernel=1\n"
      "conv out=4 kernel=1 params=16\n"
      "fc out=2\n",
      "net");
  std::vector<std::int64_t> params;
  for (const Layer& layer : net.layers) params.push_back(layer.params);
  EXPECT_THAT(params, ElementsAre(12, 8, 20, 16, 4 * 64 * 2 + 2));
}

TEST(LayerList, BatchAndShapeCanBeOverridden) {
  ImportOptions options;
  options.batch = 16;
  const char* const spelt_out =
      "image: input batch=8 in=3x8x8\n"
      "conv batch=8 in=3x8x8 out=4 kernel=1\n"
      "view batch=8 in=4x8x8 to=32x4x16\n"
      "matmul batch=32 m=4 k=16 n=4 <- view1, view1\n";
  EXPECT_THAT(texts(parse_layer_list(spelt_out, "net", options)),
              ElementsAre("conv batch=16 in=3x8x8 out=4 kernel=1x1 stride=1x1 pad=0x0",
                          "view batch=16 in=4x8x8 to=64x4x16", "matmul batch=64 m=4 k=16 n=4"));
  EXPECT_EQ(parse_layer_list(spelt_out, "net", options).batch, 16);
  EXPECT_EQ(texts(parse_layer_list("fc batch=4 in=8 out=2\nfc out=3", "net", options))[1],
            "fc batch=16 in=2 out=3");
  options.batch.reset();
  options.shapes["image"] = Shape{2, 3, 16, 16};
  EXPECT_EQ(texts(parse_layer_list("image: input batch=8 in=3x8x8\nconv out=4 kernel=3", "net",
                                   options))[0],
            "conv batch=2 in=3x16x16 out=4 kernel=3x3 stride=1x1 pad=0x0");
  EXPECT_THAT(error_of("input in=3x8x8\nconv out=4 kernel=1", options),
              HasSubstr("no input is called 'image'"));
  EXPECT_THAT(error_of("image: input batch=8 in=3x8x8\nconv in=3x8x8 out=4 kernel=3", options),
              HasSubstr("line 2: its input is 2x3x8x8, but 'image' gives 2x3x16x16"));
}

TEST(LayerList, ErrorsNameTheLine) {
  EXPECT_THAT(error_of(""), HasSubstr("the list has no layer"));
  EXPECT_THAT(error_of("input in=3x8x8\n# only an input"), HasSubstr("no layer"));
  EXPECT_THAT(error_of("input in=3x8x8\n\nconvv out=4 kernel=1"), HasSubstr("line 3: 'convv'"));
  EXPECT_THAT(error_of("input in=3x8x8\nconv out=4 kernel=9"), HasSubstr("line 2: the kernel"));
  EXPECT_THAT(error_of("input in=3x8x8\nadd"), HasSubstr("say what it reads"));
  EXPECT_THAT(error_of("input in=3x8x8\nsoftmax <- other"), HasSubstr("reads 'other'"));
  EXPECT_THAT(error_of("a: softmax in=4 <- a"), HasSubstr("no line above has that name"));
  EXPECT_THAT(error_of("a: softmax in=4\na: softmax"), HasSubstr("line 2: 'a' is the name"));
  EXPECT_THAT(error_of("softmax in=4\nfc in=5 out=2"), HasSubstr("'softmax1' gives 1x4"));
  EXPECT_THAT(error_of("softmax in=4\nfc out=2 <- softmax1 softmax1"), HasSubstr("commas"));
  EXPECT_THAT(error_of("softmax in=4\nfc out=2 <-"), HasSubstr("'<-' wants names"));
  EXPECT_THAT(error_of("softmax in=4 -> 1xy"), HasSubstr("no shape"));
  EXPECT_THAT(error_of("a:"), HasSubstr("a name without a layer"));
  EXPECT_THAT(error_of("a: <- b"), HasSubstr("kind is missing"));
  EXPECT_THAT(error_of("input in=3x8x8 color=red"), HasSubstr("has no 'color=red'"));
  EXPECT_THAT(error_of("conv batch=1 in=3x8x8 out=4 kernel=1 params=x"), HasSubstr("params=x"));
  EXPECT_THAT(error_of("input batch=1 in=4000000000x4000000000x8\nsoftmax"), HasSubstr("2^63"));
  EXPECT_THAT(error_of("unsupported op=A\nsoftmax"), HasSubstr("whose shape is unknown"));
}

TEST(LayerList, NamesSurviveEscaping) {
  const std::string odd("a b,c#d<e>f\\x41\n\x01\xff\xc3\xa4:\x1b[0m", 24);
  EXPECT_EQ(unescape_name(escape_name(odd)), odd);
  EXPECT_EQ(escape_name("layer1/conv:0"), "layer1/conv:0");
  EXPECT_EQ(escape_name("\xc3\xa4"), "\xc3\xa4");
  EXPECT_EQ(escape_name("a b"), "a\\x20b");
  const Network net = parse_layer_list("a\\x20b: input in=4\nfc out=2 <- a\\x20b", "net");
  EXPECT_EQ(net.tensors[0].name, "a b");
}

struct Expected {
  const char* file;
  std::int64_t macs, params;
};

// Independent counts: multiply-accumulates of conv and fc layers and parameters of torchvision's
// models; the others by hand.
TEST(ExampleNetworks, CountsAreThePublishedOnes) {
  const Expected rows[] = {
      {"alexnet", 714'188'480, 61'100'840},
      {"vgg16", 15'470'264'320, 138'357'544},
      {"resnet50", 4'089'184'256, 25'557'032},
  };
  for (const Expected& row : rows) {
    const std::string path =
        std::string(NEURALPOWER_SOURCE_DIR "/examples/networks/") + row.file + ".layers";
    const NetworkWork work = total_work(import_layer_list(path, {}));
    EXPECT_EQ(work.macs, row.macs) << row.file;
    EXPECT_EQ(work.params, row.params) << row.file;
    EXPECT_EQ(work.unsupported, 0);
    ImportOptions options;
    options.batch = 64;
    EXPECT_EQ(total_work(import_layer_list(path, options)).macs, 64 * row.macs) << row.file;
  }
  for (const char* name : {"nin", "overfeat", "cifar10_6conv"}) {
    const Network net = import_layer_list(
        std::string(NEURALPOWER_SOURCE_DIR "/examples/networks/") + name + ".layers", {});
    ASSERT_EQ(net.outputs.size(), 1u);
    EXPECT_EQ(net.tensors[static_cast<std::size_t>(net.outputs[0])].shape.element_count(),
              std::string(name) == "cifar10_6conv" ? 10 : 1000);
  }
}

TEST(LayerListSafety, AHundredThousandLines) {
  std::string text = "input in=4x8x8\n";
  for (int i = 0; i < 100'000; ++i) text += "conv out=4 kernel=3 pad=1\n";
  EXPECT_EQ(parse_layer_list(text, "net").layers.size(), 100'000u);
}

TEST(LayerListSafety, TwentyThousandInputsToOneConcat) {
  std::string text, names;
  for (int i = 0; i < 20'000; ++i) {
    text += "i" + std::to_string(i) + ": input in=1x2x2\n";
    names += (i == 0 ? "i" : ",i") + std::to_string(i);
  }
  const Network net = parse_layer_list(text + "concat <- " + names, "net");
  EXPECT_EQ(net.layers[0].config.inputs.size(), 20'000u);
}

TEST(LayerListSafety, LongShapesAreRefused) {
  std::string sizes = "2";
  for (int i = 0; i < 100'000; ++i) sizes += "x1";
  EXPECT_THAT(error_of("input in=" + sizes + "\nsoftmax"), HasSubstr("more than 32 dimensions"));
  EXPECT_THAT(error_of("input in=2\nview to=1x" + sizes), HasSubstr("more than 32 dimensions"));
  EXPECT_THAT(error_of("input in=2\nsoftmax -> 1x" + sizes), HasSubstr("more than 32 dimensions"));
}

// The sketch of docs/formats.md.
TEST(LayerList, TenLinesMakeAResidualNetwork) {
  const Network net = parse_layer_list(
      "# Ten lines make a residual network.\n"
      "image: input batch=8 in=3x32x32\n"
      "stem:  conv out=64 kernel=3 pad=1\n"
      "       norm mode=batch\n"
      "a:     activation mode=relu\n"
      "       conv out=64 kernel=3 pad=1\n"
      "b:     norm mode=batch\n"
      "       add <- a, b\n"
      "       activation mode=relu\n"
      "       pool mode=adaptive_avg out=1x1\n"
      "       fc out=10\n",
      "net");
  EXPECT_EQ(total_work(net).params, 27 * 64 + 128 + 9 * 64 * 64 + 128 + 650);
  EXPECT_EQ(net.batch, 8);
}

TEST(LayerListSafety, EveryTruncationIsReadOrRefused) {
  const std::string text =
      "x: input batch=2 in=16x8x8 dtype=f16\n"
      "a: conv out=8 kernel=1x3 pad=0,1,0,1 dilation=1 groups=2\n"
      "concat <- a, x -> both 2x24x8x8\n"
      "pool mode=avg kernel=2 stride=2 ceil=1\n"
      "output <- pool1, a\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    error_of(text.substr(0, size));
    for (int bit = 0; bit < 8 && size < text.size(); ++bit) {
      std::string flipped = text;
      flipped[size] = static_cast<char>(flipped[size] ^ (1 << bit));
      error_of(flipped);
    }
  }
}

}  // namespace
}  // namespace neuralpower
