// SPDX-License-Identifier: Apache-2.0
// What a search found, as a table, JSON or CSV.
#pragma once

#include <string>

#include "neuralpower/decide/search.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_search(const Space& space, const SearchResult& result,
                          const SearchOptions& search, const RenderOptions& options);

}  // namespace neuralpower
