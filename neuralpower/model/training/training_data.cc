// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/training_data.h"

#include <fmt/format.h>

#include "neuralpower/features/features.h"
#include "neuralpower/network/network.h"

namespace neuralpower {
namespace {

void add_row(KeyData& data, const ReducedSample& row, std::span<const double> features) {
  data.rows.push_back(row);
  data.features.insert(data.features.end(), features.begin(), features.end());
  data.runtime_ms.push_back(in_milliseconds(row.runtime));
  data.power_w.push_back(row.power ? row.power->value() : 0);
}

}  // namespace

std::map<std::string, KeyData> group_by_key(const std::vector<Sample>& samples) {
  std::map<std::string, KeyData> groups;
  for (const ReducedSample& row : reduce_repetitions(samples)) {
    if (is_free(row.layer) || std::holds_alternative<UnsupportedOp>(row.layer.op)) continue;
    const std::string key = model_key(row.layer);
    const std::vector<double> features = extract_features(row.layer);
    KeyData& data = groups[key];
    data.key = key;
    data.feature_count = features.size();
    add_row(data, row, features);
  }
  return groups;
}

KeyData select_rows(const KeyData& data, const std::vector<std::size_t>& rows) {
  KeyData chosen;
  chosen.key = data.key;
  chosen.feature_count = data.feature_count;
  for (std::size_t i : rows)
    add_row(chosen, data.rows[i],
            {data.features.data() + i * data.feature_count, data.feature_count});
  return chosen;
}

std::vector<std::size_t> metered_rows(const KeyData& data) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < data.rows.size(); ++i)
    if (data.power_w[i] > 0) rows.push_back(i);
  return rows;
}

Error too_few_configurations(const std::map<std::string, KeyData>& groups, std::size_t needed) {
  std::string counts;
  for (const auto& [key, data] : groups)
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", key, data.rows.size());
  return bad_input(
      fmt::format("no kind of layer has {} different configurations ({}); measure more of one kind",
                  needed, counts.empty() ? "there are none" : counts));
}

}  // namespace neuralpower
