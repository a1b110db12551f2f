// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/inspect_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower {
namespace {

std::string shapes_text(const Network& network, const std::vector<TensorId>& ids) {
  std::string text;
  for (TensorId id : ids) {
    const Tensor& tensor = network.tensors[static_cast<std::size_t>(id)];
    text += (text.empty() ? "" : "+") + (tensor.shape_known ? tensor.shape.to_string() : "?");
  }
  return text;
}

std::string render_json(const FusedNetwork& fused) {
  const Network& network = fused.network;
  const NetworkWork total = total_work(network);
  nlohmann::ordered_json json;
  json["network"] = network.name;
  json["batch"] = network.batch;
  json["totals"] = {{"macs", total.macs},
                    {"flops", total.flops},
                    {"params", total.params},
                    {"bytes", total.bytes}};
  json["layers"] = nlohmann::ordered_json::array();
  json["unsupported"] = nlohmann::ordered_json::array();
  for (const Layer& layer : network.layers) {
    const Work work = count_work(layer.config);
    json["layers"].push_back({{"name", layer.name},
                              {"kind", kind_of(layer.config.op)},
                              {"op", layer.source_op},
                              {"layer", format_layer(layer.config)},
                              {"in", shapes_text(network, layer.inputs)},
                              {"out", shapes_text(network, layer.outputs)},
                              {"macs", work.macs},
                              {"flops", work.flops},
                              {"params", layer.params},
                              {"bytes", work.bytes()}});
    if (const auto* op = std::get_if<UnsupportedOp>(&layer.config.op))
      json["unsupported"].push_back(
          {{"name", layer.name}, {"op", op->name}, {"reason", op->reason}});
  }
  for (const FusedGroup& group : fused.groups)
    json["fused"].push_back(
        {{"layer", group.layer}, {"pattern", group.pattern}, {"members", group.members}});
  for (const FusedGroup& block : fused.blocks)
    json["blocks"].push_back(
        {{"layer", block.layer}, {"pattern", block.pattern}, {"members", block.members}});
  return json_text(json);
}

// One line a group: its name, what it is, its members.
std::string list_groups(const std::vector<FusedGroup>& groups) {
  std::string out;
  for (const FusedGroup& group : groups) {
    std::string members;
    for (const std::string& member : group.members)
      members += (members.empty() ? "" : ", ") + printable(member);
    out += group.layer.empty()
               ? fmt::format("  computed once, before the first run: {}\n", members)
               : fmt::format("  {} is {}: {}\n", printable(group.layer), group.pattern, members);
  }
  return out;
}

std::string render_csv(const Network& network) {
  std::string out = "name,kind,op,layer,in,out,macs,flops,params,bytes\n";
  for (const Layer& layer : network.layers) {
    const Work work = count_work(layer.config);
    out += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(printable(layer.name)),
                       kind_of(layer.config.op), csv_field(printable(layer.source_op)),
                       csv_field(format_layer(layer.config)), shapes_text(network, layer.inputs),
                       shapes_text(network, layer.outputs), work.macs, work.flops, layer.params,
                       work.bytes());
  }
  return out;
}

std::string render_table(const FusedNetwork& fused, int width) {
  const Network& network = fused.network;
  using Align = Table::Align;
  Table table({{"layer", Align::kLeft},
               {"operation", Align::kLeft},
               {"output", Align::kLeft},
               {"MACs"},
               {"FLOPs"},
               {"params"},
               {"bytes"}});
  std::string unsupported;
  for (const Layer& layer : network.layers) {
    const Work work = count_work(layer.config);
    const auto* unknown = std::get_if<UnsupportedOp>(&layer.config.op);
    const auto count = [&](std::int64_t n) {
      return unknown ? "?" : with_si_prefix(static_cast<double>(n));
    };
    table.add_row({printable(layer.name), format_layer(layer.config),
                   shapes_text(network, layer.outputs), count(work.macs), count(work.flops),
                   with_si_prefix(static_cast<double>(layer.params)), count(work.bytes())});
    if (unknown)
      unsupported += fmt::format("  {} ({}): {}\n", printable(layer.name), printable(unknown->name),
                                 printable(unknown->reason));
  }
  const NetworkWork total = total_work(network);
  table.add_rule();
  table.add_row({"total", fmt::format("{} layers", network.layers.size()), "",
                 with_si_prefix(static_cast<double>(total.macs)),
                 with_si_prefix(static_cast<double>(total.flops)),
                 with_si_prefix(static_cast<double>(total.params)),
                 with_si_prefix(static_cast<double>(total.bytes))});
  std::string out = fmt::format("{}, batch {}\n\n", printable(network.name), network.batch);
  out += table.render(width);
  out += fmt::format(
      "\n{} multiply-accumulates (MACs: convolutions, matrix products, recurrent cells)\n"
      "{} floating-point operations (FLOPs: 2 a MAC, plus element-wise, pooling and "
      "normalisation)\n"
      "{} parameters; {} bytes read and written at least once\n",
      total.macs, total.flops, total.params, total.bytes);
  if (total.unsupported > 0)
    out += fmt::format("\nNot covered by these totals, {} of {} layers:\n{}", total.unsupported,
                       network.layers.size(), unsupported);
  if (!fused.groups.empty())
    out += "\nFused, because nothing else reads what is between:\n" + list_groups(fused.groups);
  if (!fused.blocks.empty())
    out += "\nBlocks, which stay their layers:\n" + list_groups(fused.blocks);
  return out;
}

}  // namespace

std::string render_network(const FusedNetwork& fused, const RenderOptions& options) {
  switch (options.format) {
    case OutputFormat::kJson:
      return render_json(fused);
    case OutputFormat::kCsv:
      return render_csv(fused.network);
    case OutputFormat::kTable:
      return render_table(fused, options.width);
    case OutputFormat::kHtml:
      break;
  }
  throw usage_error("inspect has no HTML form; use --format table, json or csv");
}

}  // namespace neuralpower
