// SPDX-License-Identifier: Apache-2.0
// Back-ends as text.
#pragma once

#include <span>
#include <string>

#include "neuralpower/measure/backends/backends.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_backends(std::span<const BackendRow> rows, const RenderOptions& options);

}  // namespace neuralpower
