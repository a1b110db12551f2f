// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/hwmon/hwmon_meter.h"

#include <algorithm>
#include <array>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/meters/sysfs/sysfs.h"

namespace neuralpower {
namespace {

constexpr Seconds kUsualUpdatePeriod{0.1};
constexpr std::array<std::string_view, 3> kBoardRails = {"VDD_IN", "POM_5V_IN", "SYS_5V0"};
constexpr std::array<std::string_view, 4> kPreferredChips = {"ina3221", "ina3221x", "amdgpu",
                                                             "power_meter"};

// A rail: an energy or a power file, or a voltage and a current file.
struct Rail {
  std::string name;
  std::filesystem::path energy, power, voltage, current;

  DomainReading read() const {
    if (!energy.empty())
      return {Joules(static_cast<double>(read_sensor(energy)) * 1e-6), std::nullopt};
    if (!power.empty())
      return {std::nullopt, Watts(static_cast<double>(read_sensor(power)) * 1e-6)};
    const double millivolts = static_cast<double>(read_sensor(voltage));
    const double milliamperes = static_cast<double>(read_sensor(current));
    return {std::nullopt, Watts(millivolts * milliamperes * 1e-6)};
  }
};

struct Chip {
  std::string name;
  Seconds update_period = kUsualUpdatePeriod;
  std::vector<Rail> rails;

  std::size_t rank() const {
    return static_cast<std::size_t>(
        std::find(kPreferredChips.begin(), kPreferredChips.end(), name) - kPreferredChips.begin());
  }
};

class HwmonMeter final : public PowerMeter {
 public:
  explicit HwmonMeter(Chip chip) : chip_(std::move(chip)) {}

  std::string name() const override { return "hwmon"; }
  std::string describe() const override { return "sensor " + chip_.name; }
  std::vector<std::string> domains() const override {
    std::vector<std::string> names;
    for (const Rail& rail : chip_.rails) names.push_back(rail.name);
    return names;
  }
  Seconds update_period() const override { return chip_.update_period; }

  std::vector<DomainReading> read() override {
    std::vector<DomainReading> readings;
    for (const Rail& rail : chip_.rails) {
      readings.push_back(rail.read());
      const DomainReading& now = readings.back();
      if ((now.energy && now.energy->value() < 0) || (now.power && now.power->value() < 0))
        throw environment_error("the sensor " + chip_.name + "/" + rail.name +
                                " shows a negative value");
    }
    return readings;
  }

 private:
  Chip chip_;
};

// `number` as in power1_label, in1_label.
std::string label_or(const std::filesystem::path& folder, const std::string& sensor,
                     const std::string& fallback) {
  const auto label = read_line(folder / (sensor + "_label"));
  std::string name = label && !label->empty() ? *label : fallback;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == '='; }, '_');
  return name;
}

std::optional<Rail> rail_of(const std::filesystem::path& folder, int index) {
  const std::string n = std::to_string(index);
  const auto file = [&](const std::string& name) { return folder / name; };
  if (read_whole(file("energy" + n + "_input")))
    return Rail{
        label_or(folder, "energy" + n, "energy" + n), file("energy" + n + "_input"), {}, {}, {}};
  for (const char* what : {"_average", "_input"})
    if (read_whole(file("power" + n + what)))
      return Rail{label_or(folder, "power" + n, "power" + n), {}, file("power" + n + what), {}, {}};
  if (read_whole(file("in" + n + "_input")) && read_whole(file("curr" + n + "_input")))
    return Rail{label_or(folder, "in" + n, "rail" + n),
                {},
                {},
                file("in" + n + "_input"),
                file("curr" + n + "_input")};
  return std::nullopt;
}

}  // namespace

MeterOrReason open_hwmon_meter(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root / "sys/class/hwmon", error))
    folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  std::vector<Chip> chips;
  for (const auto& folder : folders) {
    Chip chip;
    chip.name = read_line(folder / "name").value_or("unknown");
    for (const char* interval : {"power1_average_interval", "update_interval"})
      if (const auto milliseconds_shown = read_whole(folder / interval);
          milliseconds_shown && *milliseconds_shown > 0)
        chip.update_period = milliseconds(static_cast<double>(*milliseconds_shown));
    for (int index = 1; index <= 8; ++index)
      if (auto rail = rail_of(folder, index)) chip.rails.push_back(std::move(*rail));
    if (chip.rails.empty()) continue;
    const auto board = std::find_if(chip.rails.begin(), chip.rails.end(), [](const Rail& rail) {
      return std::find(kBoardRails.begin(), kBoardRails.end(), rail.name) != kBoardRails.end();
    });
    if (board != chip.rails.end()) std::rotate(chip.rails.begin(), board, board + 1);
    chips.push_back(std::move(chip));
  }
  if (chips.empty())
    return MeterUnavailable{"no chip in /sys/class/hwmon shows a power or an energy"};
  const auto best = std::min_element(
      chips.begin(), chips.end(), [](const Chip& a, const Chip& b) { return a.rank() < b.rank(); });
  return std::make_unique<HwmonMeter>(std::move(*best));
}

}  // namespace neuralpower
