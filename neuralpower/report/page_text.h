// SPDX-License-Identifier: Apache-2.0
// The page of page/, put together when the program is built (page/bundle.py): what stands before
// the report's data, and what stands behind it.
#pragma once

#include <string_view>

namespace neuralpower {

std::string_view page_before_data();
std::string_view page_after_data();

}  // namespace neuralpower
