// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "neuralpower/base/error.h"
#include "neuralpower/decide/layer_limit.h"
#include "neuralpower/decide/redesign.h"
#include "neuralpower/features/features.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/network/real_types.h"
#include "neuralpower/network/work.h"

namespace neuralpower {
namespace {

constexpr std::size_t kImageRank = 4;

// The inputs' shapes at this batch and resolution, for an import of its own.
ImportOptions at_resolution(const Network& original, ImportOptions import,
                            std::int64_t resolution) {
  if (resolution == 0) return import;
  bool any = false;
  for (const TensorId id : original.inputs) {
    const Tensor& tensor = original.tensors[static_cast<std::size_t>(id)];
    if (tensor.shape.rank() != kImageRank || import.shapes.contains(tensor.name)) continue;
    Shape shape = tensor.shape;
    shape[0] = import.batch.value_or(original.batch);
    shape[2] = shape[3] = resolution;
    import.shapes[tensor.name] = shape;
    any = true;
  }
  if (!any) throw bad_input("has no input of batch x channels x height x width to resize");
  return import;
}

DataType data_type_of(const Network& network) {
  for (const Layer& layer : network.layers)
    if (is_real(layer.config.dtype)) return layer.config.dtype;
  return DataType::kF32;
}

SweepPoint to_point(const NetworkPrediction& prediction) {
  SweepPoint point;
  point.device = prediction.device;
  point.batch = prediction.batch;
  point.latency = prediction.runtime;
  point.power = prediction.power;
  point.energy = prediction.energy;
  point.coverage = prediction.coverage;
  for (const LayerPrediction& layer : prediction.layers)
    point.extrapolated += layer.warnings.empty() ? 0 : 1;
  return point;
}

template <typename Value>
std::vector<Value> or_own(const std::vector<Value>& values, Value own) {
  return values.empty() ? std::vector<Value>{own} : values;
}

}  // namespace

std::optional<double> SweepPoint::items_per_second() const {
  if (!latency || latency->value <= Seconds(0)) return std::nullopt;
  return static_cast<double>(batch) / latency->value.value();
}

std::optional<Joules> SweepPoint::energy_per_item() const {
  if (!energy) return std::nullopt;
  return energy->value / static_cast<double>(batch);
}

bool knows_data_type(const DeviceModel& model, const Network& network, DataType type) {
  return std::all_of(network.layers.begin(), network.layers.end(), [&](const Layer& layer) {
    if (count_work(layer.config).macs == 0) return true;
    const auto models = model.layers.find(model_key(layer.config));
    return models != model.layers.end() && models->second.knows(type);
  });
}

void set_data_type(Network& network, DataType dtype) {
  for (Layer& layer : network.layers)
    if (is_real(layer.config.dtype)) layer.config.dtype = dtype;
  for (Tensor& tensor : network.tensors)
    if (is_real(tensor.dtype)) tensor.dtype = dtype;
}

namespace {

std::string broken_limit(const Limits& limits, const SweepPoint& point) {
  if (!point.energy && limits.energy_per_item) return "its energy is not known";
  const auto batch = static_cast<double>(point.batch);
  const Estimate<Joules> run = point.energy.value_or(Estimate<Joules>{});
  return broken_limit(limits, point.latency, point.power,
                      {run.value / batch, run.low / batch, run.high / batch});
}

// Less energy an item; where either is not known, more items a second.
bool is_better(const SweepPoint& a, const SweepPoint& b) {
  if (a.energy && b.energy) return *a.energy_per_item() < *b.energy_per_item();
  return a.items_per_second().value_or(0) > b.items_per_second().value_or(0);
}

}  // namespace

void mark_best(std::vector<SweepPoint>& points, const Limits& limits) {
  std::map<std::tuple<std::string, double, std::int64_t, DataType>, SweepPoint*> best;
  for (SweepPoint& point : points) {
    point.best = false;
    point.excluded = broken_limit(limits, point);
    if (!point.excluded.empty() || !point.latency) continue;
    SweepPoint*& leader = best[{point.device, point.width, point.resolution, point.dtype}];
    if (!leader || is_better(point, *leader)) leader = &point;
  }
  for (auto& [group, point] : best)
    if (point) point->best = true;
}

Sweep sweep(const std::filesystem::path& file, const SweepOptions& options,
            std::span<const Predictor* const> devices) {
  const Network original = import_network(file, options.import);
  check_layer_count(original, "sweep", file);
  const DataType own_type = data_type_of(original);
  Sweep result;
  result.network = original.name;
  for (const std::int64_t resolution : or_own(options.resolutions, std::int64_t{0}))
    for (const std::int64_t batch : or_own(options.batches, original.batch)) {
      Network network;
      try {
        ImportOptions import = options.import;
        import.batch = batch;
        network = import_network(file, at_resolution(original, import, resolution));
      } catch (Error& error) {
        const std::string where = resolution > 0
                                      ? fmt::format("batch {}, resolution {}", batch, resolution)
                                      : fmt::format("batch {}", batch);
        Error located = bad_input(where + ": " + error.message());
        throw located.in_node(error.node()).in_file(file.string());
      }
      for (const double width : or_own(options.widths, 1.0)) {
        Network wide = network;
        if (width != 1) {
          auto other = widened(network, width);
          if (!other)
            throw bad_input(fmt::format("width {}: the channels no longer fit each other, or are "
                                        "fixed in a reshape",
                                        width))
                .in_file(file.string());
          wide = std::move(*other);
        }
        for (const DataType dtype : or_own(options.dtypes, own_type)) {
          set_data_type(wide, dtype);
          for (const Predictor* device : devices) {
            SweepPoint point = to_point(device->predict(wide));
            point.resolution = resolution;
            point.dtype = dtype;
            point.width = width;
            if (dtype != own_type && !knows_data_type(device->model(), wide, dtype))
              point.caveat =
                  fmt::format("{} is predicted from the bytes it moves", to_string(dtype));
            result.points.push_back(std::move(point));
          }
        }
      }
    }
  std::stable_sort(result.points.begin(), result.points.end(),
                   [](const SweepPoint& a, const SweepPoint& b) {
                     return std::tie(a.device, a.dtype, a.width, a.resolution, a.batch) <
                            std::tie(b.device, b.dtype, b.width, b.resolution, b.batch);
                   });
  mark_best(result.points, options.limits);
  return result;
}

}  // namespace neuralpower
