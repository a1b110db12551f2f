// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/inspect_report.h"

#include <fmt/format.h>

#include <ostream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/report/json_writer.h"
#include "neuralpower/report/layer_json.h"
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

// A list of layers has no tensors: its layers' own shapes say the same.
std::string inputs_text(const Network& network, const Layer& layer) {
  if (!network.tensors.empty()) return shapes_text(network, layer.inputs);
  std::string text;
  for (const Shape& shape : layer.config.inputs)
    text += (text.empty() ? "" : "+") + shape.to_string();
  return text;
}

std::string outputs_text(const Network& network, const Layer& layer) {
  if (!network.tensors.empty()) return shapes_text(network, layer.outputs);
  const bool known = !std::holds_alternative<UnsupportedOp>(layer.config.op);
  return known ? output_shape(layer.config).to_string() : "?";
}

void write_groups(JsonWriter& json, const char* key, const std::vector<FusedGroup>& groups) {
  if (groups.empty()) return;
  json.key(key).begin_array();
  for (const FusedGroup& group : groups)
    json.begin_object()
        .member("layer", group.layer)
        .member("pattern", group.pattern)
        .member("members", group.members)
        .end();
  json.end();
}

void write_json(std::ostream& out, const FusedNetwork& fused,
                const std::vector<SkippedLayer>& skipped) {
  const Network& network = fused.network;
  const NetworkWork total = total_work(network);  // may find the counts too large: before all else
  JsonWriter json(out);
  json.begin_object().member("network", network.name).member("batch", network.batch);
  json.key("totals")
      .begin_object()
      .member("macs", total.macs)
      .member("flops", total.flops)
      .member("params", total.params)
      .member("bytes", total.bytes)
      .end();
  json.key("layers").begin_array();
  for (const Layer& layer : network.layers) {
    json.begin_object();
    write_layer_identity(json, layer.name, layer.source_op, layer.config);
    json.member("in", inputs_text(network, layer)).member("out", outputs_text(network, layer));
    write_layer_work(json, layer.config, layer.params);
    json.end();
  }
  json.end().key("unsupported").begin_array();
  for (const Layer& layer : network.layers)
    if (const auto* op = std::get_if<UnsupportedOp>(&layer.config.op))
      json.begin_object()
          .member("name", layer.name)
          .member("op", op->name)
          .member("reason", op->reason)
          .end();
  json.end();
  if (!skipped.empty()) {
    json.key("skipped").begin_array();
    for (const SkippedLayer& layer : skipped)
      json.begin_object()
          .member("name", layer.name)
          .member("op", layer.type)
          .member("reason", layer.reason)
          .end();
    json.end();
  }
  write_groups(json, "fused", fused.groups);
  write_groups(json, "blocks", fused.blocks);
  json.end();
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

void write_csv(std::ostream& out, const Network& network) {
  total_work(network);  // may find the counts too large: before all else
  out << "name,kind,op,layer,in,out,macs,flops,params,bytes\n";
  for (const Layer& layer : network.layers) {
    const Work work = count_work(layer.config);
    out << fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(printable(layer.name)),
                       kind_of(layer.config.op), csv_field(printable(layer.source_op)),
                       csv_field(format_layer(layer.config)), inputs_text(network, layer),
                       outputs_text(network, layer), work.macs, work.flops, layer.params,
                       work.bytes());
  }
}

std::string render_table(const FusedNetwork& fused, const std::vector<SkippedLayer>& skipped,
                         int width) {
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
    table.add_row({printable(layer.name), format_layer(layer.config), outputs_text(network, layer),
                   count(work.macs), count(work.flops),
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
  if (!skipped.empty()) out += "\nSkipped, as they take no part in inference:\n";
  for (const SkippedLayer& layer : skipped)
    out += fmt::format("  {} ({}): {}\n", printable(layer.name), printable(layer.type),
                       printable(layer.reason));
  if (!fused.groups.empty())
    out += "\nFused, because nothing else reads what is between:\n" + list_groups(fused.groups);
  if (!fused.blocks.empty())
    out += "\nBlocks, which stay their layers:\n" + list_groups(fused.blocks);
  return out;
}

}  // namespace

void write_network(std::ostream& out, const FusedNetwork& fused, const RenderOptions& options,
                   const std::vector<SkippedLayer>& skipped) {
  switch (options.format) {
    case OutputFormat::kJson:
      return write_json(out, fused, skipped);
    case OutputFormat::kCsv:
      return write_csv(out, fused.network);
    case OutputFormat::kTable:
      out << render_table(fused, skipped, options.width);
      return;
    case OutputFormat::kHtml:
      break;
  }
  throw usage_error("inspect has no HTML form; use --format table, json or csv");
}

}  // namespace neuralpower
