// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/replay/replay_meter.h"

#include <algorithm>

#include "neuralpower/base/error.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

struct Row {
  Seconds time{0};
  Watts power{0};
  Joules energy{0};  // up to here
};

std::vector<Row> read_recording(const std::filesystem::path& file) {
  CsvTable table(file);
  for (const std::string_view column : {"time_s", "watts"}) table.require(column);
  std::vector<Row> rows;
  while (table.next()) {
    const auto time = table.number("time_s"), power = table.number("watts");
    if (!time || !power || *power < 0)
      throw table.located(bad_input("a row is: time in seconds, power in watts"));
    Row row{Seconds(*time), Watts(*power), Joules(0)};
    if (!rows.empty()) {
      const Row& last = rows.back();
      if (row.time <= last.time) throw table.located(bad_input("the times must ascend"));
      row.energy = last.energy + (last.power + row.power) * 0.5 * (row.time - last.time);
    }
    rows.push_back(row);
  }
  if (rows.size() < 2) throw bad_input("a recording has at least two rows").in_file(file.string());
  return rows;
}

class ReplayMeter final : public PowerMeter {
 public:
  ReplayMeter(std::vector<Row> rows, Seconds starts_at, Clock& clock)
      : rows_(std::move(rows)), starts_at_(starts_at), clock_(clock) {}

  std::string name() const override { return "replay"; }
  std::string describe() const override { return "a recording of time and watts"; }
  std::vector<std::string> domains() const override { return {"recorded"}; }
  Seconds update_period() const override {
    return (rows_.back().time - rows_.front().time) / static_cast<double>(rows_.size() - 1);
  }

  std::vector<DomainReading> read() override {
    const Seconds time = clock_.now() - starts_at_;
    if (time < rows_.front().time || time > rows_.back().time)
      throw environment_error("the recording does not reach to this moment");
    const auto next = std::upper_bound(rows_.begin() + 1, rows_.end() - 1, time,
                                       [](Seconds t, const Row& row) { return t < row.time; });
    const Row &a = *(next - 1), &b = *next;
    const double part = (time - a.time) / (b.time - a.time);
    const Watts power = a.power + (b.power - a.power) * part;
    return {{a.energy + (a.power + power) * 0.5 * (time - a.time), power}};
  }

 private:
  std::vector<Row> rows_;
  Seconds starts_at_;
  Clock& clock_;
};

}  // namespace

std::unique_ptr<PowerMeter> open_replay_meter(const ReplayOptions& options, Clock& clock) {
  return std::make_unique<ReplayMeter>(read_recording(options.file),
                                       options.starts_at.value_or(clock.now()), clock);
}

}  // namespace neuralpower
