// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/pace/reference_work.h"

#include <gtest/gtest.h>

namespace neuralpower {
namespace {

TEST(ReferenceWork, BothKindsTakeTimeOnAnyNumberOfThreads) {
  for (const int threads : {0, 1, 2}) {
    const auto work = make_reference_work(threads);
    for (int i = 0; i < 100; ++i) {  // more than a round through the buffer
      const Pace pace = work->probe();
      EXPECT_GT(pace.arithmetic, Seconds(0));
      EXPECT_GT(pace.memory, Seconds(0));
    }
  }
}

}  // namespace
}  // namespace neuralpower
