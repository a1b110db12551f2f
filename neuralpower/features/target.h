// SPDX-License-Identifier: Apache-2.0
// Target: what a model predicts of a layer.
#pragma once

#include <string_view>

namespace neuralpower {

enum class Target { kRuntime, kPower, kEnergy };

constexpr std::string_view to_string(Target target) {
  switch (target) {
    case Target::kRuntime:
      return "runtime";
    case Target::kPower:
      return "power";
    case Target::kEnergy:
      return "energy";
  }
  return "";
}

}  // namespace neuralpower
