// SPDX-License-Identifier: Apache-2.0
// Which NeuralPower this is.
#pragma once

namespace neuralpower {

const char* version();  // "0.1.0", of the library that is linked

}  // namespace neuralpower
