// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as a sampling plan that gives each
// of its layers once, the same ones each time.
#include <set>
#include <string>
#include <string_view>

#include "neuralpower/measure/sampling_plan.h"
#include "tests/fuzz/check_network.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuralpower;
  static const Network network =
      parse_layer_list("input batch=1 in=3x8x8\nconv out=4 kernel=3\nfc out=10\n", "fuzz");
  refused_or([&] {
    SamplingPlan plan = parse_sampling_plan({reinterpret_cast<const char*>(data), size});
    // Thousands of draws are slow and teach nothing new.
    for (PlanDraw& draw : plan.draws) draw.count = std::min(draw.count, 8);
    const std::vector<Network> networks(plan.networks.size(), network);
    std::set<std::string> texts;
    const std::vector<LayerConfig> layers = expand(plan, networks);
    for (const LayerConfig& layer : layers) check(texts.insert(format_layer(layer)).second);
    check(expand(plan, networks) == layers);
  });
  return 0;
}
