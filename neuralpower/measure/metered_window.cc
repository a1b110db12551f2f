// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/metered_window.h"

#include <algorithm>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

// How late an update is seen is an error of the window's edge; how often the meter is read takes
// time from the work. A slow meter can be polled often for nearly nothing.
constexpr int kPollsPerUpdate = 4, kPollsPerSlowUpdate = 20;
constexpr Seconds kSlow{0.01};
constexpr double kPatience =
    5;  // update periods without an update before the meter counts as stuck

struct Shown {
  Seconds at{0};
  std::vector<DomainReading> domains;
};

bool differs(const Shown& a, const Shown& b) {
  for (std::size_t i = 0; i < a.domains.size() && i < b.domains.size(); ++i)
    if (a.domains[i].energy != b.domains[i].energy || a.domains[i].power != b.domains[i].power)
      return true;
  return false;
}

class Poller {
 public:
  Poller(PowerMeter& meter, Clock& clock, const std::function<void()>& work)
      : meter_(meter), clock_(clock), work_(work), last_(read()) {}

  const Shown& last() const { return last_; }

  // Works until the meter shows something new; false if it does not within reason.
  bool next_update() {
    const Seconds period = meter_.update_period();
    const Seconds interval = period / (period < kSlow ? kPollsPerUpdate : kPollsPerSlowUpdate);
    const Seconds give_up = clock_.now() + period * kPatience;
    Seconds next_poll = last_.at + interval;
    bool late = false;  // one long piece of work may take longer than our patience
    while (true) {
      work_();
      const Seconds now = clock_.now();
      if (now < next_poll) continue;
      Shown shown = read();
      if (differs(shown, last_)) {
        last_ = std::move(shown);
        return true;
      }
      next_poll = shown.at + interval;
      if (now > give_up && late) return false;
      late = now > give_up;
    }
  }

  Shown read() {
    Shown shown;
    shown.domains = meter_.read();
    shown.at = clock_.now();
    return shown;
  }

 private:
  PowerMeter& meter_;
  Clock& clock_;
  const std::function<void()>& work_;
  Shown last_;
};

}  // namespace

void shift_phase(PowerMeter& meter, Clock& clock, double share) {
  const Seconds period = meter.update_period();
  const Seconds end = clock.now() + period;
  try {
    const std::vector<DomainReading> first = meter.read();
    while (clock.now() < end && !differs({Seconds(0), meter.read()}, {Seconds(0), first}))
      clock.pause(period / kPollsPerSlowUpdate);
  } catch (const Error&) {  // the window that follows tells of it
  }
  clock.pause(period * share);
}

MeteredWindow run_metered(PowerMeter& meter, Clock& clock, Seconds least_time, int least_updates,
                          const std::function<void()>& started, const std::function<void()>& work) {
  MeteredWindow window;
  const auto finish_without_meter = [&](std::string failure) {
    window.domains.clear();
    window.failure = std::move(failure);
    const Seconds end = clock.now() + least_time;
    do work();
    while (clock.now() < end);
  };
  try {
    Poller poller(meter, clock, work);
    const bool is_counter = !poller.last().domains.empty() && poller.last().domains[0].energy;
    // A power sensor may show the same number twice; a counter under load may not.
    if (!poller.next_update() && is_counter) {
      started();
      finish_without_meter("the meter " + meter.name() + " does not move");
      return window;
    }
    const Shown first = poller.last();
    started();
    std::vector<double> power_sums(first.domains.size(), 0);
    int readings = 0;
    const Seconds span =
        std::max(least_time, meter.update_period() * static_cast<double>(least_updates));
    while (poller.last().at - first.at < span) {
      const bool updated = poller.next_update();
      if (!updated && is_counter) {
        finish_without_meter(
            "the meter " + meter.name() +
            " stopped moving (docs/howto/own-meter.md says what a meter program on "
            "this machine needs)");
        return window;
      }
      if (!is_counter) {
        const Shown shown = updated ? poller.last() : poller.read();
        ++readings;
        for (std::size_t i = 0; i < power_sums.size(); ++i)
          power_sums[i] += shown.domains[i].power.value_or(Watts(0)).value();
        if (!updated && shown.at - first.at >= span) break;
      }
    }
    const Shown& last = poller.last();
    const Seconds time = last.at - first.at;
    window.updates = time / meter.update_period();
    for (std::size_t i = 0; i < first.domains.size(); ++i) {
      std::optional<Watts> power;
      if (first.domains[i].energy && last.domains[i].energy) {
        power = (*last.domains[i].energy - *first.domains[i].energy) / time;
      } else if (first.domains[i].power && readings > 0) {
        power = Watts(power_sums[i] / readings);
      }
      window.domains.push_back(power);
    }
    if (!is_counter) window.updates = readings;
  } catch (const Error& error) {
    started();
    finish_without_meter(error.what());
  }
  return window;
}

}  // namespace neuralpower
