// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/version.h"

namespace neuralpower {

const char* version() { return NEURALPOWER_VERSION; }

}  // namespace neuralpower
