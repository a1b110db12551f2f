// SPDX-License-Identifier: Apache-2.0
// trtexec --exportProfile: [{"count": 2094}, {"name": "conv1 + relu1", "timeMs": 47.8, "averageMs":
// 0.0228, "medianMs": 0.0225, "percentage": 1.6}, ...]. The name of a fused layer lists its nodes:
// "a + b", "PWN(a, b)"; "Reformatting CopyNode for Input Tensor 0 to a + b" changes the layout of
// what a + b reads, "... Output Tensor ..." of what it writes, and "a_output_0 copy" puts a tensor
// into its place in a concatenation.
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/samples/profiles/formats.h"
#include "neuralpower/samples/profiles/json_events.h"

namespace neuralpower {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kReformat = "Reformatting CopyNode for ", kCopy = " copy";

// The nodes' names, whatever brackets and signs stand around them.
std::vector<std::string> members_of(std::string_view name) {
  std::vector<std::string> members;
  std::string piece;
  const auto end_piece = [&] {
    std::string_view one = trim(piece);
    while (one.starts_with("PWN(") || one.starts_with("("))
      one = trim(one.substr(one.find('(') + 1));
    while (one.ends_with(")")) one = trim(one.substr(0, one.size() - 1));
    if (!one.empty()) members.emplace_back(one);
    piece.clear();
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with(" + ") || name.substr(i).starts_with(" || ")) {
      end_piece();
      i += name[i + 1] == '|' ? 3 : 2;
    } else if (name[i] == ',') {
      end_piece();
    } else {
      piece += name[i];
    }
  }
  end_piece();
  return members;
}

ProfileEvent event_of(const Json& json) {
  ProfileEvent event;
  event.name = json_text_of(json, "name");
  double ms = 0;
  for (const char* key : {"medianMs", "averageMs"}) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number()) continue;
    ms = found->get<double>();
    break;
  }
  event.times = {microseconds_in(ms * 1e3)};
  std::string_view name = event.name;
  if (name.starts_with(kReformat)) {
    const bool of_output = name.substr(kReformat.size()).starts_with("Output");
    event.op = std::string(of_output ? kReorderOutput : kReorderInput);
    const std::size_t to = name.find(" to ");
    name = to == std::string_view::npos ? std::string_view{} : name.substr(to + 4);
  }
  if (name.ends_with(kCopy)) {
    event.op = std::string(kReorderOutput);
    name.remove_suffix(kCopy.size());
  }
  event.members = members_of(name);
  return event;
}

}  // namespace

bool is_tensorrt_profile(std::string_view beginning) {
  return trim(beginning).starts_with("[") &&
         (beginning.find("\"averageMs\"") != std::string_view::npos ||
          beginning.find("\"medianMs\"") != std::string_view::npos);
}

Profile read_tensorrt_profile(std::istream& in) {
  Profile profile;
  profile.software = "TensorRT";
  for_each_json_event(in, 1, [&](const Json& json) {
    if (json.contains("name")) profile.events.push_back(event_of(json));
  });
  return profile;
}

}  // namespace neuralpower
