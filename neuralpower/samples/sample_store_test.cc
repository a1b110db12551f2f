// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/sample_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/samples/merge_stores.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::filesystem::path fresh_file() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const auto file = std::filesystem::path(::testing::TempDir()) /
                    (std::string("sample_store_") + test->name() + ".db");
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
  return file;
}

LayerConfig layer(int batch) {
  return parse_layer("fc batch=" + std::to_string(batch) + " in=16 out=4");
}

StoredMeasurement measurement(int batch, std::vector<double> runtimes) {
  StoredMeasurement result;
  result.layer = layer(batch);
  result.implementation = "jit";
  result.energy_absent = "no meter";
  for (const double runtime : runtimes) {
    StoredRepetition repetition;
    repetition.runtime = Seconds(runtime);
    result.repetitions.push_back(repetition);
  }
  return result;
}

const Conditions kConditions = {"cpu", "oneDNN 2.6.3", {{"threads", "2"}}};

TEST(SampleStore, GivesBackWhatWasRecorded) {
  const auto file = fresh_file();
  StoredMeasurement full = measurement(1, {0.1, 0.2});
  full.steady = false;
  full.repetitions[0].executions = 12;
  full.repetitions[0].window = Seconds(1.2);
  full.repetitions[0].power = Watts(50);
  full.repetitions[0].energy = Joules(5);
  full.repetitions[0].domains = {{"package", Watts(50)}, {"dram", Watts(3.25)}};
  full.repetitions[1].marks = {"slow", "throttled"};
  full.extras = {{"kernel_ms", 0.25}, {"instructions", 1e9}};
  {
    SampleStore store = SampleStore::open(file);
    const auto id = store.conditions_id(kConditions);
    store.record(id, {full, measurement(2, {0.3})}, {{layer(3), "too large"}});
    store.record_networks(id, {{"net", 8, 1, Seconds(2), std::nullopt, Joules(3)}});
    store.record_meter("a sensor", "update_period_s=0.1");
    store.record_meter("a sensor", "update_period_s=0.2");
  }
  SampleStore store = SampleStore::open(file, true);
  const auto id = store.conditions_id(kConditions);
  EXPECT_EQ(store.all_conditions().at(id), kConditions);
  const auto measurements = store.measurements(id);
  ASSERT_THAT(measurements, SizeIs(2));
  EXPECT_FALSE(measurements[0].steady);
  EXPECT_EQ(measurements[0].energy_absent, "no meter");
  const StoredRepetition& repetition = measurements[0].repetitions[0];
  EXPECT_EQ(repetition.executions, 12);
  EXPECT_EQ(repetition.window, Seconds(1.2));
  EXPECT_EQ(repetition.power, Watts(50));
  EXPECT_EQ(repetition.energy, Joules(5));
  EXPECT_EQ(repetition.domains.at("dram"), Watts(3.25));
  EXPECT_THAT(measurements[0].repetitions[1].marks, ElementsAre("slow", "throttled"));
  EXPECT_FALSE(measurements[0].repetitions[1].power);
  EXPECT_EQ(store.skips(id).at(0).reason, "too large");
  EXPECT_THAT(store.finished_layers(id), SizeIs(3));
  EXPECT_EQ(store.networks().at(0).energy, Joules(3));
  EXPECT_EQ(measurements[0].extras, full.extras);
  EXPECT_EQ(store.samples()[0].extras.at("kernel_ms"), 0.25);
  EXPECT_EQ(store.meter("a sensor"), "update_period_s=0.2");
  EXPECT_FALSE(store.meter("another sensor"));
  EXPECT_TRUE(is_sample_store(file));
}

// Written by the first version: without extras and meters.
TEST(SampleStore, ReadsAStoreOfVersion1) {
  const auto file = fresh_file();
  {
    SampleStore store = SampleStore::open(file);
    store.record(store.conditions_id(kConditions), {measurement(1, {0.1})}, {});
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database,
                         "ALTER TABLE measurements DROP COLUMN extras; DROP TABLE meters; "
                         "PRAGMA user_version=1",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  SampleStore store = SampleStore::open(file);
  EXPECT_THAT(store.samples(), SizeIs(1));
  store.record_meter("a sensor", "text");
  EXPECT_EQ(store.meter("a sensor"), "text");
}

TEST(SampleStore, SamplesLeaveMarkedRepetitionsOut) {
  SampleStore store = SampleStore::open(fresh_file());
  const auto id = store.conditions_id(kConditions);
  StoredMeasurement mixed = measurement(1, {0.1, 0.1, 0.9});
  mixed.repetitions[2].marks = {"slow"};
  StoredMeasurement all_marked = measurement(2, {0.2, 0.3});
  for (StoredRepetition& repetition : all_marked.repetitions) repetition.marks = {"preempted"};
  store.record(id, {mixed, all_marked}, {});
  const auto samples = store.samples();
  ASSERT_THAT(samples, SizeIs(4));
  EXPECT_EQ(samples[1].runtime, Seconds(0.1));
  EXPECT_EQ(samples[2].runtime, Seconds(0.2));
  EXPECT_EQ(samples[0].device, "cpu");
  EXPECT_EQ(samples[0].software, "oneDNN 2.6.3");
}

TEST(SampleStore, NothingIsTwiceUnderTheSameConditions) {
  SampleStore store = SampleStore::open(fresh_file());
  const auto id = store.conditions_id(kConditions);
  store.record(id, {measurement(1, {0.1})}, {});
  store.record(id, {measurement(1, {0.7})}, {});
  ASSERT_THAT(store.samples(), SizeIs(1));
  EXPECT_EQ(store.samples()[0].runtime, Seconds(0.1));
  Conditions other = kConditions;
  other.details["threads"] = "1";
  store.record(store.conditions_id(other), {measurement(1, {0.7})}, {});
  EXPECT_THAT(store.samples(), SizeIs(2));
  EXPECT_THAT(store.samples(id), SizeIs(1));
}

TEST(MergeStores, JoinsWithoutDuplicates) {
  const auto file = fresh_file();
  SampleStore a = SampleStore::open(file);
  SampleStore b = SampleStore::open(file.string() + "-b");
  const auto id = b.conditions_id(kConditions);
  a.record(a.conditions_id(kConditions), {measurement(1, {0.1}), measurement(2, {0.2})}, {});
  b.record(id, {measurement(2, {0.7}), measurement(3, {0.3})}, {{layer(4), "too large"}});
  b.record_networks(id, {{"net", 8, 1, Seconds(2), std::nullopt, std::nullopt}});
  const MergeResult first = merge_stores(a, b);
  EXPECT_EQ(first.measurements, 1);
  EXPECT_EQ(first.duplicates, 1);
  EXPECT_EQ(first.skips, 1);
  EXPECT_EQ(first.networks, 1);
  const MergeResult again = merge_stores(a, b);
  EXPECT_EQ(again.measurements + again.skips + again.networks, 0);
  ASSERT_THAT(a.samples(), SizeIs(3));
  EXPECT_EQ(a.samples()[1].runtime, Seconds(0.2));
  EXPECT_EQ(a.skips(a.conditions_id(kConditions)).size(), 1u);
  std::filesystem::remove(file.string() + "-b");
}

TEST(MergeStores, RefusesConditionsThatContradict) {
  const auto file = fresh_file();
  SampleStore a = SampleStore::open(file);
  SampleStore b = SampleStore::open(file.string() + "-b");
  Conditions other = kConditions;
  other.details["threads"] = "64";
  a.record(a.conditions_id(kConditions), {measurement(1, {0.1})}, {});
  b.record(b.conditions_id(other), {measurement(2, {0.1})}, {});
  try {
    merge_stores(a, b);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("threads 2 in one and 64 in the other"));
  }
  EXPECT_THAT(a.samples(), SizeIs(1));
  std::filesystem::remove(file.string() + "-b");
}

std::string error_of(const std::filesystem::path& file, bool must_exist = false) {
  try {
    SampleStore::open(file, must_exist);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SampleStore, RefusesWhatIsNoStore) {
  const auto file = fresh_file();
  EXPECT_THAT(error_of(file, true), HasSubstr("no such file"));
  std::ofstream(file) << "layer,runtime_ms\nfc batch=1 in=4 out=4,1\n" << std::string(2000, 'x');
  EXPECT_THAT(error_of(file), HasSubstr("no sample store"));
  EXPECT_FALSE(is_sample_store(file));
  EXPECT_THAT(error_of("/nonexistent/folder/lab.db"), HasSubstr("/nonexistent/folder/lab.db"));
}

TEST(SampleStore, SeveralProcessesWriteToOneStore) {
  const auto file = fresh_file();
  constexpr int kProcesses = 4, kRows = 25;
  for (int process = 0; process < kProcesses; ++process) {
    if (fork() != 0) continue;
    try {
      SampleStore store = SampleStore::open(file);
      const auto id = store.conditions_id(kConditions);
      for (int i = 0; i < kRows; ++i)
        store.record(id, {measurement(1 + process * kRows + i, {0.1})}, {});
      _exit(0);
    } catch (const Error&) {
      _exit(1);
    }
  }
  for (int process = 0; process < kProcesses; ++process) {
    int status = 0;
    wait(&status);
    EXPECT_EQ(status, 0);
  }
  SampleStore store = SampleStore::open(file, true);
  EXPECT_THAT(store.samples(), SizeIs(kProcesses * kRows));
}

}  // namespace
}  // namespace neuralpower
