// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/folding.h"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "neuralpower/importers/onnx/folding_rules.h"

namespace neuralpower::onnx {
namespace {

using Table = std::unordered_map<std::string_view, Fold>;

Table make_table() {
  Table table;
  for (const auto rules : {arithmetic_folds(), layout_folds()})
    for (const FoldRule& rule : rules) table.emplace(rule.op, rule.fold);
  return table;
}

}  // namespace

std::vector<ContentPtr> fold(const NodeView& node, const Translation& translation) {
  static const Table table = make_table();
  if (!node.domain.empty() && node.domain != "ai.onnx") return {};
  const auto found = table.find(node.op);
  if (found == table.end()) return {};
  // Nothing is charged for weights, whose elements nobody knows.
  if (node.op != "Shape" && node.op != "Size")
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.has(i) && !node.content(i)) return {};
  std::int64_t elements = 0;
  for (const OutputState& output : translation.outputs) {
    const std::int64_t count = output.shape.element_count();
    if (count > kMaxContent) return {};
    elements += count;
  }
  if (!node.contents->reserve(elements)) return {};
  std::vector<ContentPtr> contents = found->second(node, translation);
  for (std::size_t i = 0; i < contents.size() && i < translation.outputs.size(); ++i)
    if (contents[i] && static_cast<std::int64_t>(contents[i]->size()) !=
                           translation.outputs[i].shape.element_count())
      contents[i] = nullptr;
  return contents;
}

std::vector<ContentPtr> one_content(Content content) {
  return {std::make_shared<const Content>(std::move(content))};
}

std::vector<ContentPtr> integers_content(std::vector<std::int64_t> integers) {
  return one_content({false, std::move(integers), {}});
}

}  // namespace neuralpower::onnx
