// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/topology.h"

#include <string>
#include <unordered_map>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/wire.h"

namespace neuralpower::onnx {
namespace {

constexpr int kMaxNesting = 16;

// Every name that a subgraph, or one inside it, reads; those that it defines itself do no harm.
void collect_names(Bytes graph_bytes, int depth, std::vector<std::string_view>& names) {
  if (depth > kMaxNesting)
    throw bad_input("subgraphs are nested more than " + std::to_string(kMaxNesting) + " deep");
  const GraphProto graph = parse_graph(graph_bytes);
  for (const NodeProto& node : graph.nodes) {
    names.insert(names.end(), node.inputs.begin(), node.inputs.end());
    for (const Bytes inner : subgraphs_of(node)) collect_names(inner, depth + 1, names);
  }
  for (const ValueInfo& output : graph.outputs) names.push_back(output.name);
}

}  // namespace

std::string display_name(const NodeProto& node, std::size_t number) {
  return node.name.empty() ? std::string(node.op) + " #" + std::to_string(number)
                           : std::string(node.name);
}

std::vector<Bytes> subgraphs_of(const NodeProto& node) {
  std::vector<Bytes> graphs;
  reading([&] {
    for (const Bytes attribute : node.attributes) {
      Message message(attribute);
      while (message.next()) {
        if (message.field() == 6 || message.field() == 11)
          graphs.push_back(message.bytes());
        else
          message.skip();
      }
    }
  });
  return graphs;
}

std::vector<std::size_t> run_order(const std::vector<NodeProto>& nodes) {
  std::unordered_map<std::string_view, std::size_t> writers;
  writers.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const std::string_view name : nodes[i].outputs)
      if (!name.empty() && !writers.emplace(name, i).second) {
        Error error = bad_input("tensor '" + std::string(name) + "' is written twice");
        error.in_node(display_name(nodes[i], i));
        throw error;
      }
  std::vector<std::vector<std::string_view>> outside(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const Bytes graph : subgraphs_of(nodes[i])) collect_names(graph, 1, outside[i]);

  // Depth first without recursion: a chain may be as long as the file.
  enum class Mark : char { kNew, kOpen, kDone };
  struct Visit {
    std::size_t node, next_input;
  };
  std::vector<Mark> marks(nodes.size(), Mark::kNew);
  std::vector<std::size_t> order;
  order.reserve(nodes.size());
  std::vector<Visit> stack;
  for (std::size_t root = 0; root < nodes.size(); ++root) {
    if (marks[root] != Mark::kNew) continue;
    stack.push_back({root, 0});
    marks[root] = Mark::kOpen;
    while (!stack.empty()) {
      Visit& visit = stack.back();
      const NodeProto& node = nodes[visit.node];
      const std::vector<std::string_view>& captured = outside[visit.node];
      if (visit.next_input == node.inputs.size() + captured.size()) {
        marks[visit.node] = Mark::kDone;
        order.push_back(visit.node);
        stack.pop_back();
        continue;
      }
      const std::size_t i = visit.next_input++;
      const auto writer =
          writers.find(i < node.inputs.size() ? node.inputs[i] : captured[i - node.inputs.size()]);
      if (writer == writers.end() || marks[writer->second] == Mark::kDone) continue;
      if (marks[writer->second] == Mark::kOpen) {
        Error error = bad_input("reads tensor '" + std::string(writer->first) +
                                "', which depends on this node itself: a cycle");
        error.in_node(display_name(node, visit.node));
        throw error;
      }
      marks[writer->second] = Mark::kOpen;
      stack.push_back({writer->second, 0});
    }
  }
  return order;
}

}  // namespace neuralpower::onnx
