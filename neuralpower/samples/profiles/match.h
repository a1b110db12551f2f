// SPDX-License-Identifier: Apache-2.0
// Profile and network in, samples out.
//
// A node of the profile is found in the network by its name, by the tensor it writes, by the nodes
// that the tool says are in it, or, where the tool made up a name, by its operation and shapes in
// order. Layers without a node of their own that stand behind it (activations, sums, batch norms)
// or in front of it (padding, transposes) are what the tool fused into it. What the tool added by
// itself (changes of layout, reshapes around matrix products) is described by its shapes and
// becomes a sample too. Nothing is dropped in silence: what is not found is listed, with its time.
#pragma once

#include <string>
#include <vector>

#include "neuralpower/network/network.h"
#include "neuralpower/samples/profiles/profile.h"
#include "neuralpower/samples/sample.h"

namespace neuralpower {

struct UnmatchedEvent {
  std::string name, op;
  Seconds time{0};  // of a run, the median
};

struct ProfileMatch {
  std::vector<Sample> samples;      // in the order in which the nodes ran, run by run
  std::vector<NetworkSample> runs;  // whole runs
  std::vector<UnmatchedEvent> unmatched;
  std::vector<std::string> not_run;  // layers with multiply-accumulates that no node stands for
  int nodes = 0, in_network = 0, added = 0;  // added: by the tool itself
  double time_share = 0;                     // of the nodes' time, that of samples
  bool fused = false;                        // nodes stand for more than one layer
};

// Error (bad input) if less than three quarters of the time spent on layers are found in the
// network, or more than a quarter of the network's multiply-accumulates are not in the profile:
// then it is another network's.
ProfileMatch match_profile(const Profile& profile, const Network& network);

}  // namespace neuralpower
