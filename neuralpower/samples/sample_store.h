// SPDX-License-Identifier: Apache-2.0
// SampleStore: measurements in one SQLite file, safe against kill -9, power loss and a full disk.
//
// The file has conditions (everything that must be equal for two measurements to be comparable),
// layers, one measurement per layer and conditions with its raw repetitions and their marks, layers
// that were skipped with the reason, and whole networks. record() is one transaction: after it
// returns the rows are on the disk; if it throws, or the process dies, none of them is there.
// Write-ahead logging with synchronous=FULL: a commit costs one fsync, and a campaign commits
// only every few seconds. Several processes may write to one store; they wait for each other.
//
// Errors: bad input for a file that is no store, or one of a newer version; environment for a full
// disk, a read-only file, a lock that is not given back within half a minute.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/samples/sample.h"

namespace neuralpower {

struct Conditions {
  std::string device;                          // the name under which samples are grouped
  std::string software;                        // "oneDNN 2.6.3, 2 threads"
  std::map<std::string, std::string> details;  // threads, governor, meter, cache policy, ...
  bool operator==(const Conditions&) const = default;
};

struct StoredRepetition {
  Seconds runtime{0};
  std::int64_t executions = 1;
  Seconds window{0};
  std::optional<Watts> power;
  std::optional<Joules> energy;
  std::map<std::string, Watts> domains;  // of the meter, by name
  std::vector<std::string> marks;        // "slow", "throttled", ...: why not to trust it
};

struct StoredMeasurement {
  LayerConfig layer;
  std::string implementation;
  bool steady = true;
  std::string energy_absent;  // why there is no energy, if there is none
  std::vector<StoredRepetition> repetitions;
  std::map<std::string, double> extras;  // of one execution: "kernel_ms", "instructions", ...
};

struct StoredSkip {
  LayerConfig layer;
  std::string reason;
};

class SampleStore {
 public:
  using ConditionsId = std::int64_t;

  // Opens or, unless `must_exist`, creates it.
  static SampleStore open(const std::filesystem::path& file, bool must_exist = false);
  SampleStore(SampleStore&&) noexcept;
  ~SampleStore();

  // The id of these conditions, made if they are new.
  ConditionsId conditions_id(const Conditions& conditions);
  std::map<ConditionsId, Conditions> all_conditions();

  // A layer that is there already under these conditions keeps what it has: nothing is twice.
  void record(ConditionsId conditions, const std::vector<StoredMeasurement>& measurements,
              const std::vector<StoredSkip>& skips);
  void record_networks(ConditionsId conditions, const std::vector<NetworkSample>& networks);

  // What a power meter was found to be like, under its description; a later one replaces it.
  void record_meter(const std::string& description, const std::string& text);
  std::optional<std::string> meter(const std::string& description);

  // The texts of the layers that were measured, or skipped, under these conditions.
  std::set<std::string> finished_layers(ConditionsId conditions);
  std::vector<StoredSkip> skips(ConditionsId conditions);
  std::vector<StoredMeasurement> measurements(ConditionsId conditions);

  // Samples for training, in the order in which they were measured: the repetitions without marks,
  // or all of a layer's if fewer than half of them have none. All conditions, or one.
  std::vector<Sample> samples(std::optional<ConditionsId> conditions = std::nullopt);
  std::vector<NetworkSample> networks(std::optional<ConditionsId> conditions = std::nullopt);

 private:
  class Database;
  explicit SampleStore(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

// True if the file begins like a store: what tells `samples.csv` and `lab.db` apart, whatever their
// names are.
bool is_sample_store(const std::filesystem::path& file);

}  // namespace neuralpower
