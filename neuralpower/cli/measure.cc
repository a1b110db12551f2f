// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/hardware.h"
#include "neuralpower/cli/inputs.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/cli/progress.h"
#include "neuralpower/decide/sweep.h"
#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/counters/perf_counters.h"
#include "neuralpower/measure/forecast.h"
#include "neuralpower/measure/network_campaign.h"
#include "neuralpower/network/work.h"
#include "neuralpower/report/campaign_report.h"
#include "neuralpower/report/measuring_report.h"

namespace neuralpower::cli {
namespace {

struct Options {
  std::vector<std::string> models, exclude;
  std::string space, store, budget = "2m", shard, batches, dtypes, precision = "10%";
  bool whole = false, counters = false, dry_run = false, active = false;
  FormatOption format;
  HardwareOptions hardware;
  ProtocolOptions protocol;
};

std::vector<DataType> parse_data_types(const std::string& text) {
  std::vector<DataType> types;
  for (const std::string_view word : split(text, ',')) {
    if (word.empty()) continue;
    const auto type = parse_data_type(word);
    if (!type) throw usage_error("--dtype " + text + " is no list such as f32,tf32,f16");
    types.push_back(*type);
  }
  return types;
}

// Every layer in each of these types that makes a difference, one after the other.
std::vector<LayerConfig> in_types(const std::vector<LayerConfig>& layers,
                                  const std::vector<DataType>& types) {
  if (types.empty()) return layers;
  std::vector<LayerConfig> all;
  for (const LayerConfig& layer : layers)
    for (const DataType type : types) {
      // TF32 is a way to multiply: without a product it is f32.
      if (type == DataType::kTF32 && count_work(layer).macs == 0) continue;
      all.push_back(layer);
      all.back().dtype = type;
    }
  return all;
}

// Every network at every batch size in every type; one that is not the file's own stands behind the
// name, so that their passes are not taken for each other's.
std::vector<Network> networks_to_measure(const Options& options) {
  std::vector<std::int64_t> batches = parse_batches(options.batches);
  if (batches.empty()) batches.push_back(0);
  std::vector<Network> networks;
  for (const std::string& model : options.models)
    for (const std::int64_t batch : batches) {
      ImportOptions import;
      if (batch > 0) import.batch = batch;
      const Network own = read_network(model, import);
      const std::vector<DataType> types = parse_data_types(options.dtypes);
      if (types.empty()) networks.push_back(own);
      for (const DataType type : types) {
        networks.push_back(own);
        set_data_type(networks.back(), type);
        if (type != DataType::kF32) networks.back().name += " " + std::string(to_string(type));
      }
    }
  return networks;
}

NetworkCampaignResult measure_wholes(const CLI::App& app, const std::vector<Network>& networks,
                                     const CampaignOptions& campaign, Hardware& hardware,
                                     const Conditions& conditions, SampleStore& store) {
  NetworkMeasureOptions how;
  how.min_meter_updates = campaign.protocol.min_meter_updates;
  ProgressBar bar(app);
  return run_network_campaign(
      networks, how, campaign.budget, conditions, *hardware.backend, hardware.clock,
      hardware.meter.get(), hardware.no_meter_reason, store,
      [&](int done, const std::string& next) {
        bar.show(done / std::max(1.0, static_cast<double>(networks.size())),
                 how.budget * static_cast<double>(networks.size() - static_cast<std::size_t>(done)),
                 next);
      });
}

// Those of the processor; a reason on standard error where it has none to show.
std::unique_ptr<Counters> open_counters() {
  CountersOrReason opened = open_perf_counters();
  if (auto* there = std::get_if<std::unique_ptr<Counters>>(&opened)) return std::move(*there);
  std::cerr << "counters are left out: " << std::get<CountersUnavailable>(opened).reason << "\n";
  return nullptr;
}

// What was found out about the meter decides the windows: its true update period, and how long the
// work must go on before it shows in full.
std::optional<MeterCharacter> use_character(const std::string& store, Hardware& hardware,
                                            ProtocolOptions& protocol) {
  if (!hardware.meter || !std::filesystem::exists(store)) return std::nullopt;
  const auto text = SampleStore::open(store).meter(hardware.meter->describe());
  if (!text) return std::nullopt;
  const MeterCharacter character = parse_character(*text);
  if (!character.moves || character.update_period <= Seconds(0)) return std::nullopt;
  hardware.meter = with_update_period(std::move(hardware.meter), character.update_period);
  protocol.meter_lead_in = character.averaging;
  return character;
}

// "2%" or "0.02"; nothing to reach is 0.
double parse_precision(const std::string& text) {
  if (text == "none") return 0;
  const bool is_percent = text.ends_with('%');
  const auto value = parse_double(is_percent ? text.substr(0, text.size() - 1) : text);
  const double part = value.value_or(0) / (is_percent ? 100 : 1);
  if (!(part > 0 && part < 1))
    throw usage_error("--precision " + text + " is neither a part such as 2% nor 'none'");
  return part;
}

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
  app.add_option("--repetitions", options->protocol.repetitions, "Windows a layer, at least")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--precision", options->precision,
                 "Repeat a layer until its runtime is this certain (95 % interval of the median, "
                 "half of it): 10%, 2%; 'none': --repetitions are enough")
      ->capture_default_str();
  app.add_option("--max-repetitions", options->protocol.max_repetitions,
                 "Windows a layer that does not become so certain, at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--active", options->active,
               "Take those layers next that a model of all of them is least sure of");
  app.add_option("--dtype", options->dtypes, "Types of the layers: f32,tf32,f16; the file's own");
  app.add_flag("--whole", options->whole,
               "Run the networks as wholes instead of each of their layers");
  app.add_option("--meter-updates", options->protocol.min_meter_updates,
                 "Updates of the meter that a window spans at least")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--metered-repetitions", options->protocol.metered_repetitions,
                 "So many of a layer's windows are under the meter, the others tell the runtime")
      ->check(CLI::Range(0, 1'000'000));
  app.add_flag("--counters", options->counters,
               "Also record what the processor counts: instructions, cache misses, SIMD");
  app.add_flag("--dry-run", options->dry_run,
               "Tell the time it takes and the errors to expect, from a trial of some seconds");
  options->format.add_to(app, {"table", "json"});
  options->hardware.add_to(app);
  return [options, &app] {
    if (options->models.empty() && options->space.empty())
      throw usage_error("nothing to measure; give network files or --space PLAN");
    if (options->whole && options->dry_run)
      throw usage_error("--dry-run tells about layers; leave --whole away");
    if (options->whole && (options->models.empty() || !options->space.empty()))
      throw usage_error("--whole runs networks: give their files, and no --space");
    CampaignOptions campaign;
    campaign.budget = parse_duration(options->budget);
    campaign.protocol = options->protocol;
    campaign.protocol.precision = parse_precision(options->precision);
    campaign.active = options->active;
    campaign.protocol.seed = options->hardware.backend_options.seed;
    parse_shard(options->shard, campaign);
    std::vector<Network> networks;
    if (options->whole) {
      networks = networks_to_measure(*options);
    } else {
      std::vector<LayerConfig> layers =
          layers_to_measure(options->models, parse_batches(options->batches), options->space);
      leave_out(layers, options->exclude);
      campaign.layers = in_types(layers, parse_data_types(options->dtypes));
    }
    const auto hardware = open_hardware(options->hardware);
    campaign.protocol.pace = hardware->pace.get();
    const auto priority = take_priority();
    const auto character = use_character(options->store, *hardware, campaign.protocol);
    if (options->dry_run) {
      const CampaignForecast forecast =
          forecast_campaign(campaign, *hardware->backend, hardware->clock, hardware->meter.get(),
                            hardware->no_meter_reason, character ? &*character : nullptr);
      std::cout << render_forecast(forecast, campaign.budget, options->format.render_options());
      return 0;
    }
    const Conditions conditions = campaign_conditions(identify_device(), *hardware->backend,
                                                      hardware->meter.get(), priority->describe());
    SampleStore store = SampleStore::open(options->store);
    if (options->whole) {
      const NetworkCampaignResult result =
          measure_wholes(app, networks, campaign, *hardware, conditions, store);
      std::cout << render_network_campaign(conditions, result, options->store,
                                           options->format.render_options());
      return 0;
    }
    const std::unique_ptr<Counters> counters = options->counters ? open_counters() : nullptr;
    campaign.protocol.counters = counters.get();
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
    std::cout << render_campaign(conditions, result, options->store,
                                 options->format.render_options());
    return 0;
  };
}

}  // namespace neuralpower::cli
