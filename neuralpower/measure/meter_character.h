// SPDX-License-Identifier: Apache-2.0
// How a power meter behaves, found out by putting the device under load and watching: what must be
// known before a measurement depends on it.
//
//   update period   the time between two new readings, under a steady load
//   averaging       how long a sudden load takes to show in full: a sensor that shows the mean of
//                   the last second shows a tenth of a step after a tenth of a second
//   sampled share   of the time that the sensor looks at all: a short load in each eighth of the
//                   update period in turn shows equally if it always looks, and only in some of
//                   them if it does not (Yang, Adamek, Armour: Part-time power measurements, 2023).
//                   With r_k what eighth k shows, the share is (sum r)^2 / (8 sum r^2).
//   linearity       the largest deviation of 25, 50 and 75 % load from the line between idle and
//                   full, relative to their distance
//   agreement       another meter's power over this one's, under full load
//
// Errors of the meter go through; a meter that does not move is a result.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/power_meter.h"

namespace neuralpower {

struct MeterCharacter {
  std::string meter;  // its description: the key in a store
  bool is_counter = false;
  bool moves = true;  // false: nothing below is known but read_time
  Seconds read_time{0};
  Seconds update_period{0}, longest_period{0};
  double step = 0;                      // smallest change seen, in J of a counter, in W of a sensor
  Seconds averaging{0};                 // 0: a step shows within an update
  std::optional<double> sampled_share;  // absent: updates are too fast to tell, or averaged over
  Watts idle{0}, full{0};
  struct Level {
    double load = 0;  // of the time
    Watts shown{0};
  };
  std::vector<Level> levels;
  double nonlinearity = 0;
  std::string other;  // the meter it was compared with; empty: none
  double agreement = 0;
};

// Keeps the device at work for about this long (a millisecond or less is asked for).
using Load = std::function<void(Seconds)>;

// `other` may be null. `progress` hears what is being looked at.
MeterCharacter characterise_meter(PowerMeter& meter, PowerMeter* other, Clock& clock,
                                  const Load& load,
                                  const std::function<void(std::string_view)>& progress = {});

// As lines of key=value for a store; reading keeps what measuring needs (period, averaging, share).
std::string character_text(const MeterCharacter& character);
MeterCharacter parse_character(std::string_view text);

// The meter with the update period that was found instead of the one its driver assumes.
std::unique_ptr<PowerMeter> with_update_period(std::unique_ptr<PowerMeter> meter, Seconds period);

}  // namespace neuralpower
