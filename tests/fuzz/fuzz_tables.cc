// SPDX-License-Identifier: Apache-2.0
// The small files: tables to rank, errors of networks, data sheets of devices, rules of fusion.
// Whatever the bytes are, they are refused with an Error or give numbers that can be compared.
#include <cmath>
#include <string_view>

#include "neuralpower/base/text.h"
#include "neuralpower/decide/candidate.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/network/fusion_rules.h"
#include "tests/fuzz/check_network.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuralpower;
  static const Network network = parse_layer_list(
      "input batch=2 in=3x9x9\nconv out=4 kernel=3 pad=1\nnorm mode=batch\nactivation mode=relu\n"
      "deconv out=4 kernel=3 stride=2\npool mode=max kernel=2\ndropout\nfc out=10\n",
      "fuzz");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const MemoryFile file(text);
  refused_or([&] {
    for (const auto& [name, error] : read_errors_csv(file.path()))
      check(error.low >= 0 && error.low <= error.value && error.value <= error.high &&
            error.high <= 1);
  });
  refused_or([&] {
    for (const Candidate& candidate : read_candidates_csv(file.path()))
      check(std::isfinite(candidate.energy_per_item.value.value()));
  });
  refused_or([&] {
    const NetworkPrediction prediction = predict_with_paleo(network, parse_paleo_device(text));
    check(prediction.layers.size() == network.layers.size());
  });
  refused_or([&] {
    std::vector<std::string> rules;
    for (const std::string_view rule : split(text, '\n')) rules.emplace_back(rule);
    check_order(apply_fusion(network, FusionRules::parse(rules)).network);
  });
  return 0;
}
