// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/sample_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

constexpr int kApplicationId = 0x4e507762;  // "NPwb"
constexpr int kSchemaVersion = 2;
constexpr int kPatienceMilliseconds = 30'000;
constexpr int kLongestValue = 16 << 20;  // bytes of one field; texts are far shorter
constexpr int kStepsBetweenLooks = 1000;

constexpr const char* kSchema = R"sql(
CREATE TABLE conditions (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE,      -- key=value lines, sorted: the identity
  device TEXT NOT NULL,
  software TEXT NOT NULL);
CREATE TABLE layers (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE);
CREATE TABLE measurements (
  id INTEGER PRIMARY KEY,
  conditions INTEGER NOT NULL REFERENCES conditions(id),
  layer INTEGER NOT NULL REFERENCES layers(id),
  implementation TEXT NOT NULL,
  steady INTEGER NOT NULL,
  energy_absent TEXT NOT NULL,
  measured_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (conditions, layer));
CREATE TABLE repetitions (
  measurement INTEGER NOT NULL REFERENCES measurements(id),
  number INTEGER NOT NULL,
  runtime_s REAL NOT NULL,
  executions INTEGER NOT NULL,
  window_s REAL NOT NULL,
  power_w REAL,
  energy_j REAL,
  domains TEXT NOT NULL,          -- name=watts, blank-separated
  marks TEXT NOT NULL,            -- blank-separated
  PRIMARY KEY (measurement, number)) WITHOUT ROWID;
CREATE TABLE skips (
  conditions INTEGER NOT NULL REFERENCES conditions(id),
  layer INTEGER NOT NULL REFERENCES layers(id),
  reason TEXT NOT NULL,
  PRIMARY KEY (conditions, layer)) WITHOUT ROWID;
CREATE TABLE networks (
  id INTEGER PRIMARY KEY,
  conditions INTEGER NOT NULL REFERENCES conditions(id),
  network TEXT NOT NULL,
  batch INTEGER NOT NULL,
  repetition INTEGER NOT NULL,
  runtime_s REAL NOT NULL,
  power_w REAL,
  energy_j REAL);
)sql";

// What version 2 added; a store of version 1 gets it when it is opened.
constexpr const char* kSinceVersion2 = R"sql(
ALTER TABLE measurements ADD COLUMN extras TEXT NOT NULL DEFAULT '';  -- name=number, blanks between
CREATE TABLE meters (
  description TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  found_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
)sql";

template <typename Value, typename Number>
std::string join_numbers(const std::map<std::string, Value>& values, const Number& number) {
  std::string text;
  for (const auto& [name, value] : values)
    text += (text.empty() ? "" : " ") + name + "=" + format_double(number(value));
  return text;
}

template <typename Take>
void split_numbers(const std::string& text, const Take& take) {
  for (const std::string_view pair : split_blanks(text)) {
    const auto equals = pair.rfind('=');
    if (equals == std::string_view::npos) continue;
    if (const auto value = parse_double(pair.substr(equals + 1)))
      take(std::string(pair.substr(0, equals)), *value);
  }
}

std::string conditions_text(const Conditions& conditions) {
  std::string text = "device=" + conditions.device + "\nsoftware=" + conditions.software + "\n";
  for (const auto& [key, value] : conditions.details) {
    std::string line = key + "=" + value;
    std::replace(line.begin(), line.end(), '\n', ' ');
    text += line + "\n";
  }
  return text;
}

Conditions parse_conditions(const std::string& text) {
  Conditions conditions;
  for (const std::string_view line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key(line.substr(0, equals)), value(line.substr(equals + 1));
    if (key == "device") {
      conditions.device = value;
    } else if (key == "software") {
      conditions.software = value;
    } else {
      conditions.details[key] = value;
    }
  }
  return conditions;
}

}  // namespace

// The connection, and statements that bind and read by type.
//
// A store may come from anybody, and a schema can hold programs: views that never end, triggers,
// functions. None of them runs, and reading (`must_exist`) may take only as many steps of SQLite's
// machine as a store of the file's size can need, whatever its pages claim to hold.
class SampleStore::Database {
 public:
  explicit Database(const std::filesystem::path& file, bool must_exist) : file_(file.string()) {
    const int flags = SQLITE_OPEN_READWRITE | (must_exist ? 0 : SQLITE_OPEN_CREATE);
    if (sqlite3_open_v2(file_.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
      Error error = failure();
      sqlite3_close(handle_);
      throw error;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, kPatienceMilliseconds);
    for (const auto& [setting, value] :
         {std::pair(SQLITE_DBCONFIG_DEFENSIVE, 1), std::pair(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
          std::pair(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0), std::pair(SQLITE_DBCONFIG_ENABLE_VIEW, 0)})
      sqlite3_db_config(handle_, setting, value, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kLongestValue);
    if (must_exist) limit_steps();
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw failure();
  }

  Error failure() const {
    const int code = handle_ ? sqlite3_errcode(handle_) : SQLITE_NOMEM;
    const std::string message = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
    Error error = [&] {
      switch (code & 0xff) {
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
        case SQLITE_CONSTRAINT:
        case SQLITE_ERROR:
          return bad_input("no sample store that can be read: " + message);
        case SQLITE_CANTOPEN:
          return std::filesystem::exists(file_)
                     ? environment_error("cannot be opened; check its permissions")
                     : bad_input("no such store, and it cannot be created here");
        case SQLITE_INTERRUPT:
          return bad_input(
              "no sample store that can be read: it claims to hold more than its size");
        case SQLITE_TOOBIG:
          return bad_input("no sample store that can be read: a field of more than " +
                           std::to_string(kLongestValue >> 20) + " MiB");
        case SQLITE_FULL:
          return environment_error(
              "the disk is full; what was recorded before is safe; free some space and run the "
              "same command again");
        case SQLITE_BUSY:
          return environment_error("another process has kept the store locked for half a minute");
        case SQLITE_READONLY:
          return environment_error("the store may not be written to");
        default:
          return environment_error(message);
      }
    }();
    return error.in_file(file_);
  }

  const std::string& file() const { return file_; }
  sqlite3* handle() const { return handle_; }

  class Statement {
   public:
    Statement(Database& database, const char* sql) : database_(database) {
      if (sqlite3_prepare_v2(database.handle_, sql, -1, &handle_, nullptr) != SQLITE_OK)
        throw database.failure();
    }
    ~Statement() { sqlite3_finalize(handle_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(std::int64_t value) { return bound(sqlite3_bind_int64(handle_, ++at_, value)); }
    Statement& bind(double value) { return bound(sqlite3_bind_double(handle_, ++at_, value)); }
    Statement& bind(std::string_view value) {
      return bound(sqlite3_bind_text(handle_, ++at_, value.data(), static_cast<int>(value.size()),
                                     SQLITE_TRANSIENT));
    }
    template <typename Unit>
    Statement& bind(const std::optional<Unit>& value) {
      return value ? bind(value->value()) : bound(sqlite3_bind_null(handle_, ++at_));
    }

    bool step() {
      const int code = sqlite3_step(handle_);
      if (code == SQLITE_ROW) return true;
      if (code != SQLITE_DONE) throw database_.failure();
      return false;
    }
    void run_once() {
      step();
      sqlite3_reset(handle_);
      at_ = 0;
    }

    std::int64_t whole(int column) const { return sqlite3_column_int64(handle_, column); }
    double number(int column) const { return sqlite3_column_double(handle_, column); }
    std::string text(int column) const {
      const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
      return bytes ? std::string(bytes, sqlite3_column_bytes(handle_, column)) : std::string();
    }
    template <typename Unit>
    std::optional<Unit> quantity(int column) const {
      if (sqlite3_column_type(handle_, column) == SQLITE_NULL) return std::nullopt;
      return Unit(number(column));
    }

   private:
    Statement& bound(int code) {
      if (code != SQLITE_OK) throw database_.failure();
      return *this;
    }
    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
    int at_ = 0;
  };

  // Writes all or nothing.
  template <typename Work>
  void transaction(const Work& work) {
    execute("BEGIN IMMEDIATE");
    try {
      work();
      execute("COMMIT");
    } catch (...) {
      sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
  }

  std::int64_t number(const char* pragma) {
    Statement statement(*this, pragma);
    return statement.step() ? statement.whole(0) : 0;
  }

  // Changing the journal needs the file alone, and SQLite does not wait for that by itself: two
  // processes that create one store at the same moment would get "locked" at once.
  void use_write_ahead_log() {
    constexpr int kPauseMilliseconds = 5;
    for (int waited = 0;; waited += kPauseMilliseconds) {
      const int code = sqlite3_exec(handle_, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
      if (code == SQLITE_OK) return;
      if ((code & 0xff) != SQLITE_BUSY || waited >= kPatienceMilliseconds) throw failure();
      sqlite3_sleep(kPauseMilliseconds);
    }
  }

  // A database of something else is left as it is, and so is an empty file that is to be read.
  void refuse_others(bool must_exist) {
    const bool is_new = number("SELECT count(*) FROM sqlite_master") == 0;
    if (is_new ? must_exist
               : number("PRAGMA application_id") != kApplicationId ||
                     number("PRAGMA user_version") == 0)
      throw bad_input("this file is no sample store").in_file(file_);
    if (number("SELECT count(*) FROM sqlite_master WHERE (type <> 'table' OR "
               "sql LIKE 'CREATE VIRTUAL%') AND name IN ('conditions', 'layers', 'measurements', "
               "'repetitions', 'skips', 'networks', 'meters')") != 0)
      throw bad_input("no sample store: what should be a table is none").in_file(file_);
    if (number("SELECT count(*) FROM sqlite_master AS t, pragma_table_xinfo(t.name) AS c "
               "WHERE c.hidden <> 0") != 0)
      throw bad_input("no sample store: a column of it is computed").in_file(file_);
  }

  void prepare_schema(bool must_exist) {
    refuse_others(must_exist);
    if (!must_exist) use_write_ahead_log();  // reading leaves the file as it is
    execute("PRAGMA synchronous=FULL");
    execute("PRAGMA foreign_keys=ON");
    if (number("PRAGMA user_version") == 0) {
      transaction([&] {
        if (number("PRAGMA user_version") != 0) return;  // another process was faster
        if (number("SELECT count(*) FROM sqlite_master") != 0)
          throw bad_input("this file is no sample store").in_file(file_);
        execute(kSchema);
        execute(kSinceVersion2);
        execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
        execute(("PRAGMA user_version=" + std::to_string(kSchemaVersion)).c_str());
      });
    }
    if (number("PRAGMA application_id") == kApplicationId && number("PRAGMA user_version") == 1)
      transaction([&] {
        if (number("PRAGMA user_version") != 1) return;  // another process was faster
        execute(kSinceVersion2);
        execute("PRAGMA user_version=2");
      });
    if (const auto version = number("PRAGMA user_version"); version > kSchemaVersion)
      throw bad_input("a store of version " + std::to_string(version) +
                      "; this program reads up to version " + std::to_string(kSchemaVersion))
          .in_file(file_);
  }

  std::int64_t layer_id(const std::string& text) {
    Statement(*this, "INSERT OR IGNORE INTO layers(text) VALUES (?)").bind(text).run_once();
    Statement find(*this, "SELECT id FROM layers WHERE text = ?");
    find.bind(text).step();
    return find.whole(0);
  }

  // What was measured, as a CSV file would have to say it too.
  void check_measured(const std::string& what, Seconds runtime, const std::optional<Watts>& power,
                      const std::optional<Joules>& energy) const {
    const auto is_sound = [](double value) { return std::isfinite(value) && value >= 0; };
    const char* wrong = !is_sound(runtime.value()) || runtime == Seconds(0) ? "runtime"
                        : power && !is_sound(power->value())                ? "power"
                        : energy && !is_sound(energy->value())              ? "energy"
                                                                            : nullptr;
    if (wrong != nullptr)
      throw bad_input(std::string("its ") + wrong + " is no number that a meter can have told")
          .in_node(printable(what, 200))
          .in_file(file_);
  }

  LayerConfig layer(const std::string& text) const {
    try {
      return parse_layer(text);
    } catch (Error& error) {
      throw error.in_file(file_);
    }
  }

 private:
  void limit_steps() {
    constexpr std::uint64_t kStart = 5'000'000, kStepsPerByte = 20;
    std::error_code unknown;
    const auto size = std::filesystem::file_size(file_, unknown);
    looks_left_ = (kStart + (unknown ? 0 : kStepsPerByte * size)) / kStepsBetweenLooks;
    const auto look = [](void* left) {
      return (*static_cast<std::uint64_t*>(left))-- == 0 ? 1 : 0;
    };
    sqlite3_progress_handler(handle_, kStepsBetweenLooks, look, &looks_left_);
  }

  std::uint64_t looks_left_ = 0;
  std::string file_;
  sqlite3* handle_ = nullptr;
};

SampleStore::SampleStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
SampleStore::SampleStore(SampleStore&&) noexcept = default;
SampleStore::~SampleStore() = default;

SampleStore SampleStore::open(const std::filesystem::path& file, bool must_exist) {
  if (must_exist && !std::filesystem::exists(file))
    throw bad_input("no such file").in_file(file.string());
  auto database = std::make_unique<Database>(file, must_exist);
  database->prepare_schema(must_exist);
  return SampleStore(std::move(database));
}

SampleStore::ConditionsId SampleStore::conditions_id(const Conditions& conditions) {
  const std::string text = conditions_text(conditions);
  Database::Statement(*database_,
                      "INSERT OR IGNORE INTO conditions(text, device, software) VALUES (?, ?, ?)")
      .bind(text)
      .bind(conditions.device)
      .bind(conditions.software)
      .run_once();
  Database::Statement find(*database_, "SELECT id FROM conditions WHERE text = ?");
  find.bind(text).step();
  return find.whole(0);
}

std::map<SampleStore::ConditionsId, Conditions> SampleStore::all_conditions() {
  std::map<ConditionsId, Conditions> all;
  Database::Statement rows(*database_, "SELECT id, text FROM conditions");
  while (rows.step()) all[rows.whole(0)] = parse_conditions(rows.text(1));
  return all;
}

void SampleStore::record(ConditionsId conditions,
                         const std::vector<StoredMeasurement>& measurements,
                         const std::vector<StoredSkip>& skips) {
  database_->transaction([&] {
    Database::Statement insert(*database_,
                               "INSERT OR IGNORE INTO measurements(conditions, layer, "
                               "implementation, steady, energy_absent, extras) VALUES (?, ?, ?, "
                               "?, ?, ?)");
    Database::Statement repeat(*database_,
                               "INSERT INTO repetitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    Database::Statement skip(*database_, "INSERT OR IGNORE INTO skips VALUES (?, ?, ?)");
    for (const StoredMeasurement& measurement : measurements) {
      insert.bind(conditions)
          .bind(database_->layer_id(format_layer(measurement.layer)))
          .bind(measurement.implementation)
          .bind(std::int64_t{measurement.steady})
          .bind(measurement.energy_absent)
          .bind(join_numbers(measurement.extras, [](double value) { return value; }))
          .run_once();
      if (sqlite3_changes(database_->handle()) == 0) continue;
      const std::int64_t id = sqlite3_last_insert_rowid(database_->handle());
      std::int64_t number = 0;
      for (const StoredRepetition& repetition : measurement.repetitions) {
        std::string marks;
        for (const std::string& mark : repetition.marks) marks += (marks.empty() ? "" : " ") + mark;
        repeat.bind(id)
            .bind(++number)
            .bind(repetition.runtime.value())
            .bind(repetition.executions)
            .bind(repetition.window.value())
            .bind(repetition.power)
            .bind(repetition.energy)
            .bind(join_numbers(repetition.domains, [](Watts power) { return power.value(); }))
            .bind(marks)
            .run_once();
      }
    }
    for (const StoredSkip& skipped : skips)
      skip.bind(conditions)
          .bind(database_->layer_id(format_layer(skipped.layer)))
          .bind(skipped.reason)
          .run_once();
  });
}

void SampleStore::record_networks(ConditionsId conditions,
                                  const std::vector<NetworkSample>& networks) {
  database_->transaction([&] {
    Database::Statement insert(
        *database_,
        "INSERT INTO networks(conditions, network, batch, repetition, runtime_s, power_w, "
        "energy_j) VALUES (?, ?, ?, ?, ?, ?, ?)");
    for (const NetworkSample& network : networks)
      insert.bind(conditions)
          .bind(network.network)
          .bind(network.batch)
          .bind(std::int64_t{network.repetition})
          .bind(network.runtime.value())
          .bind(network.power)
          .bind(network.energy)
          .run_once();
  });
}

void SampleStore::record_meter(const std::string& description, const std::string& text) {
  Database::Statement(*database_, "INSERT OR REPLACE INTO meters(description, text) VALUES (?, ?)")
      .bind(description)
      .bind(text)
      .run_once();
}

std::optional<std::string> SampleStore::meter(const std::string& description) {
  Database::Statement row(*database_, "SELECT text FROM meters WHERE description = ?");
  row.bind(description);
  return row.step() ? std::optional(row.text(0)) : std::nullopt;
}

std::set<std::string> SampleStore::finished_layers(ConditionsId conditions) {
  std::set<std::string> finished;
  Database::Statement rows(*database_,
                           "SELECT text FROM layers WHERE id IN "
                           "(SELECT layer FROM measurements WHERE conditions = ?1 UNION "
                           "SELECT layer FROM skips WHERE conditions = ?1)");
  rows.bind(conditions);
  while (rows.step()) finished.insert(rows.text(0));
  return finished;
}

std::vector<StoredSkip> SampleStore::skips(ConditionsId conditions) {
  std::vector<StoredSkip> all;
  Database::Statement rows(*database_,
                           "SELECT layers.text, reason FROM skips JOIN layers ON layers.id = "
                           "skips.layer WHERE conditions = ? ORDER BY layers.id");
  rows.bind(conditions);
  while (rows.step()) all.push_back({database_->layer(rows.text(0)), rows.text(1)});
  return all;
}

std::vector<StoredMeasurement> SampleStore::measurements(ConditionsId conditions) {
  std::vector<StoredMeasurement> all;
  Database::Statement rows(
      *database_,
      "SELECT measurements.id, layers.text, implementation, steady, energy_absent, extras FROM "
      "measurements JOIN layers ON layers.id = measurements.layer WHERE conditions = ? ORDER BY "
      "measurements.id");
  rows.bind(conditions);
  while (rows.step()) {
    StoredMeasurement measurement{
        database_->layer(rows.text(1)), rows.text(2), rows.whole(3) != 0, rows.text(4), {}, {}};
    split_numbers(rows.text(5), [&](std::string name, double value) {
      measurement.extras[std::move(name)] = value;
    });
    Database::Statement repetitions(
        *database_,
        "SELECT runtime_s, executions, window_s, power_w, energy_j, domains, marks FROM "
        "repetitions WHERE measurement = ? ORDER BY number");
    repetitions.bind(rows.whole(0));
    while (repetitions.step()) {
      StoredRepetition repetition;
      repetition.runtime = Seconds(repetitions.number(0));
      repetition.executions = repetitions.whole(1);
      repetition.window = Seconds(repetitions.number(2));
      repetition.power = repetitions.quantity<Watts>(3);
      repetition.energy = repetitions.quantity<Joules>(4);
      database_->check_measured(rows.text(1), repetition.runtime, repetition.power,
                                repetition.energy);
      const std::string domains = repetitions.text(5), marks = repetitions.text(6);
      split_numbers(domains, [&](std::string name, double power) {
        repetition.domains[std::move(name)] = Watts(power);
      });
      for (const std::string_view mark : split_blanks(marks)) repetition.marks.emplace_back(mark);
      measurement.repetitions.push_back(std::move(repetition));
    }
    all.push_back(std::move(measurement));
  }
  return all;
}

std::vector<Sample> SampleStore::samples(std::optional<ConditionsId> only) {
  std::vector<Sample> samples;
  for (const auto& [id, conditions] : all_conditions()) {
    if (only && *only != id) continue;
    for (const StoredMeasurement& measurement : measurements(id)) {
      const auto trusted =
          std::count_if(measurement.repetitions.begin(), measurement.repetitions.end(),
                        [](const StoredRepetition& r) { return r.marks.empty(); });
      const bool use_all = 2 * static_cast<std::size_t>(trusted) < measurement.repetitions.size();
      int number = 0;
      for (const StoredRepetition& repetition : measurement.repetitions) {
        if (!use_all && !repetition.marks.empty()) continue;
        Sample sample;
        sample.layer = measurement.layer;
        sample.repetition = ++number;
        sample.runtime = repetition.runtime;
        sample.power = repetition.power;
        sample.energy = repetition.energy;
        sample.device = conditions.device;
        sample.software = conditions.software;
        sample.extras = measurement.extras;
        samples.push_back(std::move(sample));
      }
    }
  }
  return samples;
}

std::vector<NetworkSample> SampleStore::networks(std::optional<ConditionsId> only) {
  std::vector<NetworkSample> networks;
  Database::Statement rows(*database_,
                           "SELECT conditions, network, batch, repetition, runtime_s, power_w, "
                           "energy_j FROM networks ORDER BY id");
  while (rows.step()) {
    if (only && *only != rows.whole(0)) continue;
    NetworkSample network;
    network.network = rows.text(1);
    network.batch = rows.whole(2);
    network.repetition = static_cast<int>(rows.whole(3));
    network.runtime = Seconds(rows.number(4));
    network.power = rows.quantity<Watts>(5);
    network.energy = rows.quantity<Joules>(6);
    database_->check_measured(network.network, network.runtime, network.power, network.energy);
    if (network.batch < 1)
      throw bad_input("its batch is no positive number")
          .in_node(printable(network.network, 200))
          .in_file(database_->file());
    networks.push_back(std::move(network));
  }
  return networks;
}

bool is_sample_store(const std::filesystem::path& file) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(file, failure)) return false;  // opening a pipe would wait
  std::ifstream in(file, std::ios::binary);
  std::string start(15, '\0');
  return in.read(start.data(), static_cast<std::streamsize>(start.size())) &&
         start == "SQLite format 3";
}

}  // namespace neuralpower
