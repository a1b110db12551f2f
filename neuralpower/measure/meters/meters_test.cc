// SPDX-License-Identifier: Apache-2.0
// The meters on fixture files and on a fake driver library: wraps, steps back, missing files, lost
// permission, broken values.
#include "neuralpower/measure/meters/meters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/fakes/fake_backend.h"
#include "neuralpower/measure/meters/hwmon/hwmon_meter.h"
#include "neuralpower/measure/meters/nvml/nvml_meter.h"
#include "neuralpower/measure/meters/rapl/rapl_meter.h"
#include "neuralpower/measure/meters/replay/replay_meter.h"
#include "neuralpower/measure/protocol.h"

namespace neuralpower {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Meters : public ::testing::Test {
 protected:
  Meters() { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << "\n";
  }
  void zone(const std::string& zone, const std::string& name, const std::string& energy) {
    write("sys/class/powercap/" + zone + "/name", name);
    write("sys/class/powercap/" + zone + "/energy_uj", energy);
    write("sys/class/powercap/" + zone + "/max_energy_range_uj", "262143328850");
  }
  void energy(const std::string& zone, const std::string& value) {
    write("sys/class/powercap/" + zone + "/energy_uj", value);
  }

  static std::unique_ptr<PowerMeter> there(MeterOrReason meter) {
    if (auto* missing = std::get_if<MeterUnavailable>(&meter)) {
      ADD_FAILURE() << missing->reason;
      return nullptr;
    }
    return std::get<0>(std::move(meter));
  }
  static std::string reason(const MeterOrReason& meter) {
    const auto* missing = std::get_if<MeterUnavailable>(&meter);
    return missing ? missing->reason : "available";
  }
  static std::string error_of(PowerMeter& meter) {
    try {
      meter.read();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kEnvironment);
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path root_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("meters_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  FakeClock clock_;
};

TEST_F(Meters, RaplKeepsItsZonesApart) {
  zone("intel-rapl:0", "package-0", "1000000");
  zone("intel-rapl:0:0", "core", "500000");
  zone("intel-rapl:0:1", "dram", "100000");
  zone("intel-rapl:1", "package-1", "2000000");
  zone("intel-rapl:2", "psys", "9000000");
  zone("intel-rapl-mmio:0", "package-0", "77");
  const auto meter = there(open_rapl_meter(root_));
  EXPECT_THAT(meter->domains(), ElementsAre("package", "package-0", "package-0/core",
                                            "package-0/dram", "package-1", "psys"));
  energy("intel-rapl:0", "3000000");
  energy("intel-rapl:0:0", "1500000");
  energy("intel-rapl:1", "2500000");
  const auto readings = meter->read();
  EXPECT_DOUBLE_EQ(readings[0].energy->value(), 2.5);  // packages, without core, dram and psys
  EXPECT_DOUBLE_EQ(readings[1].energy->value(), 2.0);
  EXPECT_DOUBLE_EQ(readings[2].energy->value(), 1.0);
  EXPECT_DOUBLE_EQ(readings[3].energy->value(), 0.0);
  EXPECT_FALSE(readings[0].power);
}

TEST_F(Meters, RaplWraps) {
  zone("intel-rapl:0", "package-0", "262143000000");
  const auto meter = there(open_rapl_meter(root_));
  energy("intel-rapl:0", "671151");
  EXPECT_DOUBLE_EQ(meter->read()[0].energy->value(), 1.000002);
  energy("intel-rapl:0", "1671151");
  EXPECT_DOUBLE_EQ(meter->read()[0].energy->value(), 2.000002);
}

TEST_F(Meters, RaplStepsBackOrDisappears) {
  zone("intel-rapl:0", "package-0", "5000000");
  const auto meter = there(open_rapl_meter(root_));
  energy("intel-rapl:0", "4000000");
  EXPECT_THAT(error_of(*meter), HasSubstr("stepped back from 5000000 to 4000000"));
  energy("intel-rapl:0", "what");
  EXPECT_THAT(error_of(*meter), HasSubstr("'what', which is no number"));
  std::filesystem::remove(root_ / "sys/class/powercap/intel-rapl:0/energy_uj");
  EXPECT_THAT(error_of(*meter), HasSubstr("cannot be read any more"));
}

TEST_F(Meters, RaplExplainsWhyItIsNotThere) {
  EXPECT_THAT(reason(open_rapl_meter(root_)), HasSubstr("virtual machines"));
  zone("intel-rapl:0", "psys", "1");
  EXPECT_THAT(reason(open_rapl_meter(root_)), HasSubstr("no package"));
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  zone("intel-rapl:0", "package-0", "1");
  std::filesystem::permissions(root_ / "sys/class/powercap/intel-rapl:0/energy_uj",
                               std::filesystem::perms::none);
  EXPECT_THAT(reason(open_rapl_meter(root_)), HasSubstr("only root may read it"));
}

TEST_F(Meters, JetsonRailsAreVoltsTimesAmperes) {
  const std::string chip = "sys/class/hwmon/hwmon3/";
  write(chip + "name", "ina3221");
  write(chip + "in1_label", "VDD_GPU SOC");
  write(chip + "in1_input", "19000");
  write(chip + "curr1_input", "200");
  write(chip + "in2_label", "VDD_IN");
  write(chip + "in2_input", "19200");
  write(chip + "curr2_input", "1000");
  write("sys/class/hwmon/hwmon0/name", "coretemp");
  write("sys/class/hwmon/hwmon0/temp1_input", "40000");
  write("sys/class/hwmon/hwmon1/name", "nvme");
  write("sys/class/hwmon/hwmon1/power1_input", "1");
  const auto meter = there(open_hwmon_meter(root_));
  EXPECT_THAT(meter->domains(), ElementsAre("VDD_IN", "VDD_GPU_SOC"));
  EXPECT_DOUBLE_EQ(meter->read()[0].power->value(), 19.2);
  EXPECT_DOUBLE_EQ(meter->read()[1].power->value(), 3.8);
  write(chip + "curr2_input", "-5");
  EXPECT_THAT(error_of(*meter), HasSubstr("negative"));
  write(chip + "curr2_input", "1000");
  std::filesystem::remove(root_ / (chip + "in1_input"));
  EXPECT_THAT(error_of(*meter), HasSubstr("cannot be read any more"));
}

TEST_F(Meters, AmdGpusShowMicrowatts) {
  write("sys/class/hwmon/hwmon0/name", "amdgpu");
  write("sys/class/hwmon/hwmon0/power1_label", "PPT");
  write("sys/class/hwmon/hwmon0/power1_input", "35000000");
  const auto meter = there(open_hwmon_meter(root_));
  EXPECT_THAT(meter->domains(), ElementsAre("PPT"));
  EXPECT_DOUBLE_EQ(meter->read()[0].power->value(), 35);
  EXPECT_EQ(meter->describe(), "sensor amdgpu");
}

TEST_F(Meters, HwmonWithoutPowerIsNoMeter) {
  write("sys/class/hwmon/hwmon0/name", "coretemp");
  write("sys/class/hwmon/hwmon0/in0_input", "12");
  EXPECT_THAT(reason(open_hwmon_meter(root_)), HasSubstr("no chip"));
}

class Nvml : public Meters {
 protected:
  ~Nvml() override {
    for (const char* name : {"INIT", "ENERGY", "INSTANT", "POWER", "THROTTLE"})
      unsetenv(("FAKE_NVML_" + std::string(name)).c_str());
  }
  static void set(const char* name, const char* value) {
    setenv(("FAKE_NVML_" + std::string(name)).c_str(), value, 1);
  }
  static MeterOrReason open(unsigned gpu = 0) {
    return open_nvml_meter({NEURALPOWER_FAKE_NVML, gpu});
  }
};

TEST_F(Nvml, PrefersTheEnergyCounter) {
  set("ENERGY", "5000");
  set("POWER", "90000");
  const auto meter = there(open());
  EXPECT_EQ(meter->describe(), "Fake GPU, driver 1.2.3, energy counter");
  EXPECT_DOUBLE_EQ(meter->read()[0].energy->value(), 5);
  set("ENERGY", "6500");
  EXPECT_DOUBLE_EQ(meter->read()[0].energy->value(), 6.5);
  set("ENERGY", "10");
  EXPECT_THAT(error_of(*meter), HasSubstr("stepped back"));
  unsetenv("FAKE_NVML_ENERGY");
  EXPECT_THAT(error_of(*meter), HasSubstr("Not Supported"));
}

TEST_F(Nvml, FallsBackToPower) {
  set("POWER", "90000");
  EXPECT_THAT(there(open())->describe(), HasSubstr("averages"));
  EXPECT_DOUBLE_EQ(there(open())->read()[0].power->value(), 90);
  set("INSTANT", "95000");
  EXPECT_THAT(there(open())->describe(), HasSubstr("instantaneous"));
  EXPECT_DOUBLE_EQ(there(open())->read()[0].power->value(), 95);
}

TEST_F(Nvml, ReportsThrottling) {
  set("ENERGY", "1");
  const auto meter = there(open());
  EXPECT_EQ(meter->throttled(), "");
  set("THROTTLE", "1");  // idle
  EXPECT_EQ(meter->throttled(), "");
  set("THROTTLE", "64");
  EXPECT_EQ(meter->throttled(), "heat");
  set("THROTTLE", "4");
  EXPECT_EQ(meter->throttled(), "power limit");
}

TEST_F(Nvml, ExplainsWhyItIsNotThere) {
  EXPECT_THAT(reason(open_nvml_meter({"libno-such-thing.so", 0})), HasSubstr("no NVIDIA driver"));
  EXPECT_THAT(reason(open()), HasSubstr("neither energy nor power: Not Supported"));
  EXPECT_THAT(reason(open(1)), HasSubstr("no GPU 1: Not Found"));
  set("INIT", "15");
  EXPECT_THAT(reason(open()), HasSubstr("does not start: GPU is lost"));
}

TEST_F(Meters, ARecordingIsIntegrated) {
  write("log.csv", "time_s,watts\n0,10\n1,20\n3,20");
  const auto meter = open_replay_meter({root_ / "log.csv", std::nullopt}, clock_);
  EXPECT_DOUBLE_EQ(meter->update_period().value(), 1.5);
  EXPECT_DOUBLE_EQ(meter->read()[0].energy->value(), 0);
  clock_.advance(Seconds(0.5));
  EXPECT_NEAR(meter->read()[0].energy->value(), 6.25, 1e-9);
  EXPECT_NEAR(meter->read()[0].power->value(), 15, 1e-9);
  clock_.advance(Seconds(1.5));
  EXPECT_NEAR(meter->read()[0].energy->value(), 35, 1e-9);
  clock_.advance(Seconds(5));
  EXPECT_THAT(error_of(*meter), HasSubstr("does not reach"));
}

// A layer that takes exactly the meter's period begins at many phases of it, not always at one.
TEST_F(Meters, WindowsUnderARecordingAreShiftedInPhase) {
  std::string rows = "time_s,watts\n";
  for (int i = 0; i < 4000; ++i) rows += std::to_string(0.02 * i) + ",50\n";
  write("steady.csv", rows);
  const auto meter = open_replay_meter({root_ / "steady.csv", {}}, clock_);
  const Seconds start = clock_.now();
  std::set<int> tenths;
  FakeBackend backend(clock_, [&](const LayerConfig&, int) {
    const double periods = (clock_.now() - start) / meter->update_period();
    tenths.insert(static_cast<int>(10 * (periods - std::floor(periods)) + 1e-6) % 10);
    return milliseconds(20);
  });
  const auto layer =
      std::get<0>(backend.prepare(parse_layer("activation mode=relu batch=1 in=64")));
  ProtocolOptions options;
  options.repetitions = 15;
  const LayerMeasurement result = measure_layer(*layer, options, clock_, meter.get());
  EXPECT_GE(tenths.size(), 8u);
  EXPECT_NEAR(result.power->value(), 50, 1e-6);
}

TEST_F(Meters, ABrokenRecordingNamesItsLine) {
  for (const char* text : {"time,watts\n0,1\n1,1", "time_s,watts\n0,1\n0,1", "time_s,watts\n0,x",
                           "time_s,watts\n0,1", "time_s,watts\n0,1\n1,-3"}) {
    write("log.csv", text);
    EXPECT_THROW(open_replay_meter({root_ / "log.csv", std::nullopt}, clock_), Error) << text;
  }
}

TEST_F(Meters, AutomaticChoiceNamesEverythingItTried) {
  MeterOptions options;
  options.root = root_;
  options.nvml_library = "libno-such-thing.so";
  const std::string why = reason(open_meter("auto", MeterScope::kCpu, options, clock_));
  EXPECT_THAT(why, HasSubstr("rapl: no RAPL"));
  EXPECT_THAT(why, HasSubstr("hwmon: no chip"));
  EXPECT_EQ(why.find("nvml"), std::string::npos);  // a GPU's meter does not see the CPU
  EXPECT_THAT(reason(open_meter("auto", MeterScope::kGpu, options, clock_)), HasSubstr("nvml: no"));
  zone("intel-rapl:0", "package-0", "1");
  EXPECT_EQ(there(open_meter("auto", MeterScope::kCpu, options, clock_))->name(), "rapl");
  EXPECT_THAT(reason(open_meter("none", MeterScope::kCpu, options, clock_)),
              HasSubstr("was asked for"));
}

TEST_F(Meters, AMeterAskedForByNameMustBeThere) {
  MeterOptions options;
  options.root = root_;
  try {
    open_meter("rapl", MeterScope::kCpu, options, clock_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEnvironment);
  }
  try {
    open_meter("rappl", MeterScope::kCpu, options, clock_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'rapl'"));
  }
}

}  // namespace
}  // namespace neuralpower
