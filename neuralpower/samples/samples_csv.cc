// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/samples_csv.h"

#include <fstream>
#include <map>
#include <ostream>
#include <unordered_map>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

// A CSV file read row by row, with its columns by name.
class Table {
 public:
  explicit Table(const std::filesystem::path& file) : file_(file.string()), in_(file) {
    if (!in_) fail_to_open();
    std::string line;
    if (!std::getline(in_, line) || trim(line).empty())
      throw located(bad_input("the file is empty"));
    number_ = 1;
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    const auto names = split_csv_line(trim(line));
    for (std::size_t i = 0; i < names.size(); ++i)
      if (!columns_.emplace(names[i], i).second)
        throw located(bad_input("column '" + names[i] + "' stands twice in the header"));
  }

  void require(std::string_view column) const {
    if (columns_.contains(column)) return;
    std::vector<std::string> names;
    for (const auto& [name, index] : columns_) names.push_back(name);
    const auto near = closest_word(column, names);
    throw located(bad_input("no column '" + std::string(column) + "' in the header" +
                            (near ? " (there is '" + *near + "')" : "")));
  }

  // Steps to the next row that is not blank; false at the end.
  bool next() {
    std::string line;
    while (std::getline(in_, line)) {
      ++number_;
      if (trim(line).empty()) continue;
      fields_ = split_csv_line(trim(line));
      if (fields_.size() > columns_.size())
        throw located(bad_input("the row has " + std::to_string(fields_.size()) +
                                " fields but the header " + std::to_string(columns_.size())));
      return true;
    }
    if (in_.bad()) throw located(environment_error("reading failed"));
    return false;
  }

  // The field, empty if the column or the value is absent.
  std::string_view field(std::string_view column) const {
    const auto found = columns_.find(column);
    if (found == columns_.end() || found->second >= fields_.size()) return {};
    return trim(fields_[found->second]);
  }

  std::optional<double> positive(std::string_view column) const {
    const std::string_view text = field(column);
    if (text.empty()) return std::nullopt;
    const auto value = parse_double(text);
    if (!value || *value <= 0)
      throw located(bad_input(std::string(column) + " is '" + std::string(text) +
                              "'; it must be a positive number or empty"));
    return value;
  }

  double required_positive(std::string_view column) const {
    const auto value = positive(column);
    if (!value) throw located(bad_input(std::string(column) + " is empty"));
    return *value;
  }

  std::int64_t whole_or(std::string_view column, std::int64_t fallback) const {
    const std::string_view text = field(column);
    if (text.empty()) return fallback;
    const auto value = parse_int(text);
    if (!value || *value < 0 || *value > 1'000'000'000)
      throw located(bad_input(std::string(column) + " is '" + std::string(text) +
                              "'; it must be a whole number or empty"));
    return *value;
  }

  Error located(Error error) const {
    return error.in_node("line " + std::to_string(number_)).in_file(file_);
  }

 private:
  [[noreturn]] void fail_to_open() const {
    Error error = bad_input(std::filesystem::exists(file_) ? "cannot be read; check its permissions"
                                                           : "no such file");
    throw error.in_file(file_);
  }

  std::string file_;
  std::ifstream in_;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::string> fields_;
  std::size_t number_ = 0;
};

std::vector<Sample> read(const std::filesystem::path& file, bool runtime_required) {
  Table table(file);
  table.require("layer");
  if (runtime_required) table.require("runtime_ms");
  std::vector<Sample> samples;
  std::unordered_map<std::string, LayerConfig> parsed;  // repetitions share a configuration
  while (table.next()) {
    const std::string text(table.field("layer"));
    auto found = parsed.find(text);
    if (found == parsed.end()) {
      try {
        found = parsed.emplace(text, parse_layer(text)).first;
      } catch (const Error& error) {
        throw table.located(error);
      }
    }
    Sample sample;
    sample.layer = found->second;
    sample.network = table.field("network");
    sample.position = static_cast<int>(table.whole_or("position", 0));
    sample.name = table.field("name");
    sample.repetition = static_cast<int>(table.whole_or("repetition", 1));
    if (runtime_required) {
      sample.runtime = milliseconds(table.required_positive("runtime_ms"));
    } else if (const auto runtime = table.positive("runtime_ms")) {
      sample.runtime = milliseconds(*runtime);
    }
    if (const auto power = table.positive("power_w")) sample.power = Watts(*power);
    if (const auto energy = table.positive("energy_j")) sample.energy = Joules(*energy);
    sample.device = table.field("device");
    sample.software = table.field("software");
    // Two of the three make the third.
    if (sample.runtime > Seconds(0)) {
      if (!sample.power && sample.energy) sample.power = *sample.energy / sample.runtime;
      if (!sample.energy && sample.power) sample.energy = *sample.power * sample.runtime;
    }
    samples.push_back(std::move(sample));
  }
  if (samples.empty()) throw table.located(bad_input("the file has a header but no rows"));
  return samples;
}

}  // namespace

std::vector<Sample> read_samples_csv(const std::filesystem::path& file) { return read(file, true); }
std::vector<Sample> read_layers_csv(const std::filesystem::path& file) { return read(file, false); }

std::vector<NetworkSample> read_networks_csv(const std::filesystem::path& file) {
  Table table(file);
  for (std::string_view column : {"network", "batch", "runtime_ms"}) table.require(column);
  std::vector<NetworkSample> samples;
  while (table.next()) {
    NetworkSample sample;
    sample.network = table.field("network");
    sample.batch = table.whole_or("batch", 1);
    sample.repetition = static_cast<int>(table.whole_or("repetition", 1));
    sample.runtime = milliseconds(table.required_positive("runtime_ms"));
    if (const auto power = table.positive("power_w")) sample.power = Watts(*power);
    if (const auto energy = table.positive("energy_j")) sample.energy = Joules(*energy);
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<std::string> split_csv_line(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::string csv_field(std::string_view text) {
  std::string safe;
  for (const char c : text) safe += (c == '\n' || c == '\r') ? ' ' : c;
  if (safe.find_first_of(",\"") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

void write_samples_csv(std::ostream& out, const std::vector<Sample>& samples) {
  out << "layer,network,position,name,repetition,runtime_ms,power_w,energy_j,device,software\n";
  for (const Sample& s : samples) {
    out << csv_field(format_layer(s.layer)) << ',' << csv_field(s.network) << ','
        << (s.position > 0 ? std::to_string(s.position) : "") << ',' << csv_field(s.name) << ','
        << s.repetition << ',' << format_double(in_milliseconds(s.runtime)) << ','
        << (s.power ? format_double(s.power->value()) : "") << ','
        << (s.energy ? format_double(s.energy->value()) : "") << ',' << csv_field(s.device) << ','
        << csv_field(s.software) << '\n';
  }
}

}  // namespace neuralpower
