// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/meters.h"

#include <array>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/measure/meters/external/external_meter.h"
#include "neuralpower/measure/meters/hwmon/hwmon_meter.h"
#include "neuralpower/measure/meters/nvml/nvml_meter.h"
#include "neuralpower/measure/meters/rapl/rapl_meter.h"
#include "neuralpower/measure/meters/replay/replay_meter.h"

namespace neuralpower {
namespace {

MeterOrReason open_replay(const MeterOptions& options, Clock& clock) {
  if (options.recording.empty()) return MeterUnavailable{"no recording was named"};
  return open_replay_meter({options.recording, std::nullopt}, clock);
}

MeterOrReason open_external(const MeterOptions& options, Clock& clock) {
  if (options.recording.empty())
    return MeterUnavailable{"name the file or pipe that your meter writes to with --recording"};
  return open_external_meter(options.recording, clock);
}

constexpr std::array<MeterRow, 7> kMeters = {{
    {"rapl", "energy counters of Intel and AMD processors (powercap)", MeterScope::kCpu,
     [](const MeterOptions& options, Clock&) { return open_rapl_meter(options.root); }},
    {"hwmon", "power sensors of boards: INA3221 (Jetson), AMD GPUs, ACPI", MeterScope::kBoard,
     [](const MeterOptions& options, Clock&) { return open_hwmon_meter(options.root); }},
    {"nvml", "energy counter or power of an NVIDIA GPU", MeterScope::kGpu,
     [](const MeterOptions& options, Clock&) {
       return open_nvml_meter({options.nvml_library, options.gpu, NvmlSource::kBest});
     }},
    {"nvml-power", "instantaneous power of an NVIDIA GPU", MeterScope::kOnRequest,
     [](const MeterOptions& options, Clock&) {
       return open_nvml_meter({options.nvml_library, options.gpu, NvmlSource::kInstantPower});
     }},
    {"nvml-average", "power of an NVIDIA GPU as its driver averages it", MeterScope::kOnRequest,
     [](const MeterOptions& options, Clock&) {
       return open_nvml_meter({options.nvml_library, options.gpu, NvmlSource::kAveragePower});
     }},
    {"external", "a meter of your own: CSV of time_s and watts as they come, file or pipe",
     MeterScope::kOnRequest, &open_external},
    {"replay", "a recording: CSV of time_s and watts", MeterScope::kOnRequest, &open_replay},
}};

}  // namespace

std::span<const MeterRow> meters() { return kMeters; }

MeterOrReason open_meter(std::string_view name, MeterScope device, const MeterOptions& options,
                         Clock& clock) {
  if (name == "none") return MeterUnavailable{"measuring without a meter was asked for"};
  if (name == "auto") {
    std::string reasons;
    for (const MeterRow& row : kMeters) {
      if (row.scope != device && row.scope != MeterScope::kBoard) continue;
      MeterOrReason meter = row.open(options, clock);
      if (std::holds_alternative<std::unique_ptr<PowerMeter>>(meter)) return meter;
      reasons += (reasons.empty() ? "" : "; ") + std::string(row.name) + ": " +
                 std::get<MeterUnavailable>(meter).reason;
    }
    return MeterUnavailable{reasons};
  }
  std::vector<std::string> names = {"auto", "none"};
  for (const MeterRow& row : kMeters) {
    if (row.name == name) {
      MeterOrReason meter = row.open(options, clock);
      if (const auto* missing = std::get_if<MeterUnavailable>(&meter))
        throw environment_error("meter " + std::string(name) + ": " + missing->reason);
      return meter;
    }
    names.emplace_back(row.name);
  }
  const auto near = closest_word(name, names);
  throw usage_error("no meter '" + std::string(name) + "'; " +
                    (near ? "did you mean '" + *near + "'?" : "see 'neuralpower meters'"));
}

}  // namespace neuralpower
