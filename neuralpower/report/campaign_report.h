// SPDX-License-Identifier: Apache-2.0
// What a campaign did, as text.
#pragma once

#include <string>

#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/network_campaign.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

// `store` is the file it is in.
std::string render_campaign(const Conditions& conditions, const CampaignResult& result,
                            const std::string& store, const RenderOptions& options);

// The networks measured now, one a line.
std::string render_network_campaign(const Conditions& conditions,
                                    const NetworkCampaignResult& result, const std::string& store,
                                    const RenderOptions& options);

}  // namespace neuralpower
