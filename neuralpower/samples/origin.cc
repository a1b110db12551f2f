// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

struct Column {
  std::string Sample::*name;
  const char* what;     // of one
  const char* several;  // of more
  const char* option;
};

constexpr Column kDevice = {&Sample::device, "device", "devices", "--measured-on"};
constexpr Column kSoftware = {&Sample::software, "software stack", "software stacks", "--software"};

// Rows of each name.
std::map<std::string, std::size_t> count_names(const std::vector<Sample>& samples,
                                               const Column& column) {
  std::map<std::string, std::size_t> counts;
  for (const Sample& sample : samples)
    if (!(sample.*column.name).empty()) ++counts[sample.*column.name];
  return counts;
}

std::string list_of(const std::map<std::string, std::size_t>& counts) {
  constexpr std::size_t kMost = 6;
  std::string list;
  std::size_t listed = 0;
  for (const auto& [name, count] : counts) {
    if (listed++ == kMost) return list + ", ...";
    list += fmt::format("{}'{}' ({} rows)", list.empty() ? "" : ", ", printable(name, 80), count);
  }
  return list;
}

void keep(std::vector<Sample>& samples, const Column& column, const std::string& wanted) {
  if (wanted.empty()) return;
  const auto counts = count_names(samples, column);
  if (!counts.contains(wanted))
    throw usage_error(
        fmt::format("no sample is of the {} '{}'; there {}", column.what, printable(wanted, 80),
                    counts.empty() ? "is no row that names one"
                                   : (counts.size() == 1 ? "is " : "are ") + list_of(counts)));
  std::erase_if(samples, [&](const Sample& sample) {
    const std::string& name = sample.*column.name;
    return !name.empty() && name != wanted;
  });
}

}  // namespace

std::vector<Sample> samples_of(std::vector<Sample> samples, const std::string& device,
                               const std::string& software) {
  keep(samples, kDevice, device);
  keep(samples, kSoftware, software);
  return samples;
}

void expect_one_origin(const std::vector<Sample>& samples) {
  for (const Column& column : {kDevice, kSoftware}) {
    const auto counts = count_names(samples, column);
    if (counts.size() > 1)
      throw bad_input(
          fmt::format("the samples are of {} {}: {}; choose one with {}, or take all as one with "
                      "--mixed",
                      counts.size(), column.several, list_of(counts), column.option));
  }
}

}  // namespace neuralpower
