// SPDX-License-Identifier: Apache-2.0
// Joining stores that several machines, or several runs, have written.
#pragma once

#include "neuralpower/samples/sample_store.h"

namespace neuralpower {

struct MergeResult {
  int measurements = 0;  // came in
  int duplicates = 0;    // the same layer under the same conditions was there already
  int skips = 0;
  int networks = 0;
};

// Everything of `from` into `into`, conditions by conditions, each in one transaction. What is
// there under equal conditions stays as it is; merging twice changes nothing.
//
// Error (bad input) before anything is written if two conditions have the same device and software
// but differ in something else (threads, processor, meter): their samples would be taken for
// repetitions of one thing. The message names what differs.
MergeResult merge_stores(SampleStore& into, SampleStore& from);

}  // namespace neuralpower
