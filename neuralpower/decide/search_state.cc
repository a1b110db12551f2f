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

std::vector<FoundArchitecture> read_found(const Space& space, const Json& json) {
  std::vector<FoundArchitecture> found;
  for (const Json& row : json) {
    FoundArchitecture f;
    f.index = row.at("index");
    f.architecture = row.at("choices").get<Architecture>();
    bool fits = f.architecture.size() == space.parameters.size();
    for (std::size_t p = 0; fits && p < f.architecture.size(); ++p)
      fits = f.architecture[p] < space.parameters[p].choices.size();
    if (!fits) throw bad_input("is of another space");
    f.cost.valid = true;
    f.cost.batch = row.at("batch");
    f.cost.latency_s = row.at("latency_s");
    f.cost.energy_j = row.at("energy_j");
    f.cost.latency_low_s = row.at("latency_bounds_s").at(0);
    f.cost.latency_high_s = row.at("latency_bounds_s").at(1);
    f.cost.energy_low_j = row.at("energy_bounds_j").at(0);
    f.cost.energy_high_j = row.at("energy_bounds_j").at(1);
    f.cost.macs = row.at("macs");
    f.cost.params = row.at("params");
    if (!row.at("error").is_null()) f.error = row.at("error").get<double>();
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
    r.begin = counts.at("begin");
    r.next = counts.at("next");
    r.end = counts.at("end");
    if (r.begin > r.next || r.next > r.end || r.end == 0)
      throw bad_input("is no state of a search: its counts contradict each other");
    r.evaluated = counts.at("evaluated");
    r.forbidden = counts.at("forbidden");
    r.invalid = counts.at("invalid");
    r.limited = counts.at("limited");
    r.without_error = counts.at("without_error");
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
