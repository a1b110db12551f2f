// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/counters/perf_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neuralpower {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

// Where counters are there they count; where not, there is a reason.
TEST(PerfCounters, CountOrSayWhyNot) {
  const CountersOrReason opened = open_perf_counters();
  if (const auto* missing = std::get_if<CountersUnavailable>(&opened)) {
    EXPECT_THAT(missing->reason, Not(IsEmpty()));
    GTEST_SKIP() << missing->reason;
  }
  Counters& counters = *std::get<0>(opened);
  const auto before = counters.read();
  volatile double sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum = sum + i;
  const auto after = counters.read();
  ASSERT_TRUE(after.contains("instructions"));
  EXPECT_GT(after.at("instructions") - before.at("instructions"), 1e6);
}

}  // namespace
}  // namespace neuralpower
