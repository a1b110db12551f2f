// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/software_stacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

namespace neuralpower {
namespace {

constexpr std::string_view kNotFused = ", not fused";

struct LayoutRow {
  std::string_view layers, when, takes;
};

struct Stack {
  std::string_view name;  // what `software` begins with
  std::span<const std::string_view> fusion;
  std::span<const LayoutRow> layout;
};

// ONNX Runtime's graph optimisations on a CPU, at level "all".
constexpr std::string_view kOnnxRuntimeFusion[] = {
    "constants",
    "slices",
    "gelu",
    "silu",
    "hard_swish",
    "hard_sigmoid",
    "layer_norm",
    "conv+(norm.batch)",
    "conv+(scale)",
    "conv+(bias)",
    "(pad)+conv",
    "(pad)+pool",
    "conv+relu",
    "conv+sigmoid",
    "conv+tanh",
    "conv+leaky_relu",
    "conv+clip",
    "conv+hard_sigmoid",
    "conv+hard_swish",
    "conv+add+relu",
    "conv+add+sigmoid",
    "conv+add+tanh",
    "conv+add+clip",
    "conv+add+leaky_relu",
    "norm.batch+relu",
    "norm.batch+clip",
    "fc+(bias)",
    "fc+relu",
    "fc+sigmoid",
    "fc+tanh",
    "fc+leaky_relu",
    "(add)+norm.layer",
    "(scale)+matmul",
    "matmul+(scale)",
};

// Its layout of blocks of 16 channels ("NCHWc").
constexpr LayoutRow kOnnxRuntimeLayout[] = {
    {"conv", "[groups==1]*[Ci<16]", "plain"},
    {"conv", "[groups==1]*[Ci>=16]*[Ci%4==0]", "blocked"},
    {"conv", "[groups>1]*[Ci/groups==1]*[Co/groups==1]*[Co%4==0]", "blocked"},
    {"conv", "[groups>1]*[(Ci/groups)%16==0]*[(Co/groups)%16==0]", "blocked"},
    {"pool", "[C%16==0]", "blocked"},
    {"norm.batch", "1", "same"},
    {"activation", "1", "same"},
    {"add", "[inputs>=2]", "same"},
    {"mul", "[inputs>=2]", "same"},
    {"concat", "[c1%16==0]*[c2%16==0]*[c3%16==0]*[c4%16==0]*[c5%16==0]*[c6%16==0]", "same"},
};

// What inference engines for accelerators and phones have in common.
constexpr std::string_view kEngineFusion[] = {
    "constants",         "gelu",         "silu",        "hard_swish",      "layer_norm",
    "conv+(norm.batch)", "conv+(scale)", "conv+(bias)", "(pad)+conv",      "conv+relu",
    "conv+clip",         "conv+sigmoid", "conv+silu",   "conv+hard_swish", "conv+leaky_relu",
    "conv+add+relu",     "fc+(bias)",    "fc+relu",     "fc+gelu",         "fc+clip",
    "add+relu",
};

constexpr Stack kStacks[] = {
    {"ONNX Runtime CPU", kOnnxRuntimeFusion, kOnnxRuntimeLayout},
    {"ONNX Runtime", kOnnxRuntimeFusion, {}},
    {"TensorRT", kEngineFusion, {}},
    {"TensorFlow Lite", kEngineFusion, {}},
};

}  // namespace

StackRules rules_of_software(std::string_view software) {
  StackRules rules;
  if (software.ends_with(kNotFused)) return rules;
  for (const Stack& stack : kStacks) {
    if (!software.starts_with(stack.name)) continue;
    rules.fusion.assign(stack.fusion.begin(), stack.fusion.end());
    for (const LayoutRow& row : stack.layout)
      rules.layout.push_back(
          {std::string(row.layers), std::string(row.when), std::string(row.takes)});
    break;
  }
  return rules;
}

KeptSamples keep_one_kind_of_run(std::vector<Sample> samples) {
  std::set<std::string, std::less<>> fused;
  for (const Sample& sample : samples)
    if (!sample.software.ends_with(kNotFused)) fused.insert(sample.software);
  const auto is_left_out = [&](const Sample& sample) {
    std::string_view software = sample.software;
    if (!software.ends_with(kNotFused)) return false;
    software.remove_suffix(kNotFused.size());
    return fused.contains(software);
  };
  std::string stack;
  for (const Sample& sample : samples)
    if (is_left_out(sample)) stack = sample.software;
  const auto removed = std::erase_if(samples, is_left_out);
  KeptSamples kept{std::move(samples), ""};
  if (removed > 0)
    kept.left_out = fmt::format(
        "{} samples of '{}' are left out: the others ran fused, with other kernels for the same "
        "layers; for a model of runs without fusion train on those samples alone",
        removed, stack);
  return kept;
}

}  // namespace neuralpower
