// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/measuring.h"

#include "neuralpower/api/hardware.h"
#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/priority.h"

namespace neuralpower {

MeasureSummary measure(const std::vector<LayerConfig>& layers, const std::filesystem::path& store,
                       const MeasureOptions& options,
                       const std::function<bool(const MeasureProgress&)>& progress) {
  HardwareChoice choice;
  choice.backend = options.backend;
  choice.meter = options.meter;
  choice.recording = options.recording;
  choice.backend_options.threads = options.threads;
  choice.backend_options.seed = options.seed;
  const auto hardware = open_hardware(choice);

  CampaignOptions campaign;
  campaign.layers = layers;
  campaign.budget = options.budget;
  campaign.protocol.repetitions = options.repetitions;
  campaign.protocol.precision = options.precision;
  campaign.protocol.pace = hardware->pace.get();
  campaign.protocol.seed = options.seed;
  campaign.shard = options.shard;
  campaign.shards = options.shards;

  SampleStore samples = SampleStore::open(store);
  const RealTimePriority priority;
  const Conditions conditions = campaign_conditions(identify_device(), *hardware->backend,
                                                    hardware->meter.get(), priority.describe());
  const CampaignResult result =
      run_campaign(campaign, conditions, *hardware->backend, hardware->clock, hardware->meter.get(),
                   hardware->no_meter_reason, samples, [&](const CampaignProgress& p) {
                     return !progress || progress({p.planned, p.finished, p.left, p.last});
                   });
  MeasureSummary summary;
  summary.device = conditions.device;
  summary.software = conditions.software;
  summary.planned = result.planned;
  summary.found = result.found;
  summary.measured = result.measured;
  summary.skipped = result.skipped;
  summary.remaining = result.remaining;
  summary.repetitions = result.repetitions;
  summary.marked_repetitions = result.marked_repetitions;
  summary.imprecise = result.imprecise;
  summary.elapsed = result.elapsed;
  summary.skip_reasons = result.skip_reasons;
  summary.energy_absent = result.energy_absent;
  return summary;
}

}  // namespace neuralpower
