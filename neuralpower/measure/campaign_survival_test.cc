// SPDX-License-Identifier: Apache-2.0
// What a campaign must survive: kill -9 at any moment, and a disk that fills up.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <random>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/campaign.h"
#include "neuralpower/measure/fakes/fake_backend.h"

namespace neuralpower {
namespace {

constexpr int kLayers = 1200, kKills = 50;

CampaignOptions options() {
  CampaignOptions campaign;
  for (int i = 1; i <= kLayers; ++i)
    campaign.layers.push_back(
        parse_layer("activation mode=relu batch=" + std::to_string(i) + " in=64"));
  campaign.block_layers = 2;
  return campaign;
}

CampaignResult run(const std::filesystem::path& file) {
  FakeClock clock;  // no time is lost on measuring: nearly all kills hit the store at work
  FakeBackend backend(clock, [](const LayerConfig&, int) { return milliseconds(1); });
  Conditions conditions;
  conditions.device = "fake";
  SampleStore store = SampleStore::open(file);
  return run_campaign(options(), conditions, backend, clock, nullptr, "no meter", store);
}

// Every planned layer once, each with all its repetitions.
void expect_complete(const std::filesystem::path& file) {
  SampleStore store = SampleStore::open(file, true);
  ASSERT_EQ(store.all_conditions().size(), 1u);
  const auto id = store.all_conditions().begin()->first;
  const auto measurements = store.measurements(id);
  EXPECT_EQ(measurements.size(), static_cast<std::size_t>(kLayers));
  EXPECT_EQ(store.finished_layers(id).size(), static_cast<std::size_t>(kLayers));
  for (const StoredMeasurement& measurement : measurements)
    EXPECT_EQ(measurement.repetitions.size(),
              static_cast<std::size_t>(ProtocolOptions().repetitions));
}

TEST(CampaignSurvival, FiftyKills) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "campaign_survival.db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
  std::mt19937 random(9);
  int killed = 0;
  for (int i = 0; i < kKills; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      run(file);
      _exit(0);
    }
    // Short enough that on the fastest disk the campaign outlasts half of the kills.
    usleep(std::uniform_int_distribution<useconds_t>(0, 4'000)(random));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
  }
  EXPECT_GT(killed, kKills / 2);
  const CampaignResult last = run(file);
  EXPECT_EQ(last.found + last.measured, kLayers);
  expect_complete(file);
}

// A file system of twelve megabytes, where the test may make one.
class SmallDisk {
 public:
  SmallDisk() : folder_(std::filesystem::path(::testing::TempDir()) / "small_disk") {
    std::filesystem::create_directories(folder_);
    mounted_ = mount("neuralpower", folder_.c_str(), "tmpfs", 0, "size=12m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount(folder_.c_str());
  }
  bool mounted() const { return mounted_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

TEST(CampaignSurvival, ADiskThatFillsUpTwice) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "only root can mount a small disk";
  const auto file = disk.folder() / "lab.db", filler = disk.folder() / "filler";
  for (const int kilobytes : {12000, 11800}) {
    std::ofstream(filler) << std::string(static_cast<std::size_t>(kilobytes) * 1024, 'x');
    try {
      run(file);
      FAIL() << "the disk did not fill up";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kEnvironment) << error.what();
      EXPECT_THAT(error.what(), ::testing::HasSubstr("lab.db"));
    }
    std::filesystem::remove(filler);
  }
  EXPECT_GT(run(file).found, 0);
  expect_complete(file);
}

}  // namespace
}  // namespace neuralpower
