// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime's profile: a JSON array of trace events. A node's run is an event of category "Node"
// whose name ends with "_kernel_time", with the operation and the shapes in `args`; a whole run is
// the event "model_run". Times are whole microseconds.
#include <algorithm>
#include <map>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/samples/profiles/formats.h"
#include "neuralpower/samples/profiles/json_events.h"

namespace neuralpower {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kKernel = "_kernel_time";

// [{"float": [1, 64, 56, 56]}, {"int64": [2]}]
std::vector<Shape> shapes_of(const Json& args, const char* key) {
  std::vector<Shape> shapes;
  const auto list = args.find(key);
  if (list == args.end() || !list->is_array()) return shapes;
  for (const Json& one : *list) {
    std::vector<std::int64_t> sizes;
    if (one.is_object() && !one.empty())
      for (const Json& size : *one.begin())
        if (size.is_number_integer()) sizes.push_back(size.get<std::int64_t>());
    shapes.emplace_back(std::move(sizes));
  }
  return shapes;
}

class Reader {
 public:
  void take(const Json& event) {
    const std::string name = json_text_of(event, "name"), category = json_text_of(event, "cat");
    if (category == "Session" && name == "model_run") {
      profile_.runs.push_back(microseconds_of(event, "dur"));
    } else if (category == "Node" && name.ends_with(kKernel)) {
      take_node(name.substr(0, name.size() - kKernel.size()), event);
    }
  }

  Profile finish() {
    fold_loops();
    std::string where;
    for (const std::string& provider : providers_) where += (where.empty() ? " " : "+") + provider;
    profile_.software = "ONNX Runtime" + where;
    return std::move(profile_);
  }

 private:
  void take_node(const std::string& name, const Json& event) {
    const Json empty = Json::object();
    const auto found = event.find("args");
    const Json& args = found == event.end() || !found->is_object() ? empty : *found;
    // A node of a loop's body keeps its index and may change its shapes.
    const std::string key = json_text_of(args, "node_index") + " " + name;
    const auto [place, is_new] = places_.try_emplace(key, profile_.events.size());
    if (is_new) {
      ProfileEvent node;
      node.name = name;
      node.op = json_text_of(args, "op_name");
      node.inputs = shapes_of(args, "input_type_shape");
      node.outputs = shapes_of(args, "output_type_shape");
      profile_.events.push_back(std::move(node));
    }
    std::string provider = json_text_of(args, "provider");
    if (const auto end = provider.find("ExecutionProvider"); end != std::string::npos)
      provider.resize(end);
    if (!provider.empty()) providers_.insert(provider);
    profile_.events[place->second].times.push_back(microseconds_of(event, "dur"));
  }

  // What ran more often than the network is the body of a loop: its turns of one run are summed.
  void fold_loops() {
    const std::size_t runs = profile_.runs.size();
    if (runs == 0) return;
    for (ProfileEvent& event : profile_.events) {
      const std::size_t turns = event.times.size() / runs;
      if (turns < 2 || event.times.size() % runs != 0) continue;
      std::vector<Seconds> sums(runs, Seconds(0));
      for (std::size_t i = 0; i < event.times.size(); ++i) sums[i / turns] += event.times[i];
      event.times = std::move(sums);
    }
  }

  Profile profile_;
  std::map<std::string, std::size_t> places_;
  std::set<std::string> providers_;
};

}  // namespace

bool is_onnxruntime_profile(std::string_view beginning) {
  const std::string_view text = trim(beginning);
  return text.starts_with("[") &&
         (text.find("\"model_loading") != std::string_view::npos ||
          text.find("_kernel_time\"") != std::string_view::npos ||
          text.find("\"session_initialization\"") != std::string_view::npos);
}

Profile read_onnxruntime_profile(std::istream& in) {
  Reader reader;
  for_each_json_event(in, 1, [&](const Json& event) { reader.take(event); });
  return reader.finish();
}

}  // namespace neuralpower
