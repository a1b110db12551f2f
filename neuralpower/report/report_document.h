// SPDX-License-Identifier: Apache-2.0
// ReportDocument: networks on devices at batch sizes, with everything the report's page shows of
// them, and its JSON form:
//
// {"format": "neuralpower-report", "version": 1, "program",
//  "devices": [{"name", "method", "software", "source", "configurations", "no_power",
//               "roof": {"flops_per_s", "bytes_per_s", "source"} or null,
//               "held_out": [{"key", "target", "rows", "rmspe"}...]}...],
//  "networks": [name...],
//  "runs": [{"network": index, "device": index, "prediction": as `predict --format json` has it,
//            "reads": [[index of a layer...] one a layer],
//            "measured": [{"runtime_ms", "power_w", "energy_j", "repetitions", "trained_on"} or
//                         null, one a layer] or null}...],
//  "ranking": as `rank --format json` has it, or null}
//
// Units as in `predict --format json`: ms, W, J.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "neuralpower/decide/rank.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

// What bounds every layer on a device: operations and bytes a second.
struct Roof {
  double flops_per_second = 0, bytes_per_second = 0;
  std::string source;
};

struct HeldOutError {
  std::string key, target;
  int rows = 0;
  double rmspe = 0;  // per cent
};

struct ReportedDevice {
  std::string name, method, software, source, no_power;
  int configurations = 0;
  std::optional<Roof> roof;
  std::vector<HeldOutError> held_out;
};

// A roof is the fastest any measured layer ran, as the model's floors have it.
ReportedDevice describe_device(const DeviceModel& model);
ReportedDevice describe_device(const PaleoDevice& sheet);

struct MeasuredLayer {
  ReducedSample sample;
  bool trained_on = false;  // the model has seen this configuration
};

struct ReportedRun {
  std::size_t network = 0, device = 0;  // indices into the report's
  NetworkPrediction prediction;
  std::vector<std::vector<std::size_t>> reads;         // the layers each layer reads from
  std::vector<std::optional<MeasuredLayer>> measured;  // one a layer; empty: nothing to compare
};

// A prediction with the edges of the network it was made of.
ReportedRun reported_run(const Network& network, NetworkPrediction prediction);

// Puts measurements beside the layers whose configurations were measured.
void add_measurements(ReportedRun& run, const std::vector<Sample>& samples,
                      const Predictor& predictor);

struct ReportDocument {
  std::string program;  // name and version
  std::vector<ReportedDevice> devices;
  std::vector<std::string> networks;
  std::vector<ReportedRun> runs;
  std::optional<Ranking> ranking;

  // Pairs of network and device that the page tells apart by colour.
  static constexpr std::size_t kMostCompared = 8;
};

nlohmann::ordered_json report_json(const ReportDocument& report);

}  // namespace neuralpower
