// SPDX-License-Identifier: Apache-2.0
// PowerMeter: a sensor of power or energy. A seam to the hardware; fakes/fake_meter.h is the fake.
//
// A meter has one or more domains (package, core, dram; a rail of a board) that are kept apart and
// never added up by the meter, because they may contain each other. The first domain is the one
// that stands for the device; it is what a sample's power and energy mean.
//
// Units are converted once, in the driver. A counter that wraps is unwrapped in the driver: the
// energies of successive readings never decrease. What a driver cannot explain (a counter that
// jumps back without a wrap, a file that vanished, lost permission) is an Error of kind
// environment from read(); the protocol then keeps the runtime, leaves the energy out and says why.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "neuralpower/base/units.h"

namespace neuralpower {

// What one domain shows at one moment. A meter fills the same fields on every reading.
struct DomainReading {
  std::optional<Joules> energy;  // since some fixed moment, wraps removed
  std::optional<Watts> power;    // instantaneous or averaged by the sensor; see describe()
};

class PowerMeter {
 public:
  virtual ~PowerMeter() = default;

  virtual std::string name() const = 0;      // as the table of meters calls it: "rapl"
  virtual std::string describe() const = 0;  // sensor, averaging, unit of the raw value
  virtual std::vector<std::string> domains() const = 0;

  // Time between two updates of the sensor. A window must span several of them.
  virtual Seconds update_period() const = 0;

  // One reading per domain, in the order of domains().
  virtual std::vector<DomainReading> read() = 0;

  // Why the device runs below its clocks at this moment (heat, a power limit); empty if it does
  // not, or if this meter cannot tell.
  virtual std::string throttled() { return {}; }
};

// A meter, or why there is none: expected on most machines, and part of every result without
// energy.
struct MeterUnavailable {
  std::string reason;
};
using MeterOrReason = std::variant<std::unique_ptr<PowerMeter>, MeterUnavailable>;

}  // namespace neuralpower
