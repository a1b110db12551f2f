// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/external/external_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/fakes/fake_clock.h"

namespace neuralpower {
namespace {

using ::testing::HasSubstr;

class ExternalMeter : public ::testing::Test {
 protected:
  ExternalMeter()
      : file_(std::filesystem::temp_directory_path() /
              ("neuralpower-external-" + std::to_string(getpid()) + ".csv")) {}
  ~ExternalMeter() override { std::filesystem::remove(file_); }

  void write(const std::string& text) { std::ofstream(file_, std::ios::app) << text; }
  std::unique_ptr<PowerMeter> open() {
    MeterOrReason opened = open_external_meter(file_, clock_);
    if (const auto* missing = std::get_if<MeterUnavailable>(&opened)) {
      ADD_FAILURE() << missing->reason;
      return nullptr;
    }
    return std::get<0>(std::move(opened));
  }

  FakeClock clock_;
  std::filesystem::path file_;
};

TEST_F(ExternalMeter, IntegratesRowsAsTheyCome) {
  write("time_s,watts\n7,100\n7.1,100\n");
  const auto meter = open();
  EXPECT_NEAR(meter->update_period().value(), 0.1, 1e-9);
  const Joules before = *meter->read()[0].energy;
  write("7.2,200\n7.3,2");  // half a row
  clock_.advance(Seconds(0.1));
  EXPECT_NEAR((*meter->read()[0].energy - before).value(), 15, 1e-9);
  write("00\n");
  clock_.advance(Seconds(0.1));
  EXPECT_NEAR((*meter->read()[0].energy - before).value(), 35, 1e-9);
  EXPECT_EQ(meter->read()[0].power, Watts(200));
}

TEST_F(ExternalMeter, ReadsANamedPipe) {
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  // Open at both ends, so that the writer does not wait for the reader.
  std::fstream writer(file_, std::ios::in | std::ios::out);
  writer << "0,50\n1,50\n" << std::flush;
  const auto meter = open();
  writer << "2,50\n" << std::flush;
  EXPECT_NEAR(meter->read()[0].energy->value(), 100, 1e-9);
}

TEST_F(ExternalMeter, RefusesRowsThatWereHeldBack) {
  write("0,50\n0.1,50\n");
  const auto meter = open();
  write("0.2,50\n");
  clock_.advance(Seconds(0.1));
  meter->read();
  write("0.3,50\n");
  clock_.advance(Seconds(2));
  try {
    meter->read();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEnvironment);
    EXPECT_THAT(error.what(), HasSubstr("s late"));
  }
}

TEST_F(ExternalMeter, SaysWhatIsWrong) {
  EXPECT_TRUE(std::holds_alternative<MeterUnavailable>(open_external_meter(file_, clock_)));
  write("time_s,watts\n1,5\n");
  const MeterOrReason one_row = open_external_meter(file_, clock_);
  EXPECT_THAT(std::get<MeterUnavailable>(one_row).reason, HasSubstr("no two rows"));
  write("1,watts\n");
  EXPECT_THROW(open_external_meter(file_, clock_), Error);
  EXPECT_THROW(open_external_meter("/dev/zero", clock_), Error);  // not read for ever
}

}  // namespace
}  // namespace neuralpower
