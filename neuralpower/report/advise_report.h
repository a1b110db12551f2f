// SPDX-License-Identifier: Apache-2.0
// Advice as text: what `neuralpower advise` prints.
#pragma once

#include <string>

#include "neuralpower/decide/advise.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// At most `top` pieces of advice.
std::string render_advice(const Advices& advices, std::size_t top, const RenderOptions& options);

}  // namespace neuralpower
