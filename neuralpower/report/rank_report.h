// SPDX-License-Identifier: Apache-2.0
// A ranking as text: what `neuralpower rank` prints. Its JSON is that of ranking_json.h.
#pragma once

#include <string>

#include "neuralpower/decide/rank.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_ranking(const Ranking& ranking, const RenderOptions& options);

}  // namespace neuralpower
