// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/ranking_json.h"

#include <nlohmann/json.hpp>
#include <sstream>

namespace neuralpower {
namespace {

const std::string& name_of(const Ranking& ranking, int index) {
  return ranking.networks[static_cast<std::size_t>(index)].candidate.name;
}

template <typename Unit>
void write_bounds(JsonWriter& json, std::string_view name, const std::optional<Estimate<Unit>>& e,
                  double scale) {
  json.key(name);
  if (!e) {
    json.null();
    return;
  }
  json.begin_object()
      .member("value", e->value.value() * scale)
      .member("low", e->low.value() * scale)
      .member("high", e->high.value() * scale)
      .end();
}

void write_flips(JsonWriter& json, std::string_view name, const Ranking& ranking,
                 const std::vector<Flip>& flips) {
  json.key(name).begin_array();
  for (const Flip& flip : flips)
    json.begin_object()
        .member("alpha", flip.alpha)
        .member("below", name_of(ranking, flip.cheaper))
        .member("above", name_of(ranking, flip.preciser))
        .end();
  json.end();
}

void write_ratios(JsonWriter& json, std::string_view name, const std::vector<RatioBounds>& m,
                  double RatioBounds::*which) {
  json.key(name).begin_array();
  for (const RatioBounds& bound : m) json.value(bound.*which);
  json.end();
}

void write_network(JsonWriter& json, const RankedNetwork& n) {
  const Candidate& c = n.candidate;
  json.begin_object()
      .member("name", c.name)
      .member("error", c.error.value)
      .member("epi_j", c.energy_per_item.value.value());
  write_ratios(json, "m", n.m, &RatioBounds::value);
  write_ratios(json, "m_low", n.m, &RatioBounds::low);
  write_ratios(json, "m_high", n.m, &RatioBounds::high);
  json.member("epi_low_j", c.energy_per_item.low.value())
      .member("epi_high_j", c.energy_per_item.high.value())
      .member("batch", c.batch);
  write_bounds(json, "latency_ms", c.latency, 1e3);
  write_bounds(json, "power_w", c.power, 1);
  json.key("on_front")
      .begin_object()
      .member("energy", n.on_energy_front)
      .member("latency", n.on_latency_front)
      .member("power", n.on_power_front)
      .end();
  json.key("excluded");
  if (n.excluded.empty())
    json.null();
  else
    json.value(n.excluded);
  if (!c.caveat.empty()) json.member("caveat", c.caveat);
  json.end();
}

}  // namespace

void write_ranking(JsonWriter& json, const Ranking& ranking) {
  json.begin_object().key("alphas").begin_array();
  for (const double alpha : ranking.alphas) json.value(alpha);
  json.end().key("networks").begin_array();
  for (const RankedNetwork& n : ranking.networks) write_network(json, n);
  json.end().key("winners").begin_array();
  for (const Winner& winner : ranking.winners)
    if (winner.network < 0)
      json.null();
    else
      json.value(name_of(ranking, winner.network));
  json.end().key("ties").begin_array();
  for (const Winner& winner : ranking.winners) {
    json.begin_array();
    for (const int i : winner.tied_with) json.value(name_of(ranking, i));
    json.end();
  }
  json.end();
  write_flips(json, "winner_flips", ranking, ranking.winner_flips);
  write_flips(json, "flips", ranking, ranking.flips);
  json.end();
}

nlohmann::ordered_json ranking_json(const Ranking& ranking) {
  std::ostringstream text;
  JsonWriter json(text);
  write_ranking(json, ranking);
  return nlohmann::ordered_json::parse(text.str());
}

}  // namespace neuralpower
