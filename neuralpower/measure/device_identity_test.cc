// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/device_identity.h"

#include <gtest/gtest.h>

#include <fstream>

namespace neuralpower {
namespace {

TEST(DeviceIdentity, ReadsWhatTheKernelTells) {
  const auto root = std::filesystem::path(::testing::TempDir()) / "device_identity";
  std::filesystem::create_directories(root / "proc/sys/kernel");
  std::ofstream(root / "proc/cpuinfo")
      << "processor\t: 0\nmodel name\t: Fast CPU\ncpu family\t: 6\nmodel\t\t: 7\nstepping\t: 1\n\n"
         "processor\t: 1\nmodel name\t: Fast CPU\n";
  std::ofstream(root / "proc/sys/kernel/osrelease") << "6.1\n";
  const DeviceIdentity device = identify_device(root);
  EXPECT_EQ(device.name, "Fast CPU, 2 CPUs");
  EXPECT_EQ(device.details.at("cpu_signature"), "6-7-1");
  EXPECT_EQ(device.details.at("kernel"), "6.1");
  EXPECT_FALSE(device.details.contains("governor"));
}

TEST(DeviceIdentity, AMachineThatTellsNothingStillHasAName) {
  EXPECT_EQ(identify_device("/nonexistent").name, "unknown processor, 0 CPUs");
}

}  // namespace
}  // namespace neuralpower
