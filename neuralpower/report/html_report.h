// SPDX-License-Identifier: Apache-2.0
// One HTML page: everything a browser needs is in it and nothing is fetched. Its sources are in
// page/; the report's JSON stands in a script element of its own.
//
// Names come from strangers' files: `<` never stands in that JSON, so that nothing in it can end
// the element, and the page shows text as text only.
#pragma once

#include <string>

#include "neuralpower/report/report_document.h"

namespace neuralpower {

std::string render_html(const ReportDocument& report);

}  // namespace neuralpower
