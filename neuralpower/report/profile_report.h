// SPDX-License-Identifier: Apache-2.0
// What became of a profile: how much of it was found in the network, and what was not.
#pragma once

#include <string>

#include "neuralpower/samples/profiles/match.h"

namespace neuralpower {

std::string render_profile_match(const std::string& file, const Profile& profile,
                                 const ProfileMatch& match);

}  // namespace neuralpower
