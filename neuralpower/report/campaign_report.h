// SPDX-License-Identifier: Apache-2.0
// What a campaign did, as text.
#pragma once

#include <string>

#include "neuralpower/measure/campaign.h"

namespace neuralpower {

std::string render_campaign(const Conditions& conditions, const CampaignResult& result);

}  // namespace neuralpower
