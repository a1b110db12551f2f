// SPDX-License-Identifier: Apache-2.0
// Back-ends and meters as text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/measure/backends/backends.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

struct MeterStatus {
  std::string_view name, what;
  bool available = false;
  std::string detail;  // how it measures, or what is missing
};

std::string render_backends(std::span<const BackendRow> rows, const RenderOptions& options);

std::string render_meters(const std::vector<MeterStatus>& meters, const RenderOptions& options);

}  // namespace neuralpower
