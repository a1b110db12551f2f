// SPDX-License-Identifier: Apache-2.0
// The reference work of a machine's processors, on as many threads as the layers use:
//   arithmetic  eight independent chains of integer multiply-adds, 16384 steps each: about 50 us
//   memory      each thread adds up the next 512 KiB of a buffer of 32 MiB, on huge pages: a round
//               through it is far longer than a core's own caches, so it comes from where the
//               layers' activations come from
// The time of each is from the first thread's start to the last one's end, as a layer's is.
#pragma once

#include <memory>

#include "neuralpower/measure/pace.h"

namespace neuralpower {

std::unique_ptr<PaceProbe> make_reference_work(int threads);

}  // namespace neuralpower
