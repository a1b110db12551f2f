// SPDX-License-Identifier: Apache-2.0
// A ranking as JSON, the same wherever one is written: `rank --format json`, the HTML report.
//
// {"alphas": [...], "networks": [{"name", "error", "epi_j", "m": [one per alpha], ...}],
// "winners": [name per alpha, null if no network keeps the limits], "ties", "flips", ...}.
// Indices in "m", "winners" and "ties" follow "alphas".
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "neuralpower/decide/rank.h"
#include "neuralpower/report/json_writer.h"

namespace neuralpower {

// As the next value of a document.
void write_ranking(JsonWriter& json, const Ranking& ranking);

// As a tree, to be put into another.
nlohmann::ordered_json ranking_json(const Ranking& ranking);

}  // namespace neuralpower
