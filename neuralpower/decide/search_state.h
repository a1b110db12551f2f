// SPDX-License-Identifier: Apache-2.0
// The state of a search as JSON text: to go on after a kill, and to put shards together.
//
// {"format": "neuralpower-search-state", "version": 2, "fingerprint": "...", "counts": {...},
//  "uncovered": {key: reason}, "front": [...], "best": [...]}
// An architecture is {"index", "choices", "latency_s", "latency_bounds_s", "energy_j",
// "energy_bounds_j", "macs", "params", "batch", "error"}.
#pragma once

#include <string>
#include <string_view>

#include "neuralpower/decide/search.h"

namespace neuralpower {

// `fingerprint` stands for what must be equal for two runs to be parts of one search.
std::string search_state(const SearchResult& result, const std::string& fingerprint);

// Error (bad input) if the text is no state, or one of another search.
SearchResult parse_search_state(const Space& space, std::string_view text,
                                const std::string& fingerprint);

}  // namespace neuralpower
