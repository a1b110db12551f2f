// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/report_document.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/model/held_out.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/prediction_json.h"
#include "neuralpower/report/ranking_json.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

// Floors are ms an operation and ms a byte; the least of all kinds is the device's best rate.
std::optional<Roof> learned_roof(const DeviceModel& model) {
  constexpr double kMillisecondsPerSecond = 1e3;
  constexpr double kNone = std::numeric_limits<double>::infinity();
  double per_flop = kNone, per_byte = kNone;
  for (const auto& [key, models] : model.layers) {
    if (!models.runtime) continue;
    for (const WeightedTerm& floor : models.runtime->floor) {
      if (floor.coefficient <= 0) continue;
      if (floor.term == "flops") per_flop = std::min(per_flop, floor.coefficient);
      if (floor.term == "bytes") per_byte = std::min(per_byte, floor.coefficient);
    }
  }
  if (per_flop == kNone || per_byte == kNone) return std::nullopt;
  return Roof{kMillisecondsPerSecond / per_flop, kMillisecondsPerSecond / per_byte,
              "the fastest any measured layer ran"};
}

void add_held_out(std::vector<HeldOutError>& rows, const std::string& key, const char* target,
                  const std::optional<LayerModel>& model) {
  if (model && has_held_out_errors(model->report))
    rows.push_back({key, target, model->report.rows, model->report.rmspe});
}

Json to_json(const ReportedDevice& device) {
  Json json = {{"name", device.name},
               {"method", device.method},
               {"software", device.software},
               {"source", device.source},
               {"configurations", device.configurations},
               {"no_power", device.no_power},
               {"roof", nullptr},
               {"held_out", Json::array()}};
  if (device.roof)
    json["roof"] = {{"flops_per_s", device.roof->flops_per_second},
                    {"bytes_per_s", device.roof->bytes_per_second},
                    {"source", device.roof->source}};
  for (const HeldOutError& row : device.held_out)
    json["held_out"].push_back(
        {{"key", row.key}, {"target", row.target}, {"rows", row.rows}, {"rmspe", row.rmspe}});
  return json;
}

Json to_json(const std::optional<MeasuredLayer>& measured) {
  if (!measured) return nullptr;
  const ReducedSample& sample = measured->sample;
  return {{"runtime_ms", in_milliseconds(sample.runtime)},
          {"power_w", sample.power ? Json(sample.power->value()) : Json(nullptr)},
          {"energy_j", sample.energy ? Json(sample.energy->value()) : Json(nullptr)},
          {"repetitions", sample.repetitions},
          {"trained_on", measured->trained_on}};
}

Json to_json(const ReportedRun& run) {
  Json json = {{"network", run.network},
               {"device", run.device},
               {"prediction", prediction_json(run.prediction)},
               {"reads", run.reads},
               {"measured", nullptr}};
  if (!run.measured.empty()) {
    json["measured"] = Json::array();
    for (const auto& layer : run.measured) json["measured"].push_back(to_json(layer));
  }
  return json;
}

// Names that no page can show: a file may have one of megabytes.
void shorten(std::string& text) {
  constexpr std::size_t kLongest = 1000;
  if (text.size() > kLongest) text = printable(text, kLongest);
}

}  // namespace

ReportedDevice describe_device(const DeviceModel& model) {
  ReportedDevice device{model.device,   model.method,         model.software,      model.source,
                        model.no_power, model.configurations, learned_roof(model), {}};
  for (const auto& [key, models] : model.layers) {
    add_held_out(device.held_out, key, "runtime", models.runtime);
    add_held_out(device.held_out, key, "power", models.power);
  }
  return device;
}

ReportedDevice describe_device(const PaleoDevice& sheet) {
  constexpr double kGiga = 1e9, kGibi = 1 << 30;  // as paleo.h counts them
  ReportedDevice device;
  device.name = sheet.name;
  device.method = "paleo";
  device.no_power = "the analytical method has no model of power";
  device.roof = Roof{sheet.peak_gflops * kGiga * sheet.ppp,
                     sheet.bandwidth_gb_s * kGibi * sheet.ppp, "the data sheet"};
  return device;
}

ReportedRun reported_run(const Network& network, NetworkPrediction prediction) {
  ReportedRun run;
  run.prediction = std::move(prediction);
  const auto& predicted = run.prediction.layers;
  run.reads.resize(predicted.size());
  // A prediction may have fewer layers than the network, where several run as one.
  std::map<std::string_view, std::size_t> by_name;
  for (std::size_t i = 0; i < predicted.size(); ++i) by_name.emplace(predicted[i].name, i);
  const bool same = predicted.size() == network.layers.size();
  constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();
  const auto place = [&](std::size_t layer) {
    if (same) return layer;
    const auto found = by_name.find(network.layers[layer].name);
    return found == by_name.end() ? kNowhere : found->second;
  };
  std::vector<std::size_t> writer(network.tensors.size(), kNowhere);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const std::size_t at = place(i);
    if (at == kNowhere) continue;
    for (const TensorId id : network.layers[i].inputs) {
      const std::size_t from = writer[static_cast<std::size_t>(id)];
      auto& reads = run.reads[at];
      if (from != kNowhere && std::find(reads.begin(), reads.end(), from) == reads.end())
        reads.push_back(from);
    }
    for (const TensorId id : network.layers[i].outputs) writer[static_cast<std::size_t>(id)] = at;
  }
  for (LayerPrediction& layer : run.prediction.layers) {
    shorten(layer.name);
    shorten(layer.source_op);
    shorten(layer.reason);
  }
  return run;
}

void add_measurements(ReportedRun& run, const std::vector<Sample>& samples,
                      const Predictor& predictor) {
  std::map<std::string, ReducedSample> by_text;
  for (ReducedSample& sample : reduce_repetitions(samples)) {
    std::string text = sample.text;
    by_text.emplace(std::move(text), std::move(sample));
  }
  run.measured.clear();
  bool any = false;
  for (const LayerPrediction& layer : run.prediction.layers) {
    const auto found = by_text.find(format_layer(layer.config));
    if (found == by_text.end()) {
      run.measured.push_back(std::nullopt);
      continue;
    }
    any = true;
    run.measured.push_back(MeasuredLayer{found->second, predictor.was_trained_on(layer.config)});
  }
  if (!any) run.measured.clear();
}

Json report_json(const ReportDocument& report) {
  Json json = {{"format", "neuralpower-report"},
               {"version", 1},
               {"program", report.program},
               {"devices", Json::array()},
               {"networks", report.networks},
               {"runs", Json::array()},
               {"ranking", report.ranking ? ranking_json(*report.ranking) : Json(nullptr)}};
  for (const ReportedDevice& device : report.devices) json["devices"].push_back(to_json(device));
  for (const ReportedRun& run : report.runs) json["runs"].push_back(to_json(run));
  return json;
}

}  // namespace neuralpower
