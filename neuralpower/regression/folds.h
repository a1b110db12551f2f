// SPDX-License-Identifier: Apache-2.0
// Which rows are held out together. Rows of one group (repetitions of a configuration, layers of a
// network) always share a fold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace neuralpower {

// A fold index below `fold_count` for every row. Groups are shuffled by `seed`, then each goes,
// largest first, to the fold that has fewest rows so far, so folds are as even as groups allow. The
// result depends on the arguments only, on every machine. Throws (bad input) if there are fewer
// groups than folds, for then some fold would stay empty, or fewer than two folds.
std::vector<std::uint32_t> make_folds(std::span<const std::uint64_t> group_of_row,
                                      std::size_t fold_count, std::uint64_t seed);

// Every row its own group.
std::vector<std::uint32_t> make_folds(std::size_t rows, std::size_t fold_count, std::uint64_t seed);

}  // namespace neuralpower
