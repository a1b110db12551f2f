// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/search_state.h"

#include <nlohmann/json.hpp>

#include "neuralpower/base/error.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<FoundArchitecture>& found) {
  Json all = Json::array();
  for (const FoundArchitecture& f : found)
    all.push_back({{"index", f.index},
                   {"choices", f.architecture},
                   {"latency_s", f.cost.latency_s},
                   {"latency_bounds_s", {f.cost.latency_low_s, f.cost.latency_high_s}},
                   {"energy_j", f.cost.energy_j},
                   {"energy_bounds_j", {f.cost.energy_low_j, f.cost.energy_high_j}},
                   {"macs", f.cost.macs},
                   {"params", f.cost.params},
                   {"batch", f.cost.batch},
                   {"error", f.error ? Json(*f.error) : Json(nullptr)}});
  return all;
}

// What a search counts, and what it measures: never negative. Files can say anything.
std::uint64_t count_of(const Json& json) {
  if (!json.is_number_unsigned()) throw bad_input("is no state of a search: a count is none");
  return json.get<std::uint64_t>();
}

double amount_of(const Json& json) {
  const double amount = json.get<double>();
  if (!(amount >= 0)) throw bad_input("is no state of a search: a negative amount");
  return amount;
}

Architecture architecture_of(const Space& space, const Json& json) {
  Architecture architecture;
  for (const Json& choice : json) {
    const std::size_t p = architecture.size();
    if (p == space.parameters.size() || count_of(choice) >= space.parameters[p].choices.size())
      throw bad_input("is of another space");
    architecture.push_back(choice.get<std::uint8_t>());
  }
  if (architecture.size() != space.parameters.size()) throw bad_input("is of another space");
  return architecture;
}

std::vector<FoundArchitecture> read_found(const Space& space, const Json& json) {
  std::vector<FoundArchitecture> found;
  for (const Json& row : json) {
    FoundArchitecture f;
    f.index = count_of(row.at("index"));
    f.architecture = architecture_of(space, row.at("choices"));
    f.cost.valid = true;
    f.cost.batch = static_cast<std::int64_t>(count_of(row.at("batch")));
    if (f.cost.batch < 1) throw bad_input("is no state of a search: a batch of nothing");
    f.cost.latency_s = amount_of(row.at("latency_s"));
    f.cost.energy_j = amount_of(row.at("energy_j"));
    f.cost.latency_low_s = amount_of(row.at("latency_bounds_s").at(0));
    f.cost.latency_high_s = amount_of(row.at("latency_bounds_s").at(1));
    f.cost.energy_low_j = amount_of(row.at("energy_bounds_j").at(0));
    f.cost.energy_high_j = amount_of(row.at("energy_bounds_j").at(1));
    f.cost.macs = amount_of(row.at("macs"));
    f.cost.params = amount_of(row.at("params"));
    if (!row.at("error").is_null()) f.error = amount_of(row.at("error"));
    found.push_back(std::move(f));
  }
  return found;
}

}  // namespace

std::string search_state(const SearchResult& r, const std::string& fingerprint) {
  const Json json = {{"format", "neuralpower-search-state"},
                     {"version", 2},
                     {"fingerprint", fingerprint},
                     {"counts",
                      {{"begin", r.begin},
                       {"next", r.next},
                       {"end", r.end},
                       {"evaluated", r.evaluated},
                       {"forbidden", r.forbidden},
                       {"invalid", r.invalid},
                       {"limited", r.limited},
                       {"without_error", r.without_error}}},
                     {"first_invalid", r.first_invalid},
                     {"uncovered", r.uncovered},
                     {"front", to_json(r.front)},
                     {"best", to_json(r.best)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SearchResult parse_search_state(const Space& space, std::string_view text,
                                const std::string& fingerprint) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format") != "neuralpower-search-state" || json.at("version") != 2)
      throw bad_input("is no state of a search, or one of another version");
    if (json.at("fingerprint") != fingerprint)
      throw bad_input(
          "is the state of another search: space, device model and options must be the same");
    const Json& counts = json.at("counts");
    SearchResult r;
    r.begin = count_of(counts.at("begin"));
    r.next = count_of(counts.at("next"));
    r.end = count_of(counts.at("end"));
    if (r.begin > r.next || r.next > r.end || r.end == 0)
      throw bad_input("is no state of a search: its counts contradict each other");
    r.evaluated = count_of(counts.at("evaluated"));
    r.forbidden = count_of(counts.at("forbidden"));
    r.invalid = count_of(counts.at("invalid"));
    r.limited = count_of(counts.at("limited"));
    r.without_error = count_of(counts.at("without_error"));
    r.first_invalid = json.at("first_invalid");
    r.uncovered = json.at("uncovered").get<std::map<std::string, std::string>>();
    r.front = read_found(space, json.at("front"));
    r.best = read_found(space, json.at("best"));
    return r;
  } catch (const Json::exception& error) {
    throw bad_input(std::string("is no state of a search: ") + error.what());
  }
}

}  // namespace neuralpower
