// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/hardware.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/priority.h"
#include "neuralpower/report/campaign_report.h"

namespace neuralpower::cli {
namespace {

struct Options {
  std::vector<std::string> models, exclude;
  std::string space, store, budget = "2m", shard, batches;
  HardwareOptions hardware;
  ProtocolOptions protocol;
};

void parse_shard(const std::string& text, CampaignOptions& campaign) {
  if (text.empty()) return;
  const auto pieces = split(text, '/');
  const auto k = parse_int(pieces[0]);
  const auto n = pieces.size() == 2 ? parse_int(pieces[1]) : std::nullopt;
  if (!k || !n || *k < 1 || *n < *k || *n > 1'000'000)
    throw usage_error("--shard " + text + " is not K/N with K from 1 to N, such as 2/8");
  campaign.shard = static_cast<int>(*k - 1);
  campaign.shards = static_cast<int>(*n);
}

}  // namespace

Action configure_measure(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("models", options->models, "Network files whose layers are measured");
  app.add_option("--space", options->space,
                 "Sampling plan (.plan) instead of, or besides, networks");
  app.add_option(
      "--exclude", options->exclude,
      "Network files whose layers are left out, at any batch size: to be predicted later");
  app.add_option("--batch", options->batches, "Batch sizes for the networks: 1,8");
  app.add_option("--store", options->store, "Store to write (SQLite); an earlier run is resumed")
      ->required();
  app.add_option("--budget", options->budget, "Time to spend: 90s, 5m, 1h")->capture_default_str();
  app.add_option("--shard", options->shard, "This machine's part: K/N");
  app.add_option("--repetitions", options->protocol.repetitions, "Windows a layer")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  options->hardware.add_to(app);
  return [options, &app] {
    if (options->models.empty() && options->space.empty())
      throw usage_error("nothing to measure; give network files or --space PLAN");
    CampaignOptions campaign;
    campaign.budget = parse_duration(options->budget);
    campaign.protocol = options->protocol;
    campaign.protocol.seed = options->hardware.backend_options.seed;
    parse_shard(options->shard, campaign);
    campaign.layers =
        layers_to_measure(options->models, parse_batches(options->batches), options->space);
    leave_out(campaign.layers, options->exclude);
    const auto hardware = open_hardware(options->hardware);
    const RealTimePriority priority;
    const Conditions conditions = campaign_conditions(identify_device(), *hardware->backend,
                                                      hardware->meter.get(), priority.describe());
    SampleStore store = SampleStore::open(options->store);
    CampaignResult result;
    {
      ProgressBar bar(app);
      result = run_campaign(
          campaign, conditions, *hardware->backend, hardware->clock, hardware->meter.get(),
          hardware->no_meter_reason, store, [&](const CampaignProgress& p) {
            bar.show(static_cast<double>(p.finished) / std::max(1, p.planned), p.left, p.last);
            return true;
          });
    }
    std::cout << render_campaign(conditions, result) << "\nstored in " << options->store << "\n";
    return 0;
  };
}

}  // namespace neuralpower::cli
