// SPDX-License-Identifier: Apache-2.0
// Where samples come from: the device and the software stack of each row. A layer takes another
// time on another of either, so rows of several are never taken as one unnoticed.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/samples/sample.h"

namespace neuralpower {

// The rows of this device and of this software stack, by their exact names; an empty name stands
// for any. Rows that do not say where they come from are kept. Error (usage) that lists the names
// there are if a name is not among them.
std::vector<Sample> samples_of(std::vector<Sample> samples, const std::string& device,
                               const std::string& software);

// Error (bad input) that lists them if the rows name several devices or several software stacks.
void expect_one_origin(const std::vector<Sample>& samples);

}  // namespace neuralpower
