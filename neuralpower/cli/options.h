// SPDX-License-Identifier: Apache-2.0
// Options that several commands share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "neuralpower/importers/import_options.h"
#include "neuralpower/report/format.h"

namespace neuralpower::cli {

// --format with the names a command offers, e.g. {"table", "json", "csv"}.
struct FormatOption {
  std::string name = "table";
  void add_to(CLI::App& app, const std::vector<std::string>& names);
  RenderOptions render_options() const;
};

// --shape NAME=DxDxD, any number of times; without NAME= for a network with one input.
struct ShapeOption {
  std::vector<std::string> texts;
  void add_to(CLI::App& app);
  void apply_to(ImportOptions& options) const;
};

// "1,8,64" as numbers; empty text: none.
std::vector<std::int64_t> parse_batches(const std::string& text);

// Columns of the terminal behind standard output (COLUMNS, else what it says), 0 if there is none.
int terminal_width();

}  // namespace neuralpower::cli
