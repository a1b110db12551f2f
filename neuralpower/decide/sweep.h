// SPDX-License-Identifier: Apache-2.0
// One network over batch sizes, widths, input resolutions, data types and devices.
//
// Every combination is imported anew and predicted as `predict` would, so a sweep can only show
// what the importer and the device model cover. Energy per item and throughput follow from the run:
// energy / batch, batch / latency.
//
// A width multiplies the channels of every layer with weights but the last (redesign.h).
//
// Data types: a device model does not record the types it was measured with; a type that differs
// from the file's own is predicted from the bytes it moves, and the point says so.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "neuralpower/decide/rank.h"
#include "neuralpower/importers/import_options.h"
#include "neuralpower/model/prediction/predict.h"

namespace neuralpower {

struct SweepOptions {
  std::vector<std::int64_t> batches;      // empty: the file's own
  std::vector<std::int64_t> resolutions;  // height and width of image inputs; empty: the file's own
  std::vector<DataType> dtypes;           // of every layer; empty: the file's own
  std::vector<double> widths;             // empty: the file's own, 1
  ImportOptions import;                   // shapes of other inputs
  Limits limits;                          // for the best batch
};

struct SweepPoint {
  std::string device;
  std::int64_t batch = 1;
  std::int64_t resolution = 0;  // 0: the file's own
  double width = 1;
  DataType dtype = DataType::kF32;
  std::optional<Estimate<Seconds>> latency;  // of the whole batch
  std::optional<Estimate<Watts>> power;
  std::optional<Estimate<Joules>> energy;  // of the whole batch
  Coverage coverage;
  int extrapolated = 0;  // layers outside what the device model was measured on
  std::string excluded;  // the limit it breaks, or what a limit needs and is not known; empty: none
  std::string caveat;
  bool best = false;  // of its device, width, resolution and data type; see mark_best()

  std::optional<double> items_per_second() const;
  std::optional<Joules> energy_per_item() const;
};

struct Sweep {
  std::string network;
  std::vector<SweepPoint> points;  // by device, data type, width, resolution, batch
};

// Error where the file does not import with one of the batch sizes or resolutions, or has no such
// width, naming it.
Sweep sweep(const std::filesystem::path& file, const SweepOptions& options,
            std::span<const Predictor* const> devices);

// Marks the best batch size of each device, width, resolution and data type among the points that
// keep the limits: the least energy an item, or where no energy is known the most items a second.
void mark_best(std::vector<SweepPoint>& points, const Limits& limits);

// Every layer and tensor of floating-point type in `dtype`.
void set_data_type(Network& network, DataType dtype);

// Was every kind of layer with multiplications measured in this type?
bool knows_data_type(const DeviceModel& model, const Network& network, DataType type);

}  // namespace neuralpower
