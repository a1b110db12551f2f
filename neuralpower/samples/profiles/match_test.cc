// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

const std::string kFolder = NEURALPOWER_SOURCE_DIR "/examples/profiles/";

ProfileMatch match(const std::string& profile, const std::string& network) {
  return match_profile(read_profile(kFolder + profile), import_network(kFolder + network));
}

std::string error_of(const std::string& profile, const std::string& network) {
  try {
    match(profile, network);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string> layers_of_run(const ProfileMatch& m, int run) {
  std::vector<std::string> texts;
  for (const Sample& s : m.samples)
    if (s.repetition == run) texts.push_back(format_layer(s.layer));
  return texts;
}

TEST(MatchProfile, FindsFusedNodesInTheNetwork) {
  const ProfileMatch m = match("resnet18.all.json.gz", "resnet18.onnx");
  EXPECT_DOUBLE_EQ(m.time_share, 1);
  EXPECT_TRUE(m.unmatched.empty());
  EXPECT_TRUE(m.not_run.empty());
  EXPECT_EQ(m.runs.size(), 6u);
  EXPECT_EQ(m.samples.size(), 6u * 25u);
  const auto layers = layers_of_run(m, 1);
  EXPECT_EQ(layers[0], "conv batch=1 in=3x224x224 out=64 kernel=7x7 stride=2x2 pad=3x3 post=relu");
  EXPECT_EQ(layers[3],
            "conv batch=1 in=64x56x56 out=64 kernel=3x3 stride=1x1 pad=1x1 post=add+relu");
  EXPECT_EQ(m.samples[0].software, "ONNX Runtime CPU");
  EXPECT_EQ(m.samples[0].name, "/conv1/Conv+relu/Relu");
  // What is in nodes and what is between them make the whole run.
  Seconds sum(0);
  for (const Sample& s : m.samples)
    if (s.repetition == 3) sum += s.runtime + s.overhead;
  EXPECT_NEAR(sum / m.runs[2].runtime, 1, 0.001);
}

TEST(MatchProfile, TakesUnfusedNodesAsTheyAre) {
  const ProfileMatch m = match("resnet18.disabled.json.gz", "resnet18.onnx");
  EXPECT_DOUBLE_EQ(m.time_share, 1);
  EXPECT_EQ(m.added, 0);
  EXPECT_EQ(m.samples[0].software, "ONNX Runtime CPU, not fused");
  EXPECT_EQ(layers_of_run(m, 1)[1], "activation mode=relu batch=1 in=64x112x112");
}

TEST(MatchProfile, DescribesWhatTheToolAddedByItsShapes) {
  const ProfileMatch m = match("squeezenet1_0.all.json.gz", "squeezenet1_0.onnx");
  EXPECT_THAT(layers_of_run(m, 1), ::testing::Contains(HasSubstr("move mode=reorder")));
  EXPECT_EQ(m.added, 1);
}

TEST(MatchProfile, RefusesAnotherNetworksProfile) {
  EXPECT_THAT(error_of("resnet18.all.json.gz", "resnet50.onnx"), HasSubstr("another network"));
  EXPECT_THAT(error_of("resnet50.all.json.gz", "resnet18.onnx"), HasSubstr("another network"));
  EXPECT_THAT(error_of("vgg16.all.json.gz", "nin.onnx"), HasSubstr("another network"));
}

// A network of a convolution with a sum, an activation and a product behind it.
Network small_network() {
  Network network;
  const auto add = [&](const std::string& name, const std::string& text,
                       std::vector<TensorId> inputs, Shape out) {
    Layer layer;
    layer.name = name;
    layer.config = parse_layer(text);
    layer.inputs = std::move(inputs);
    layer.outputs = {network.add_tensor({name + "_out", std::move(out)})};
    network.layers.push_back(layer);
    return layer.outputs[0];
  };
  network.name = "small";
  network.batch = 2;
  network.inputs = {network.add_tensor({"x", {2, 8, 16, 16}})};
  const auto conv =
      add("conv1", "conv batch=2 in=8x16x16 out=8 kernel=3x3 pad=1x1", {0}, {2, 8, 16, 16});
  const auto sum = add("add1", "add batch=2 in=8x16x16 inputs=2", {conv, 0}, {2, 8, 16, 16});
  const auto relu = add("relu1", "activation mode=relu batch=2 in=8x16x16", {sum}, {2, 8, 16, 16});
  network.outputs = {add("fc1", "fc batch=2 in=8x16x16 out=10", {relu}, {2, 10})};
  return network;
}

ProfileEvent event(std::string name, std::string op, std::vector<std::string> members) {
  ProfileEvent e;
  e.name = std::move(name);
  e.op = std::move(op);
  e.members = std::move(members);
  e.times = {microseconds(10)};
  return e;
}

TEST(MatchProfile, BelievesTheToolsListOfNodes) {
  Profile profile;
  profile.software = "TensorRT";
  profile.events = {event("Reformatting CopyNode", "reorder", {"conv1"}),
                    event("conv1 + add1 + relu1", "", {"conv1", "add1", "relu1"}),
                    event("fc1", "", {"fc1"}),
                    event("fc1 copy", std::string(kReorderOutput), {"fc1"})};
  const auto layers = layers_of_run(match_profile(profile, small_network()), 1);
  ASSERT_EQ(layers.size(), 4u);
  EXPECT_THAT(layers[3], HasSubstr("move mode=reorder batch=2 in=10"));
  EXPECT_THAT(layers[0], HasSubstr("move mode=reorder batch=2 in=8x16x16"));
  EXPECT_THAT(layers[1], HasSubstr("post=add+relu"));
}

TEST(MatchProfile, FindsNamelessOperatorsInOrder) {
  Profile profile;
  profile.software = "PyTorch";
  profile.in_order = true;
  profile.events = {event("aten::conv2d", "conv2d", {}), event("aten::add", "add", {}),
                    event("aten::relu", "relu", {}), event("aten::linear", "linear", {})};
  profile.events.push_back(event("aten::mystery", "mystery", {}));
  const ProfileMatch m = match_profile(profile, small_network());
  EXPECT_EQ(m.in_network, 4);
  ASSERT_EQ(m.unmatched.size(), 1u);
  EXPECT_EQ(m.unmatched[0].op, "mystery");
  EXPECT_NEAR(m.time_share, 0.8, 1e-9);
}

}  // namespace
}  // namespace neuralpower
