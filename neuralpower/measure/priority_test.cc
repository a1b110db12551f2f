// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/priority.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace neuralpower {
namespace {

TEST(RealTimePriority, ASecondProcessWaitsForTheFirst) {
  const std::string lock = ::testing::TempDir() + "priority_test.lock";
  int told[2], begin[2];
  ASSERT_EQ(pipe(told), 0);
  ASSERT_EQ(pipe(begin), 0);
  const pid_t child = fork();  // before there is a lock that it would inherit
  if (child == 0) {
    char start = 0;
    (void)!read(begin[0], &start, 1);
    const RealTimePriority second([&] { (void)!write(told[1], "w", 1); }, lock);
    (void)!write(told[1], "g", 1);
    _exit(0);
  }
  {
    const RealTimePriority first({}, lock);
    EXPECT_EQ(first.active(), first.describe() == "real-time");
    (void)!write(begin[1], "b", 1);
    char message = 0;
    ASSERT_EQ(read(told[0], &message, 1), 1);
    EXPECT_EQ(message, 'w');
  }
  char message = 0;
  ASSERT_EQ(read(told[0], &message, 1), 1);
  EXPECT_EQ(message, 'g');
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace neuralpower
