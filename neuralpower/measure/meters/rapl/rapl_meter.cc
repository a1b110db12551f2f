// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/rapl/rapl_meter.h"

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/meters/sysfs/sysfs.h"
#include "neuralpower/measure/meters/sysfs/unwrapped_counter.h"

namespace neuralpower {
namespace {

constexpr Seconds kUpdatePeriod{1e-3};

constexpr Joules from_microjoules(std::uint64_t value) {
  return Joules(static_cast<double>(value) * 1e-6);
}

struct Zone {
  std::string name;  // "package-0/dram"
  std::filesystem::path energy;
  bool is_package = false;
  UnwrappedCounter counter;
};

class RaplMeter final : public PowerMeter {
 public:
  explicit RaplMeter(std::vector<Zone> zones) : zones_(std::move(zones)) {}

  std::string name() const override { return "rapl"; }
  std::string describe() const override {
    return "energy counters of the processor (powercap), the packages' sum first";
  }
  std::vector<std::string> domains() const override {
    std::vector<std::string> names = {"package"};
    for (const Zone& zone : zones_) names.push_back(zone.name);
    return names;
  }
  Seconds update_period() const override { return kUpdatePeriod; }

  std::vector<DomainReading> read() override {
    std::vector<DomainReading> readings(1);
    Joules packages{0};
    for (Zone& zone : zones_) {
      const Joules energy = from_microjoules(
          zone.counter.grown_to(static_cast<std::uint64_t>(read_sensor(zone.energy))));
      if (zone.is_package) packages += energy;
      readings.push_back({energy, std::nullopt});
    }
    readings[0].energy = packages;
    return readings;
  }

 private:
  std::vector<Zone> zones_;
};

}  // namespace

MeterOrReason open_rapl_meter(const std::filesystem::path& root) {
  const auto folder = root / "sys/class/powercap";
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().filename().string().starts_with("intel-rapl:")) found.push_back(entry.path());
  if (found.empty())
    return MeterUnavailable{
        "no RAPL in /sys/class/powercap (most virtual machines hide it; on bare metal load the "
        "module intel_rapl_common or intel_rapl_msr)"};
  std::sort(found.begin(), found.end());

  std::vector<Zone> zones;
  for (const auto& path : found) {
    const auto energy = path / "energy_uj";
    if (is_forbidden(energy))
      return MeterUnavailable{
          "RAPL is there but only root may read it: run as root, or let this user read it with "
          "'chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj' (as root)"};
    const auto label = read_line(path / "name");
    const auto first = read_whole(energy), range = read_whole(path / "max_energy_range_uj");
    if (!label || !first || !range || *first < 0 || *range <= 0) continue;
    // intel-rapl:0 is a package or psys, intel-rapl:0:1 a zone inside it.
    const std::string file = path.filename().string();
    std::string name = *label;
    if (std::count(file.begin(), file.end(), ':') == 2) {
      const auto parent = read_line(folder / file.substr(0, file.rfind(':')) / "name");
      if (parent) name = *parent + "/" + name;
    }
    zones.push_back({name, energy, label->starts_with("package"),
                     UnwrappedCounter(name, static_cast<std::uint64_t>(*range),
                                      static_cast<std::uint64_t>(*first))});
  }
  if (std::none_of(zones.begin(), zones.end(), [](const Zone& zone) { return zone.is_package; }))
    return MeterUnavailable{"RAPL shows no package whose energy can be read"};
  return std::make_unique<RaplMeter>(std::move(zones));
}

}  // namespace neuralpower
