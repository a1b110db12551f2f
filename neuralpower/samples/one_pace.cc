// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/one_pace.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace neuralpower {
namespace {

constexpr const char* kPace = "pace_arithmetic_us";

// Where a sample tells its pace; null if it does not.
double* pace_of(Sample& sample) {
  const auto found = sample.extras.find(kPace);
  return found == sample.extras.end() || !(found->second > 0) ? nullptr : &found->second;
}

}  // namespace

int to_one_pace(std::vector<Sample>& samples) {
  std::map<std::pair<std::string, std::string>, std::vector<double>> paces;
  for (Sample& sample : samples)
    if (const double* pace = pace_of(sample))
      paces[{sample.device, sample.software}].push_back(*pace);
  for (auto& [origin, values] : paces)  // the median comes to the middle
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  int told = 0;
  for (Sample& sample : samples) {
    double* pace = pace_of(sample);
    if (!pace) continue;
    const std::vector<double>& all = paces.at({sample.device, sample.software});
    const double common = all[all.size() / 2];
    sample.runtime = sample.runtime * (common / *pace);
    if (sample.energy) sample.energy = *sample.energy * (common / *pace);
    *pace = common;
    ++told;
  }
  return told;
}

}  // namespace neuralpower
