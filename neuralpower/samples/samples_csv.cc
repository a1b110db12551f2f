// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/samples_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <unordered_map>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/samples/csv_table.h"

namespace neuralpower {
namespace {

// Two of runtime, power and energy make the third. Three that are nowhere near each other are in
// other units, or of other numbers of runs, than they say.
void complete(Sample& sample, const CsvTable& table) {
  constexpr double kFactor = 2;
  if (!(sample.runtime > Seconds(0))) return;
  if (!sample.power && sample.energy) sample.power = *sample.energy / sample.runtime;
  if (!sample.power) return;
  const Joules energy = *sample.power * sample.runtime;
  if (!sample.energy) sample.energy = energy;
  const double ratio = sample.energy->value() / energy.value();
  if (ratio > kFactor || ratio < 1 / kFactor)
    throw table.located(
        bad_input(fmt::format("energy_j is {:.4g}, but runtime_ms times power_w makes {:.4g} J; "
                              "give all three of one run "
                              "in these units, or leave one empty",
                              sample.energy->value(), energy.value())));
}

std::vector<Sample> read(const std::filesystem::path& file, bool runtime_required) {
  CsvTable table(file);
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
    if (const auto overhead = table.number("overhead_ms"); overhead && *overhead > 0)
      sample.overhead = milliseconds(*overhead);
    sample.device = table.field("device");
    sample.software = table.field("software");
    complete(sample, table);
    samples.push_back(std::move(sample));
  }
  if (samples.empty()) throw table.located(bad_input("the file has a header but no rows"));
  return samples;
}

}  // namespace

std::vector<Sample> read_samples_csv(const std::filesystem::path& file) { return read(file, true); }
std::vector<Sample> read_layers_csv(const std::filesystem::path& file) { return read(file, false); }

std::vector<NetworkSample> read_networks_csv(const std::filesystem::path& file) {
  CsvTable table(file);
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

void write_samples_csv(std::ostream& out, const std::vector<Sample>& samples) {
  const bool overhead = std::any_of(samples.begin(), samples.end(),
                                    [](const Sample& s) { return s.overhead > Seconds(0); });
  std::set<std::string> further;  // columns that some of the samples have
  for (const Sample& s : samples)
    for (const auto& [name, value] : s.extras) further.insert(name);
  out << "layer,network,position,name,repetition,runtime_ms,power_w,energy_j,device,software"
      << (overhead ? ",overhead_ms" : "");
  for (const std::string& name : further) out << ',' << csv_field(printable(name));
  out << '\n';
  for (const Sample& s : samples) {
    out << csv_field(format_layer(s.layer)) << ',' << csv_field(printable(s.network)) << ','
        << (s.position > 0 ? std::to_string(s.position) : "") << ',' << csv_field(printable(s.name))
        << ',' << s.repetition << ',' << format_double(in_milliseconds(s.runtime)) << ','
        << (s.power ? format_double(s.power->value()) : "") << ','
        << (s.energy ? format_double(s.energy->value()) : "") << ','
        << csv_field(printable(s.device)) << ',' << csv_field(printable(s.software));
    if (overhead) out << ',' << format_double(in_milliseconds(s.overhead));
    for (const std::string& name : further) {
      const auto value = s.extras.find(name);
      out << ',' << (value == s.extras.end() ? std::string() : format_double(value->second));
    }
    out << '\n';
  }
}

void write_networks_csv(std::ostream& out, const std::vector<NetworkSample>& networks) {
  out << "network,batch,repetition,runtime_ms,power_w,energy_j\n";
  for (const NetworkSample& n : networks)
    out << csv_field(printable(n.network)) << ',' << n.batch << ',' << n.repetition << ','
        << format_double(in_milliseconds(n.runtime)) << ','
        << (n.power ? format_double(n.power->value()) : "") << ','
        << (n.energy ? format_double(n.energy->value()) : "") << '\n';
}

}  // namespace neuralpower
