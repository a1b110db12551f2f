// SPDX-License-Identifier: Apache-2.0
// Logs read line by line.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/samples/profiles/profile.h"

namespace neuralpower {

// Calls `take` with each line, without its end. Error (bad input) for a line of more than a MiB, or
// one that holds a zero byte: that is no text.
void for_each_line(std::istream& in, const std::function<void(std::string_view)>& take);

// All whole numbers in a text, in order: "(1, 56,56, 64)" has four. Signs are not read.
std::vector<std::int64_t> whole_numbers(std::string_view text);

// The first decimal number in a text, or nothing.
std::optional<double> first_number(std::string_view text);

// Nodes of a log that shows them run after run without saying where a run begins: the shortest
// sequence whose repetition the log ends with is one run; what stands before the first is left out.
class RepeatedNodes {
 public:
  // `key` tells nodes apart; equal keys are the same work.
  void add(std::string key, ProfileEvent event, Seconds time);
  // One event a node of a run, with its times. `left_out`: how many lines before the first run.
  std::vector<ProfileEvent> finish(std::size_t& left_out);

 private:
  struct Turn {
    std::size_t what;
    Seconds time;
  };
  std::map<std::string, std::size_t> numbers_;
  std::vector<ProfileEvent> kinds_;
  std::vector<Turn> turns_;
};

}  // namespace neuralpower
