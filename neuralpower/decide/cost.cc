// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/cost.h"

#include <fmt/format.h>

#include <cmath>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kGramsPerKilogram = 1e3;

void check(const Tariff& t) {
  const auto refuse = [](const char* what, double value, const char* range) {
    throw usage_error(fmt::format("the {} is {}; it must be {}", what, value, range));
  };
  if (t.price_per_kwh && *t.price_per_kwh < 0)
    refuse("price", *t.price_per_kwh, "0 or more for a kWh");
  if (t.grams_co2_per_kwh && *t.grams_co2_per_kwh < 0)
    refuse("intensity", *t.grams_co2_per_kwh, "0 or more grams for a kWh");
  if (t.idle_power && *t.idle_power < Watts(0))
    refuse("idle power", t.idle_power->value(), "0 W or more");
  if (t.utilisation && (*t.utilisation <= 0 || *t.utilisation > 1))
    refuse("utilisation", *t.utilisation, "above 0 and at most 1");
  if (t.overhead && *t.overhead < 1) refuse("overhead", *t.overhead, "1 or more");
  if (t.items <= 0 || !std::isfinite(t.items)) refuse("number of items", t.items, "above 0");
}

Amount scaled(const Amount& a, double factor) {
  return {a.value * factor, a.low * factor, a.high * factor};
}

// Fills the idle members; the energy that falls between the runs of one item.
Joules count_idle(Cost& cost, const Tariff& t, std::optional<Seconds> time_per_item) {
  if (!t.idle_power) {
    cost.idle_statement =
        "idle share unknown: no idle power given; energy between the runs is not counted";
    return Joules(0);
  }
  if (!time_per_item) {
    cost.idle_statement = "idle share unknown: the time of an item is not known";
    return Joules(0);
  }
  const double u = t.utilisation.value_or(1);
  const Joules between = *t.idle_power * *time_per_item * ((1 - u) / u);
  const Joules all = Joules(cost.joules_per_item.value) + between;
  if (t.utilisation) cost.idle_between_per_item = between;
  cost.idle_share = (*t.idle_power * *time_per_item + between) / all;
  cost.idle_statement = fmt::format(
      "idle share {:.1f} %: {} W would be drawn without any work{}", 100 * *cost.idle_share,
      t.idle_power->value(),
      t.utilisation ? fmt::format("; the device runs {:.4g} % of the time", 100 * u)
                    : "; energy between the runs is not counted (no utilisation given)");
  if (*cost.idle_share > 1)
    throw usage_error(
        fmt::format("an idle power of {} W is more than the device draws at work ({:.4g} W)",
                    t.idle_power->value(), cost.joules_per_item.value / time_per_item->value()));
  return between;
}

}  // namespace

Cost cost_of(std::string name, Estimate<Joules> energy, std::optional<Seconds> time_per_item,
             const Tariff& tariff) {
  check(tariff);
  Cost cost;
  cost.name = std::move(name);
  cost.items = tariff.items;
  cost.joules_per_item = {energy.value.value(), energy.low.value(), energy.high.value()};
  const double between = count_idle(cost, tariff, time_per_item).value();
  const Amount with_idle = {cost.joules_per_item.value + between,
                            cost.joules_per_item.low + between,
                            cost.joules_per_item.high + between};
  cost.kwh = scaled(with_idle, tariff.items * tariff.overhead.value_or(1) / kJoulesPerKwh);
  if (tariff.price_per_kwh) cost.money = scaled(cost.kwh, *tariff.price_per_kwh);
  if (tariff.grams_co2_per_kwh)
    cost.kilograms_co2 = scaled(cost.kwh, *tariff.grams_co2_per_kwh / kGramsPerKilogram);
  return cost;
}

Cost cost_of(const NetworkPrediction& p, const Tariff& tariff) {
  if (!p.energy)
    throw bad_input("the device model cannot tell its energy: " +
                    (p.no_power.empty() ? "no model of power for some layers" : p.no_power));
  const auto batch = static_cast<double>(p.batch);
  Cost cost =
      cost_of(p.network, {p.energy->value / batch, p.energy->low / batch, p.energy->high / batch},
              p.runtime->value / batch, tariff);
  cost.device = p.device;
  cost.batch = p.batch;
  if (!p.coverage.complete())
    cost.caveat =
        fmt::format("{} of {} layers covered, {:.1f} % of the multiply-accumulates",
                    p.coverage.covered, p.coverage.layers, 100 * p.coverage.share_of_macs);
  return cost;
}

}  // namespace neuralpower
