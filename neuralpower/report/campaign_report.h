// SPDX-License-Identifier: Apache-2.0
// What a campaign did, as text.
#pragma once

#include <string>

#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/network_campaign.h"

namespace neuralpower {

std::string render_campaign(const Conditions& conditions, const CampaignResult& result);

// The networks measured now, one a line.
std::string render_network_campaign(const Conditions& conditions,
                                    const NetworkCampaignResult& result);

}  // namespace neuralpower
