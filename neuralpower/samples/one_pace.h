// SPDX-License-Identifier: Apache-2.0
// Samples of several hours of one machine as if it had run at one pace: a neighbour on the host, or
// heat, makes layers and a reference work in registers slower alike (docs/measuring.md shows by how
// much this brings two campaigns nearer, and what it does not explain).
#pragma once

#include <vector>

#include "neuralpower/samples/sample.h"

namespace neuralpower {

// Each runtime times the median pace of the rows of its device and software over its own
// (`pace_arithmetic_us` among the extras), which is then that median: doing it twice changes
// nothing. Powers stay; energies stay power times runtime. Rows that tell no pace stay as they are.
// Returns how many rows do.
int to_one_pace(std::vector<Sample>& samples);

}  // namespace neuralpower
