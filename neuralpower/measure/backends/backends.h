// SPDX-License-Identifier: Apache-2.0
// The table of back-ends: one row each, whether or not this program was built with it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "neuralpower/measure/backend.h"

namespace neuralpower {

struct BackendRow {
  std::string_view name;
  std::string_view what;  // one line for `neuralpower backends`
  // Null if this program was built without it; then `missing` says what a build needs.
  std::unique_ptr<Backend> (*make)(const BackendOptions&);
  std::string_view missing;
};

std::span<const BackendRow> backends();

// Error (usage) for a name that is not in the table; Error (environment) if it is not built in or
// cannot run here.
std::unique_ptr<Backend> make_backend(std::string_view name, const BackendOptions& options);

}  // namespace neuralpower
