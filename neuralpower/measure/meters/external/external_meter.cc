// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/external/external_meter.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

constexpr Seconds kPatience{3}, kPause{0.01}, kMostDelay{0.5};
constexpr std::size_t kLongestRow = 1000;  // bytes

// The rows of a file or pipe as they come.
class Rows {
 public:
  Rows(std::filesystem::path file, int descriptor) : file_(std::move(file)), in_(descriptor) {}
  ~Rows() { close(in_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  int count() const { return count_; }
  Joules energy() const { return energy_; }
  Watts power() const { return power_; }
  Seconds period() const { return (time_ - first_) / std::max(1, count_ - 1); }

  // Takes what has come by now. What was there before the first look is history: its delay says
  // nothing.
  void take(Seconds now) {
    std::array<char, 4096> bytes{};
    bool any = false;
    for (ssize_t got = 0; (got = read(in_, bytes.data(), bytes.size())) > 0;) {
      pending_.append(bytes.data(), static_cast<std::size_t>(got));
      any = take_rows() || any;
    }
    if (any && looked_) check_delay(now);
    looked_ = true;
  }

 private:
  // The whole rows of what has come; true if there were any.
  bool take_rows() {
    std::size_t start = 0;
    for (std::size_t end = 0; (end = pending_.find('\n', start)) != std::string::npos;
         start = end + 1)
      row(trim(std::string_view(pending_).substr(start, end - start)));
    pending_.erase(0, start);
    if (pending_.size() > kLongestRow)  // no recording: a device that gives zeros without end
      throw bad_input("a row of more than " + std::to_string(kLongestRow) + " bytes")
          .in_file(file_.string());
    return start > 0;
  }

  void row(std::string_view text) {
    ++line_;
    if (text.empty() || text == "time_s,watts") return;
    const auto fields = split(text, ',');
    const auto time = fields.size() == 2 ? parse_double(trim(fields[0])) : std::nullopt;
    const auto watts = fields.size() == 2 ? parse_double(trim(fields[1])) : std::nullopt;
    if (!time || !watts || *watts < 0)
      throw bad_input("a row is: time in seconds, power in watts")
          .in_node("line " + std::to_string(line_))
          .in_file(file_.string());
    if (count_ > 0) {
      if (Seconds(*time) <= time_)
        throw bad_input("the times must ascend")
            .in_node("line " + std::to_string(line_))
            .in_file(file_.string());
      energy_ += (power_ + Watts(*watts)) * 0.5 * (Seconds(*time) - time_);
    } else {
      first_ = Seconds(*time);
    }
    time_ = Seconds(*time);
    power_ = Watts(*watts);
    ++count_;
  }

  void check_delay(Seconds now) {
    const Seconds distance = now - time_;
    if (!aligned_ || distance < distance_) distance_ = distance;
    aligned_ = true;
    if (distance - distance_ > kMostDelay)
      throw environment_error("the rows of " + file_.string() + " arrive " +
                              format_double((distance - distance_).value()) +
                              " s late; let their program write each row at once (stdbuf -oL)");
  }

  std::filesystem::path file_;
  int in_;
  std::string pending_;
  int count_ = 0, line_ = 0;
  bool looked_ = false, aligned_ = false;
  Seconds first_{0}, time_{0}, distance_{0};
  Watts power_{0};
  Joules energy_{0};
};

class ExternalMeter final : public PowerMeter {
 public:
  ExternalMeter(std::unique_ptr<Rows> rows, Clock& clock)
      : rows_(std::move(rows)), clock_(clock), period_(rows_->period()) {}

  std::string name() const override { return "external"; }
  std::string describe() const override { return "an external meter, rows of time and watts"; }
  std::vector<std::string> domains() const override { return {"external"}; }
  Seconds update_period() const override { return period_; }

  std::vector<DomainReading> read() override {
    rows_->take(clock_.now());
    return {{rows_->energy(), rows_->power()}};
  }

 private:
  std::unique_ptr<Rows> rows_;
  Clock& clock_;
  Seconds period_;
};

}  // namespace

MeterOrReason open_external_meter(const std::filesystem::path& file, Clock& clock) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return MeterUnavailable{file.string() + ": " + std::strerror(errno)};
  auto rows = std::make_unique<Rows>(file, descriptor);
  const Seconds give_up = clock.now() + kPatience;
  for (rows->take(clock.now()); rows->count() < 2; rows->take(clock.now())) {
    if (clock.now() >= give_up)
      return MeterUnavailable{file.string() + ": no two rows of time and watts came within " +
                              format_double(kPatience.value()) + " s"};
    clock.pause(kPause);
  }
  return std::make_unique<ExternalMeter>(std::move(rows), clock);
}

}  // namespace neuralpower
