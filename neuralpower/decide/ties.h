// SPDX-License-Identifier: Apache-2.0
// Which of the architectures that a search found the predictions cannot tell apart.
//
// Of the best few: what cannot be told from the first. Of the front, from the first on: what cannot
// be told from the last one that was not marked itself. So a tie is always with one that is named,
// and never handed on from row to row. Two are tied if in every objective that is predicted the
// interval of their difference (shared_layers.h) holds 0; of power, which is a quotient, if in
// neither order one's power lies outside of the other's bounds. What is counted (macs, params) and
// given (error) is exact and ties nothing.
#pragma once

#include "neuralpower/decide/search.h"

namespace neuralpower {

// Sets FoundArchitecture::tie in front and best.
void mark_ties(const Space& space, const Predictor& predictor, const SearchOptions& options,
               SearchResult& result);

}  // namespace neuralpower
