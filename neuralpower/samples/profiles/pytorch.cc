// SPDX-License-Identifier: Apache-2.0
// PyTorch's profiler (export_chrome_trace): {"traceEvents": [{"ph": "X", "cat": "cpu_op", "name":
// "aten::conv2d", "tid": 1, "ts": 10, "dur": 900, "args": {"Input Dims": [[1, 3, 224, 224],
// ...]}}]}, or the events alone as an array where PyTorch was built without Kineto. Operators call
// operators: the outermost of each thread are the nodes. Their inputs' shapes are there if
// record_shapes=True was given; without them nodes are told by their order alone.
#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/samples/profiles/formats.h"
#include "neuralpower/samples/profiles/json_events.h"
#include "neuralpower/samples/profiles/lines.h"

namespace neuralpower {
namespace {

using Json = nlohmann::json;

struct Call {
  std::string name;
  double start = 0, time = 0;  // us
  double thread = 0;
  std::vector<Shape> inputs;
};

double number_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number())
    throw bad_input("event '" + printable(json_text_of(json, "name"), 80) + "' has no number in '" +
                    key + "'");
  return found->get<double>();
}

std::vector<Shape> shapes_of(const Json& event) {
  std::vector<Shape> shapes;
  const auto args = event.find("args");
  if (args == event.end() || !args->is_object()) return shapes;
  const auto dims = args->find("Input Dims");
  if (dims == args->end() || !dims->is_array()) return shapes;
  for (const Json& one : *dims) {
    std::vector<std::int64_t> sizes;
    if (one.is_array())
      for (const Json& size : one)
        if (size.is_number_integer()) sizes.push_back(size.get<std::int64_t>());
    shapes.emplace_back(std::move(sizes));
  }
  return shapes;
}

// "aten::relu_" is relu, written in place.
std::string operation_of(std::string_view name) {
  if (const std::size_t at = name.rfind("::"); at != std::string_view::npos)
    name = name.substr(at + 2);
  while (name.size() > 1 && name.ends_with('_')) name.remove_suffix(1);
  return std::string(name);
}

class Reader {
 public:
  void take(const Json& event) {
    const std::string category = json_text_of(event, "cat");
    const bool is_operator =
        category.empty() ? json_text_of(event, "name").find("::") != std::string::npos
                         : to_lower(category) == "cpu_op" || to_lower(category) == "operator";
    if (!is_operator || json_text_of(event, "ph") != "X") return;
    constexpr std::size_t kMost = 4'000'000;
    if (calls_.size() == kMost)
      throw bad_input("more than 4 million operators; profile fewer runs");
    Call call;
    call.name = json_text_of(event, "name");
    call.start = number_of(event, "ts");
    call.time = microseconds_of(event, "dur").value() * 1e6;
    if (event.contains("tid") && event["tid"].is_number()) call.thread = number_of(event, "tid");
    call.inputs = shapes_of(event);
    calls_.push_back(std::move(call));
  }

  Profile finish() {
    std::stable_sort(calls_.begin(), calls_.end(), [](const Call& a, const Call& b) {
      if (a.thread != b.thread) return a.thread < b.thread;
      return a.start != b.start ? a.start < b.start : a.time > b.time;
    });
    double end = -1, thread = 0;
    bool any_shape = false;
    for (Call& call : calls_) {
      if (call.thread != thread) end = -1;
      thread = call.thread;
      if (call.start < end) continue;  // called by the one before
      end = call.start + call.time;
      any_shape = any_shape || !call.inputs.empty();
      add(std::move(call));
    }
    Profile profile;
    if (!any_shape)
      profile.notes.push_back(
          "no shapes in it (record_shapes=True gives them): nodes are told by their order alone");
    profile.software = "PyTorch";
    profile.in_order = true;
    std::size_t left_out = 0;
    profile.events = nodes_.finish(left_out);
    if (left_out > 0)
      profile.notes.push_back(std::to_string(left_out) + " operators before the first whole run");
    return profile;
  }

 private:
  void add(Call call) {
    ProfileEvent event;
    event.name = call.name;
    event.op = operation_of(call.name);
    event.inputs = std::move(call.inputs);
    std::string key = call.name;
    for (const Shape& shape : event.inputs) key += " " + shape.to_string();
    nodes_.add(std::move(key), std::move(event), microseconds_in(call.time));
  }

  std::vector<Call> calls_;
  RepeatedNodes nodes_;
};

}  // namespace

bool is_pytorch_profile(std::string_view beginning) {
  const std::string_view text = trim(beginning);
  if (text.starts_with("[")) return text.find("\"aten::") != std::string_view::npos;
  return text.starts_with("{") && (text.find("\"traceEvents\"") != std::string_view::npos ||
                                   text.find("\"schemaVersion\"") != std::string_view::npos);
}

Profile read_pytorch_profile(std::istream& in) {
  Reader reader;
  const int depth = (in >> std::ws).peek() == '[' ? 1 : 2;
  for_each_json_event(in, depth, [&](const Json& event) { reader.take(event); });
  return reader.finish();
}

}  // namespace neuralpower
