// SPDX-License-Identifier: Apache-2.0
// How results are rendered: as a table for people, as one JSON document, or as CSV.
#pragma once

#include <optional>
#include <string_view>

namespace neuralpower {

enum class OutputFormat { kTable, kJson, kCsv, kHtml };

struct RenderOptions {
  OutputFormat format = OutputFormat::kTable;
  int width = 0;  // columns of the terminal; 0: unlimited
};

}  // namespace neuralpower
