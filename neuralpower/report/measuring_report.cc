// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/measuring_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "neuralpower/base/text.h"
#include "neuralpower/report/json_text.h"

namespace neuralpower {
namespace {

nlohmann::ordered_json as_json(const MeterCharacter& c) {
  nlohmann::ordered_json json = {{"meter", c.meter},
                                 {"kind", c.is_counter ? "energy counter" : "power sensor"},
                                 {"moves", c.moves},
                                 {"read_time_us", in_microseconds(c.read_time)}};
  if (!c.moves) return json;
  json["update_period_ms"] = in_milliseconds(c.update_period);
  json["longest_period_ms"] = in_milliseconds(c.longest_period);
  json["averaging_ms"] = in_milliseconds(c.averaging);
  json["step"] = c.step;
  if (c.sampled_share) json["sampled_share"] = *c.sampled_share;
  json["idle_w"] = c.idle.value();
  json["full_w"] = c.full.value();
  for (const MeterCharacter::Level& level : c.levels)
    json["levels"].push_back({{"load", level.load}, {"w", level.shown.value()}});
  json["nonlinearity"] = c.nonlinearity;
  if (!c.other.empty()) json["compared_with"] = {{"meter", c.other}, {"ratio", c.agreement}};
  return json;
}

std::string percent(double part) { return fmt::format("{:.2g} %", 100 * part); }

std::string optional_percent(const std::optional<double>& part) {
  return part ? percent(*part) : "not known";
}

}  // namespace

std::string render_meter_character(const MeterCharacter& c, const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) return json_text(as_json(c));
  std::string out = fmt::format("{} ({})\n", printable(c.meter),
                                c.is_counter ? "energy counter" : "power sensor");
  out += fmt::format("  a reading takes   {:.1f} us\n", in_microseconds(c.read_time));
  if (!c.moves)
    return out + "  it shows the same at work as at rest: nothing can be measured with it here\n";
  out += fmt::format("  update period     {:.2f} ms (longest {:.2f} ms), smallest step {:.3g} {}\n",
                     in_milliseconds(c.update_period), in_milliseconds(c.longest_period), c.step,
                     c.is_counter ? "J" : "W");
  out += c.averaging > Seconds(0)
             ? fmt::format("  averaging         over {:.0f} ms\n", in_milliseconds(c.averaging))
             : std::string("  averaging         none beyond an update\n");
  out += c.sampled_share
             ? fmt::format("  sampled share     {:.0f} % of the time\n", 100 * *c.sampled_share)
             : std::string("  sampled share     cannot be told (updates too fast, or averaged)\n");
  out += fmt::format("  idle              {:.2f} W\n  full load         {:.2f} W\n", c.idle.value(),
                     c.full.value());
  for (const MeterCharacter::Level& level : c.levels)
    out +=
        fmt::format("    {:>3.0f} % load      {:.2f} W\n", 100 * level.load, level.shown.value());
  if (!c.levels.empty())
    out += fmt::format("  nonlinearity      {} of the way from idle to full\n",
                       percent(c.nonlinearity));
  if (!c.other.empty())
    out += fmt::format("  agreement         {} shows {:.3f} times as much\n", printable(c.other),
                       c.agreement);
  return out;
}

std::string render_forecast(const CampaignForecast& f, Seconds budget,
                            const RenderOptions& options) {
  if (options.format == OutputFormat::kJson) {
    nlohmann::ordered_json json = {{"layers", f.layers},
                                   {"tried", f.tried},
                                   {"skipped", f.skipped},
                                   {"trial_s", f.trial.value()},
                                   {"per_layer_s", f.per_layer.value()},
                                   {"total_s", f.total.value()},
                                   {"budget_s", budget.value()},
                                   {"repetition_error", f.repetition_error},
                                   {"repetition_error_worst", f.repetition_error_worst},
                                   {"windows_per_layer", f.windows},
                                   {"windows_most", f.windows_most},
                                   {"imprecise", f.imprecise},
                                   {"clock_error", f.clock_error}};
    if (f.meter_edge_error) json["meter_edge_error"] = *f.meter_edge_error;
    if (f.meter_step_error) json["meter_step_error"] = *f.meter_step_error;
    if (f.power_spread) json["power_spread"] = *f.power_spread;
    if (!f.energy_absent.empty()) json["energy_absent"] = f.energy_absent;
    return json_text(json);
  }
  std::string out = fmt::format(
      "{} layers, {:.0f} ms each: {:.0f} s in all; the budget is {:.0f} s{}\n"
      "(from {} layers measured in {:.1f} s; nothing was stored)\n",
      f.layers, in_milliseconds(f.per_layer), f.total.value(), budget.value(),
      f.total > budget ? fmt::format(", enough for {:.0f} layers", std::floor(budget / f.per_layer))
                       : std::string(),
      f.tried, f.trial.value());
  out += "runtime of a layer, relative error\n";
  out += fmt::format("  repetitions       {} (95th percentile of the layers: {})\n",
                     percent(f.repetition_error), percent(f.repetition_error_worst));
  out += fmt::format("    windows a layer {:.1f}, at most {:.0f}{}\n", f.windows, f.windows_most,
                     f.imprecise > 0 ? fmt::format("; {} of {} layers stay above the --precision",
                                                   f.imprecise, f.tried)
                                     : std::string());
  out += fmt::format("  clock             {}\n", percent(f.clock_error));
  if (!f.meter_edge_error) return out + "energy is absent: " + printable(f.energy_absent) + "\n";
  out += "power of a layer, relative error\n";
  out += fmt::format("  edges of windows  {}\n", percent(*f.meter_edge_error));
  out += fmt::format("  smallest step     {}\n", optional_percent(f.meter_step_error));
  out += fmt::format("  between windows   {}\n", optional_percent(f.power_spread));
  out += "  the meter's own calibration is not in it; 'neuralpower characterise' shows the rest\n";
  return out;
}

}  // namespace neuralpower
