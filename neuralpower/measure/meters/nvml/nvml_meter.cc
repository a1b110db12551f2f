// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/nvml/nvml_meter.h"

#include <dlfcn.h>

#include "neuralpower/base/error.h"
#include "neuralpower/measure/meters/nvml/nvml_api.h"

namespace neuralpower {
namespace {

constexpr Seconds kUpdatePeriod{0.1};  // the longest of the chips that were looked at

using Source = NvmlSource;

// The loaded library. Functions that an old driver lacks are null.
class Library {
 public:
  explicit Library(const std::string& file) : handle_(dlopen(file.c_str(), RTLD_NOW)) {
    if (!handle_) return;
    load(init, "nvmlInit_v2");
    load(shutdown, "nvmlShutdown");
    load(error_string, "nvmlErrorString");
    load(get_handle, "nvmlDeviceGetHandleByIndex_v2");
    load(get_name, "nvmlDeviceGetName");
    load(get_driver_version, "nvmlSystemGetDriverVersion");
    load(get_total_energy, "nvmlDeviceGetTotalEnergyConsumption");
    load(get_power_usage, "nvmlDeviceGetPowerUsage");
    load(get_field_values, "nvmlDeviceGetFieldValues");
    load(get_throttle_reasons, "nvmlDeviceGetCurrentClocksThrottleReasons");
  }
  ~Library() {
    if (started_ && shutdown) shutdown();
    if (handle_) dlclose(handle_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  bool loaded() const { return handle_ && init && get_handle; }
  nvml::Return start() {
    const nvml::Return result = init();
    started_ = result == nvml::kSuccess;
    return result;
  }
  std::string explain(nvml::Return result) const {
    const char* text = error_string ? error_string(result) : nullptr;
    return text ? text : "NVML error " + std::to_string(result);
  }

  nvml::Init init = nullptr;
  nvml::Shutdown shutdown = nullptr;
  nvml::ErrorString error_string = nullptr;
  nvml::GetHandle get_handle = nullptr;
  nvml::GetName get_name = nullptr;
  nvml::GetDriverVersion get_driver_version = nullptr;
  nvml::GetTotalEnergy get_total_energy = nullptr;
  nvml::GetPowerUsage get_power_usage = nullptr;
  nvml::GetFieldValues get_field_values = nullptr;
  nvml::GetThrottleReasons get_throttle_reasons = nullptr;

 private:
  template <typename Function>
  void load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
  }

  void* handle_;
  bool started_ = false;
};

class NvmlMeter final : public PowerMeter {
 public:
  NvmlMeter(std::unique_ptr<Library> library, nvml::Device device, std::string gpu, Source source)
      : library_(std::move(library)), device_(device), gpu_(std::move(gpu)), source_(source) {}

  std::string name() const override { return "nvml"; }
  std::string describe() const override {
    switch (source_) {
      case Source::kBest:
        break;
      case Source::kEnergyCounter:
        return gpu_ + ", energy counter";
      case Source::kInstantPower:
        return gpu_ + ", instantaneous power";
      case Source::kAveragePower:
        return gpu_ + ", power as the driver averages it";
    }
    return gpu_;
  }
  std::vector<std::string> domains() const override { return {"gpu"}; }
  Seconds update_period() const override { return kUpdatePeriod; }

  std::vector<DomainReading> read() override {
    const auto reading = try_source(*library_, device_, source_);
    if (auto* failed = std::get_if<nvml::Return>(&reading))
      throw environment_error("NVML: " + library_->explain(*failed));
    DomainReading now = std::get<DomainReading>(reading);
    if (now.energy && last_ && *now.energy < *last_)
      throw environment_error("NVML: the energy counter stepped back");
    last_ = now.energy;
    return {now};
  }

  std::string throttled() override {
    unsigned long long reasons = 0;
    if (!library_->get_throttle_reasons ||
        library_->get_throttle_reasons(device_, &reasons) != nvml::kSuccess)
      return {};
    if (reasons & (nvml::kSoftwareThermal | nvml::kHardwareThermal)) return "heat";
    if (reasons & (nvml::kHardwareSlowdown | nvml::kHardwarePowerBrake)) return "hardware slowdown";
    if (reasons & nvml::kSoftwarePowerCap) return "power limit";
    return {};
  }

  static std::variant<DomainReading, nvml::Return> try_source(const Library& library,
                                                              nvml::Device device, Source source) {
    constexpr nvml::Return kNotThere = 3;  // "not supported"
    switch (source) {
      case Source::kBest:
        break;
      case Source::kEnergyCounter: {
        unsigned long long millijoules = 0;
        if (!library.get_total_energy) return kNotThere;
        const nvml::Return result = library.get_total_energy(device, &millijoules);
        if (result != nvml::kSuccess) return result;
        return DomainReading{Joules(static_cast<double>(millijoules) * 1e-3), std::nullopt};
      }
      case Source::kInstantPower: {
        nvml::FieldValue field{};
        field.field = nvml::kFieldPowerInstant;
        if (!library.get_field_values) return kNotThere;
        const nvml::Return result = library.get_field_values(device, 1, &field);
        if (result != nvml::kSuccess) return result;
        if (field.result != nvml::kSuccess) return field.result;
        return DomainReading{std::nullopt, Watts(field.value.as_unsigned * 1e-3)};
      }
      case Source::kAveragePower: {
        unsigned milliwatts = 0;
        if (!library.get_power_usage) return kNotThere;
        const nvml::Return result = library.get_power_usage(device, &milliwatts);
        if (result != nvml::kSuccess) return result;
        return DomainReading{std::nullopt, Watts(milliwatts * 1e-3)};
      }
    }
    return kNotThere;
  }

 private:
  std::unique_ptr<Library> library_;
  nvml::Device device_;
  std::string gpu_;
  Source source_;
  std::optional<Joules> last_;
};

}  // namespace

MeterOrReason open_nvml_meter(const NvmlOptions& options) {
  auto library = std::make_unique<Library>(options.library);
  if (!library->loaded())
    return MeterUnavailable{"no " + options.library + " (no NVIDIA driver here)"};
  if (const auto result = library->start(); result != nvml::kSuccess)
    return MeterUnavailable{"NVML does not start: " + library->explain(result)};
  nvml::Device device = nullptr;
  if (const auto result = library->get_handle(options.device, &device); result != nvml::kSuccess)
    return MeterUnavailable{"NVML has no GPU " + std::to_string(options.device) + ": " +
                            library->explain(result)};
  char text[96] = "";
  std::string gpu = "GPU " + std::to_string(options.device);
  if (library->get_name && library->get_name(device, text, sizeof text) == nvml::kSuccess)
    gpu = text;
  if (library->get_driver_version &&
      library->get_driver_version(text, sizeof text) == nvml::kSuccess)
    gpu += std::string(", driver ") + text;
  nvml::Return failed = nvml::kSuccess;
  for (const Source source :
       {Source::kEnergyCounter, Source::kInstantPower, Source::kAveragePower}) {
    if (options.source != Source::kBest && options.source != source) continue;
    const auto reading = NvmlMeter::try_source(*library, device, source);
    if (std::holds_alternative<DomainReading>(reading))
      return std::make_unique<NvmlMeter>(std::move(library), device, gpu, source);
    failed = std::get<nvml::Return>(reading);
  }
  return MeterUnavailable{gpu + " shows neither energy nor power: " + library->explain(failed)};
}

}  // namespace neuralpower
