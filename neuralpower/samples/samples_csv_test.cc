// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/samples_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

std::filesystem::path file_with(const std::string& text) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    (std::string("samples_csv_") + test->name() + ".csv");
  std::ofstream(path) << text;
  return path;
}

std::string error_of(const std::string& text) {
  try {
    read_samples_csv(file_with(text));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SamplesCsv, ReadsColumnsByNameInAnyOrder) {
  const auto samples =
      read_samples_csv(file_with("runtime_ms,extra,layer,power_w\n2,x,fc batch=8 in=16 "
                                 "out=4,10\n4,y,fc batch=8 in=16 out=4,\n"));
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_DOUBLE_EQ(samples[0].runtime.value(), 0.002);
  EXPECT_DOUBLE_EQ(samples[0].energy->value(), 0.02);  // power x runtime
  EXPECT_FALSE(samples[1].power);
}

TEST(SamplesCsv, ReducesRepetitionsToMedians) {
  const auto reduced = reduce_repetitions(read_samples_csv(
      file_with("layer,runtime_ms\nfc batch=8 in=16 out=4,2\nfc out=4 in=16 batch=8,4\n"
                "fc batch=8 in=16 out=4,3\nfc batch=9 in=16 out=4,5\n")));
  ASSERT_EQ(reduced.size(), 2u);
  EXPECT_EQ(reduced[0].repetitions, 3);
  EXPECT_DOUBLE_EQ(reduced[0].runtime.value(), 0.003);
}

TEST(SamplesCsv, ErrorsNameFileAndLine) {
  EXPECT_THAT(error_of("layer,runtime\nx,1\n"), HasSubstr("no column 'runtime_ms'"));
  EXPECT_THAT(error_of("layer,runtime_ms\nfc batch=8 in=16 out=4,-1\n"), HasSubstr("line 2"));
  EXPECT_THAT(error_of("layer,runtime_ms\nfc batch=8 in=16,1\n"), HasSubstr("line 2"));
  EXPECT_THAT(error_of("layer,runtime_ms\nfc batch=8 in=16 out=4,nan\n"), HasSubstr("positive"));
  EXPECT_THAT(error_of("layer,runtime_ms\nfc batch=8 in=16 out=4,1,2\n"), HasSubstr("3 fields"));
  EXPECT_THAT(error_of("layer,runtime_ms\n"), HasSubstr("no rows"));
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
}

TEST(SamplesCsv, EnergiesInOtherUnitsAreNoticed) {
  const std::string header = "layer,runtime_ms,power_w,energy_j\n";
  EXPECT_THAT(
      error_of(header + "fc batch=1 in=8 out=8,3,50,0.15\nfc batch=1 in=9 out=8,3,50,150\n"),
      HasSubstr("line 3: energy_j is 150, but runtime_ms times power_w makes 0.15 J"));
}

TEST(SamplesCsv, WhatIsWrittenReadsBack) {
  const auto samples = read_samples_csv(file_with(
      "layer,network,position,name,repetition,runtime_ms,power_w\n"
      "\"pool mode=max batch=1 in=2x8x8 kernel=2x2 stride=2x2 pad=0,1,0,1\",net,3,\"a,\"\"b\","
      "2,0.125,7.5\n"));
  std::ostringstream out;
  write_samples_csv(out, samples);
  const auto again = read_samples_csv(file_with(out.str()));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].layer, samples[0].layer);
  EXPECT_EQ(again[0].name, "a,\"b");
  EXPECT_EQ(again[0].position, 3);
  EXPECT_EQ(again[0].runtime, samples[0].runtime);
  EXPECT_EQ(again[0].energy, samples[0].energy);
}

}  // namespace
}  // namespace neuralpower
