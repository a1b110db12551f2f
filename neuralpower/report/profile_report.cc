// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/profile_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "neuralpower/base/text.h"

namespace neuralpower {

std::string render_profile_match(const std::string& file, const Profile& profile,
                                 const ProfileMatch& match) {
  constexpr std::size_t kMostLines = 10;
  std::string text = fmt::format(
      "{}: {}: {} of {} nodes are the network's, {} were added by the tool; samples cover {:.1f} % "
      "of the time in nodes\n",
      printable(file), printable(profile.software), match.in_network, match.nodes, match.added,
      100 * match.time_share);
  for (const std::string& note : profile.notes) text += "  " + printable(note) + "\n";
  std::vector<UnmatchedEvent> unmatched = match.unmatched;
  std::stable_sort(unmatched.begin(), unmatched.end(),
                   [](const auto& a, const auto& b) { return a.time > b.time; });
  for (std::size_t i = 0; i < std::min(kMostLines, unmatched.size()); ++i)
    text += fmt::format("  not found in the network: {} ({}), {:.3g} ms\n",
                        printable(unmatched[i].name, 120), printable(unmatched[i].op, 60),
                        in_milliseconds(unmatched[i].time));
  if (unmatched.size() > kMostLines)
    text += fmt::format("  and {} more that take less time\n", unmatched.size() - kMostLines);
  for (std::size_t i = 0; i < std::min(kMostLines, match.not_run.size()); ++i)
    text +=
        fmt::format("  no node of the profile stands for {}\n", printable(match.not_run[i], 120));
  if (match.not_run.size() > kMostLines)
    text += fmt::format("  and {} more layers\n", match.not_run.size() - kMostLines);
  return text;
}

}  // namespace neuralpower
