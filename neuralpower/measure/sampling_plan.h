// SPDX-License-Identifier: Apache-2.0
// SamplingPlan: which layers a campaign measures, as a text file (`.plan`; docs/formats.md).
//
//   # a comment
//   seed 2017
//   network ../networks/overfeat.layers batch=1,8         every layer of a network
//   layer conv batch=1 in=3x224x224 out=64 kernel=7 stride=2 pad=3
//   draw 40 conv batch={n} in={ci}x{s}x{s} out={co} kernel=3 pad=1
//     n = 1 | 2 | 4 | 8 | 16
//     ci = 16..1024 step 16 log
//     s = 7 | 14 | 28 | 56 | 112
//     co = 16..1024 step 16 log
//     limit gflop 10
//     limit mbyte 100
//
// A `draw` is a layer text with names in braces; below it stand their values: words between bars,
// or a range of whole numbers with an optional step, evenly spread or (`log`) evenly in its
// logarithm. The values are drawn by a low-discrepancy sequence, so that few layers fill the space;
// what does not fit together (a kernel larger than its input) or exceeds a limit is drawn again.
// The same file gives the same layers everywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/network/layer_config.h"
#include "neuralpower/network/network.h"

namespace neuralpower {

struct PlanVariable {
  std::string name;
  std::vector<std::string> words;  // either these, to choose from,
  std::int64_t low = 0, high = 0;  // or this range
  std::int64_t step = 1;
  bool logarithmic = false;
};

struct PlanDraw {
  int count = 0;
  std::string layer;  // with {names}
  std::vector<PlanVariable> variables;
  double max_flops = 1e300, max_bytes = 1e300;
  std::size_t line = 0;
};

struct PlanNetwork {
  std::filesystem::path file;  // relative ones are taken from the plan's folder
  std::vector<std::int64_t> batches;
};

struct SamplingPlan {
  std::uint64_t seed = 1;
  std::vector<PlanNetwork> networks;
  std::vector<LayerConfig> layers;
  std::vector<PlanDraw> draws;
};

// Errors (bad input) name the file and the line.
SamplingPlan read_sampling_plan(const std::filesystem::path& file);
SamplingPlan parse_sampling_plan(std::string_view text);

// All layers, each once, so ordered that every beginning of the list covers every part of the plan
// in proportion: a campaign that is cut short has seen everything. `networks` are those the plan
// asks for (reading them is the importers' work). Error if a draw's limits leave too little.
std::vector<LayerConfig> expand(const SamplingPlan& plan,
                                const std::vector<Network>& networks = {});

// The layers of a network that can be measured, each once.
std::vector<LayerConfig> layers_of(const Network& network);

}  // namespace neuralpower
