// SPDX-License-Identifier: Apache-2.0
// A ranking as text: what `neuralpower rank` prints.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "neuralpower/decide/rank.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// {"alphas": [...], "networks": [{"name", "error", "epi_j", "m": [one per alpha], ...}],
// "winners": [name per alpha, null if no network keeps the limits], "ties", "flips", ...}.
// Indices in "m", "winners" and "ties" follow "alphas".
nlohmann::ordered_json ranking_json(const Ranking& ranking);

std::string render_ranking(const Ranking& ranking, const RenderOptions& options);

}  // namespace neuralpower
