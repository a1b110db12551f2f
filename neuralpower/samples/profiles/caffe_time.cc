// SPDX-License-Identifier: Apache-2.0
// `caffe time` logs: "I1120 10:00:00.000000 1 caffe.cpp:404]      conv1\tforward: 4.9 ms." a layer,
// averages over all iterations; "Average Forward pass: 98.7 ms." for the whole. Backward passes are
// passed over.
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/samples/profiles/formats.h"
#include "neuralpower/samples/profiles/lines.h"

namespace neuralpower {
namespace {

constexpr std::string_view kForward = "forward:", kWhole = "Average Forward pass:";

Seconds time_in(std::string_view text) {
  const auto ms = first_number(text);
  if (!ms || *ms > 1e8) throw bad_input("'" + printable(trim(text), 40) + "' is no time in ms");
  return milliseconds(*ms);
}

}  // namespace

bool is_caffe_profile(std::string_view beginning) {
  return beginning.find("\tforward: ") != std::string_view::npos ||
         (beginning.find("caffe") != std::string_view::npos &&
          beginning.find("forward: ") != std::string_view::npos);
}

Profile read_caffe_profile(std::istream& in) {
  Profile profile;
  profile.software = "Caffe";
  for_each_line(in, [&](std::string_view line) {
    if (const std::size_t at = line.find(kWhole); at != std::string_view::npos) {
      profile.runs = {time_in(line.substr(at + kWhole.size()))};
      return;
    }
    const std::size_t at = line.find(kForward);
    if (at == std::string_view::npos) return;
    std::string_view name = line.substr(0, at);
    if (const std::size_t prefix = name.find("] "); prefix != std::string_view::npos)
      name = name.substr(prefix + 2);
    ProfileEvent event;
    event.name = std::string(trim(name));
    event.times = {time_in(line.substr(at + kForward.size()))};
    profile.events.push_back(std::move(event));
  });
  return profile;
}

}  // namespace neuralpower
