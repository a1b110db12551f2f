// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/ranking_json.h"

#include <nlohmann/json.hpp>

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

const std::string& name_of(const Ranking& ranking, int index) {
  return ranking.networks[static_cast<std::size_t>(index)].candidate.name;
}

template <typename Unit>
Json bounds(const std::optional<Estimate<Unit>>& e, double scale) {
  if (!e) return nullptr;
  return {{"value", e->value.value() * scale},
          {"low", e->low.value() * scale},
          {"high", e->high.value() * scale}};
}

Json flips_json(const Ranking& ranking, const std::vector<Flip>& flips) {
  Json json = Json::array();
  for (const Flip& flip : flips)
    json.push_back({{"alpha", flip.alpha},
                    {"below", name_of(ranking, flip.cheaper)},
                    {"above", name_of(ranking, flip.preciser)}});
  return json;
}

}  // namespace

Json ranking_json(const Ranking& ranking) {
  Json json;
  json["alphas"] = ranking.alphas;
  json["networks"] = Json::array();
  for (const RankedNetwork& n : ranking.networks) {
    const Candidate& c = n.candidate;
    Json m = Json::array(), m_low = Json::array(), m_high = Json::array();
    for (const RatioBounds& bound : n.m) {
      m.push_back(bound.value);
      m_low.push_back(bound.low);
      m_high.push_back(bound.high);
    }
    Json row = {{"name", c.name},
                {"error", c.error.value},
                {"epi_j", c.energy_per_item.value.value()},
                {"m", std::move(m)},
                {"m_low", std::move(m_low)},
                {"m_high", std::move(m_high)},
                {"epi_low_j", c.energy_per_item.low.value()},
                {"epi_high_j", c.energy_per_item.high.value()},
                {"batch", c.batch},
                {"latency_ms", bounds(c.latency, 1e3)},
                {"power_w", bounds(c.power, 1)},
                {"on_front",
                 {{"energy", n.on_energy_front},
                  {"latency", n.on_latency_front},
                  {"power", n.on_power_front}}},
                {"excluded", n.excluded.empty() ? Json(nullptr) : Json(n.excluded)}};
    if (!c.caveat.empty()) row["caveat"] = c.caveat;
    json["networks"].push_back(std::move(row));
  }
  json["winners"] = Json::array();
  json["ties"] = Json::array();
  for (const Winner& winner : ranking.winners) {
    json["winners"].push_back(winner.network < 0 ? Json(nullptr)
                                                 : Json(name_of(ranking, winner.network)));
    Json tied = Json::array();
    for (const int i : winner.tied_with) tied.push_back(name_of(ranking, i));
    json["ties"].push_back(std::move(tied));
  }
  json["winner_flips"] = flips_json(ranking, ranking.winner_flips);
  json["flips"] = flips_json(ranking, ranking.flips);
  return json;
}

}  // namespace neuralpower
