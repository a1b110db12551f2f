// SPDX-License-Identifier: Apache-2.0
// What a meter is like, and what a campaign will cost, as text.
#pragma once

#include <string>

#include "neuralpower/measure/forecast.h"
#include "neuralpower/measure/meter_character.h"
#include "neuralpower/report/format.h"

namespace neuralpower {

std::string render_meter_character(const MeterCharacter& character, const RenderOptions& options);

// `budget`: what was asked for, to be held against what is needed.
std::string render_forecast(const CampaignForecast& forecast, Seconds budget,
                            const RenderOptions& options);

}  // namespace neuralpower
