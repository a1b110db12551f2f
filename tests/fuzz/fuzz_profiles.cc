// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, plain or gzip, they are refused with an Error or read as a profile whose
// times are times, whose layers have texts, and which is or is not one of a given network.
#include <cmath>
#include <string_view>

#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/samples/profiles/match.h"
#include "tests/fuzz/check_network.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuralpower;
  static const Network network = parse_layer_list(
      "input batch=1 in=3x8x8\nc: conv out=4 kernel=3\nr: activation mode=relu\n"
      "p: pool mode=max kernel=2 stride=2\nadd <- p, p\nfc out=10\nsoftmax\n",
      "fuzz");
  const auto is_time = [](Seconds time) {
    return std::isfinite(time.value()) && time.value() >= 0;
  };
  const MemoryFile file({reinterpret_cast<const char*>(data), size});
  refused_or([&] {
    const Profile profile = read_profile(file.path());
    for (const ProfileEvent& event : profile.events) {
      for (const Seconds time : event.times) check(is_time(time));
      if (event.layer) check(parse_layer(format_layer(*event.layer)) == *event.layer);
    }
    const ProfileMatch match = match_profile(profile, network);
    for (const Sample& sample : match.samples) check(is_time(sample.runtime));
    check(match.in_network + match.added <= match.nodes);
  });
  return 0;
}
