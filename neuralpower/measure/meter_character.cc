// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meter_character.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "neuralpower/base/text.h"
#include "neuralpower/measure/statistics.h"

namespace neuralpower {
namespace {

constexpr Seconds kFinest{1e-4};  // between two polls while nothing is known
constexpr Seconds kFirstLook{2}, kRest{2}, kStepLook{3}, kLevelTime{0.5};
constexpr int kSlots = 8, kPulsePeriods = 6, kPollsPerPeriod = 40, kFewestPolls = 16;
constexpr Seconds kShortestShared{5e-3};  // a period that pulses can be placed in
constexpr double kPulseCycle = 7.3e-3;    // of a partial load; no multiple of any usual period

struct Update {
  Seconds at{0};
  DomainReading shown;
};

// When the device is to be at work, by the time since the observation began.
using Schedule = std::function<bool(Seconds)>;

class Examination {
 public:
  Examination(PowerMeter& meter, PowerMeter* other, Clock& clock, const Load& load,
              const std::function<void(std::string_view)>& progress)
      : meter_(meter), other_(other), clock_(clock), load_(load), progress_(progress) {}

  MeterCharacter run() {
    found_.meter = meter_.describe();
    time_reading();
    find_update_period();
    if (!found_.moves) return found_;
    find_idle_and_full();
    if (found_.full > found_.idle) {
      find_averaging();
      find_sampled_share();
      find_linearity();
    }
    if (other_) compare();
    return found_;
  }

 private:
  void say(std::string_view what) const {
    if (progress_) progress_(what);
  }

  DomainReading read() { return meter_.read().at(0); }

  void time_reading() {
    constexpr int kReads = 20;
    found_.is_counter = read().energy.has_value();
    const Seconds start = clock_.now();
    for (int i = 0; i < kReads; ++i) read();
    found_.read_time = (clock_.now() - start) / kReads;
  }

  // The device rests while the meter is read, so that is a small part of the time where the period
  // allows it.
  Seconds poll_interval() const {
    return std::max({kFinest, found_.read_time * 2, found_.update_period / kPollsPerPeriod,
                     std::min(found_.read_time * 50, found_.update_period / kFewestPolls)});
  }

  // Everything new that the meter shows for so long. The device is at work as `at_work` says.
  std::vector<Update> observe(Seconds time, const Schedule& at_work) {
    std::vector<Update> updates;
    const Seconds start = clock_.now(), interval = poll_interval();
    DomainReading last = read();
    for (Seconds now = start; now - start < time; now = clock_.now()) {
      if (at_work(now - start)) {
        load_(interval);
      } else {
        clock_.pause(interval);
      }
      const DomainReading shown = read();
      if (shown.energy == last.energy && shown.power == last.power) continue;
      last = shown;
      updates.push_back({clock_.now(), shown});
    }
    return updates;
  }

  // Mean power between the first and the last update; of a sensor, of its readings.
  static std::optional<Watts> mean_power(const std::vector<Update>& updates) {
    if (updates.empty()) return std::nullopt;
    if (updates[0].shown.energy) {
      const Seconds time = updates.back().at - updates.front().at;
      if (time <= Seconds(0)) return std::nullopt;
      return (*updates.back().shown.energy - *updates.front().shown.energy) / time;
    }
    double sum = 0;
    for (const Update& update : updates) sum += update.shown.power.value_or(Watts(0)).value();
    return Watts(sum / static_cast<double>(updates.size()));
  }

  // A steady sensor shows the same number again and again; then the last reading is the mean.
  Watts power_of(Seconds settle, Seconds time, const Schedule& at_work) {
    observe(settle, at_work);
    const auto updates = observe(time, at_work);
    if (const auto power = mean_power(updates)) return *power;
    const DomainReading shown = read();
    return shown.power ? *shown.power : Watts(0);
  }

  void find_update_period() {
    say("update period");
    // Changing load, so that a sensor shows something new at every update.
    const auto updates =
        observe(kFirstLook, [](Seconds t) { return std::fmod(t.value(), 0.37) > 0.11; });
    std::vector<double> gaps;
    double step = 0;
    for (std::size_t i = 1; i < updates.size(); ++i) {
      gaps.push_back((updates[i].at - updates[i - 1].at).value());
      const auto value = [](const Update& u) {
        return u.shown.energy ? u.shown.energy->value() : u.shown.power.value_or(Watts(0)).value();
      };
      const double change = std::fabs(value(updates[i]) - value(updates[i - 1]));
      if (change > 0 && (step == 0 || change < step)) step = change;
    }
    found_.moves = gaps.size() >= 2;
    if (!found_.moves) return;
    found_.step = step;
    const double usual = median_of(gaps);
    // A value that happens to stay makes a gap of two periods; those say nothing about one.
    double sum = 0;
    int count = 0;
    for (const double gap : gaps)
      if (gap < 1.5 * usual) {
        sum += gap;
        ++count;
      }
    found_.update_period = Seconds(sum / count);
    found_.longest_period = Seconds(*std::max_element(gaps.begin(), gaps.end()));
  }

  void find_idle_and_full() {
    say("idle and full load");
    const Seconds look = std::max(Seconds(1), found_.update_period * 10);
    found_.idle = power_of(kRest, look, [](Seconds) { return false; });
    found_.full = power_of(kRest, look, [](Seconds) { return true; });
  }

  // From a tenth to nine tenths of a step, which a moving average crosses in eight tenths of its
  // length.
  void find_averaging() {
    say("averaging");
    observe(std::max(kRest, found_.update_period * 3), [](Seconds) { return false; });
    const Seconds start = clock_.now();
    const auto updates = observe(kStepLook, [](Seconds) { return true; });
    std::optional<Seconds> low, high;
    for (std::size_t i = 0; i < updates.size() && !high; ++i) {
      Watts power = updates[i].shown.power.value_or(Watts(0));
      if (updates[i].shown.energy) {
        if (i == 0) continue;
        power = (*updates[i].shown.energy - *updates[i - 1].shown.energy) /
                (updates[i].at - updates[i - 1].at);
      }
      const double part = (power - found_.idle) / (found_.full - found_.idle);
      if (!low && part >= 0.1) low = updates[i].at - start;
      if (part >= 0.9) high = updates[i].at - start;
    }
    if (!low || !high) return;
    const Seconds length = (*high - *low) / 0.8;
    if (length > found_.update_period * 1.5) found_.averaging = length;
  }

  void find_sampled_share() {
    if (found_.update_period < kShortestShared || found_.averaging > Seconds(0)) return;
    say("sampling gaps");
    const Seconds period = found_.update_period;
    double sum = 0, squares = 0;
    for (int slot = 0; slot < kSlots; ++slot) {
      wait_for_update();
      const double low = static_cast<double>(slot) / kSlots;
      const double high = static_cast<double>(slot + 1) / kSlots;
      const auto updates = observe(period * kPulsePeriods, [&](Seconds t) {
        const double phase = t / period - std::floor(t / period);
        return phase >= low && phase < high;
      });
      const auto power = mean_power(updates);
      if (!power) continue;
      const double part = std::max(0.0, (*power - found_.idle) / (found_.full - found_.idle));
      sum += part;
      squares += part * part;
    }
    if (squares > 0) found_.sampled_share = std::min(1.0, sum * sum / (kSlots * squares));
  }

  // At work meanwhile, so that there is something new to show.
  void wait_for_update() {
    const Seconds give_up = clock_.now() + found_.longest_period * 3;
    const DomainReading before = read();
    bool work = true;
    for (DomainReading shown = before;
         shown.energy == before.energy && shown.power == before.power && clock_.now() < give_up;
         shown = read()) {
      if (work) {
        load_(poll_interval());
      } else {
        clock_.pause(poll_interval());
      }
      work = !work;
    }
  }

  void find_linearity() {
    say("linearity");
    const Seconds settle = found_.averaging + found_.update_period * 2;
    const Seconds time = std::max({kLevelTime, found_.update_period * 10, found_.averaging * 2});
    for (const double level : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      const Watts shown = power_of(settle, time, [level](Seconds t) {
        const double phase = t.value() / kPulseCycle;
        return phase - std::floor(phase) < level;
      });
      found_.levels.push_back({level, shown});
    }
    const Watts low = found_.levels.front().shown, high = found_.levels.back().shown;
    for (const MeterCharacter::Level& level : found_.levels) {
      const Watts expected = low + (high - low) * level.load;
      found_.nonlinearity = std::max(
          found_.nonlinearity, std::fabs((level.shown - expected) / (found_.full - found_.idle)));
    }
  }

  void compare() {
    say("agreement");
    found_.other = other_->describe();
    const Seconds time = std::max(Seconds(1), found_.update_period * 20);
    Examination second(*other_, nullptr, clock_, load_, {});
    second.found_.read_time = found_.read_time;  // polled alike, so that the load is the same
    second.found_.update_period = found_.update_period;
    const auto busy = [](Seconds) { return true; };
    const Seconds settle = found_.averaging + Seconds(1);  // the other may average as well
    const Watts mine = power_of(settle, time, busy), its = second.power_of(settle, time, busy);
    if (mine > Watts(0)) found_.agreement = its / mine;
  }

  PowerMeter& meter_;
  PowerMeter* other_;
  Clock& clock_;
  const Load& load_;
  std::function<void(std::string_view)> progress_;
  MeterCharacter found_;
};

class MeterWithPeriod final : public PowerMeter {
 public:
  MeterWithPeriod(std::unique_ptr<PowerMeter> meter, Seconds period)
      : meter_(std::move(meter)), period_(period) {}
  std::string name() const override { return meter_->name(); }
  std::string describe() const override { return meter_->describe(); }
  std::vector<std::string> domains() const override { return meter_->domains(); }
  Seconds update_period() const override { return period_; }
  std::vector<DomainReading> read() override { return meter_->read(); }
  std::string throttled() override { return meter_->throttled(); }

 private:
  std::unique_ptr<PowerMeter> meter_;
  Seconds period_;
};

}  // namespace

MeterCharacter characterise_meter(PowerMeter& meter, PowerMeter* other, Clock& clock,
                                  const Load& load,
                                  const std::function<void(std::string_view)>& progress) {
  return Examination(meter, other, clock, load, progress).run();
}

std::string character_text(const MeterCharacter& c) {
  const auto line = [](const char* key, double value) {
    return std::string(key) + "=" + format_double(value) + "\n";
  };
  std::string text = "meter=" + c.meter + "\n" + line("moves", c.moves ? 1 : 0) +
                     line("update_period_s", c.update_period.value()) +
                     line("averaging_s", c.averaging.value()) + line("idle_w", c.idle.value()) +
                     line("full_w", c.full.value()) + line("nonlinearity", c.nonlinearity) +
                     line("step", c.step);
  if (c.sampled_share) text += line("sampled_share", *c.sampled_share);
  if (!c.other.empty()) text += "other=" + c.other + "\n" + line("agreement", c.agreement);
  return text;
}

MeterCharacter parse_character(std::string_view text) {
  MeterCharacter c;
  for (const std::string_view line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals), word = line.substr(equals + 1);
    const double value = parse_double(word).value_or(0);
    if (key == "meter") c.meter = word;
    if (key == "moves") c.moves = value != 0;
    if (key == "update_period_s") c.update_period = Seconds(value);
    if (key == "averaging_s") c.averaging = Seconds(value);
    if (key == "idle_w") c.idle = Watts(value);
    if (key == "full_w") c.full = Watts(value);
    if (key == "nonlinearity") c.nonlinearity = value;
    if (key == "step") c.step = value;
    if (key == "sampled_share") c.sampled_share = value;
    if (key == "other") c.other = word;
    if (key == "agreement") c.agreement = value;
  }
  return c;
}

std::unique_ptr<PowerMeter> with_update_period(std::unique_ptr<PowerMeter> meter, Seconds period) {
  return std::make_unique<MeterWithPeriod>(std::move(meter), period);
}

}  // namespace neuralpower
