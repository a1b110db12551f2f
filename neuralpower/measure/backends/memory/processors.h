// SPDX-License-Identifier: Apache-2.0
// How many processors this process may run on.
#pragma once

namespace neuralpower {

int usable_processors();

}  // namespace neuralpower
