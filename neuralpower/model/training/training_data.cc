// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/training_data.h"

#include <algorithm>

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

void drop_partial_power(KeyData& data) {
  if (std::find(data.power_w.begin(), data.power_w.end(), 0.0) != data.power_w.end())
    data.power_w.clear();
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
  for (auto& [key, data] : groups) drop_partial_power(data);
  return groups;
}

KeyData select_rows(const KeyData& data, const std::vector<std::size_t>& rows) {
  KeyData chosen;
  chosen.key = data.key;
  chosen.feature_count = data.feature_count;
  for (std::size_t i : rows)
    add_row(chosen, data.rows[i],
            {data.features.data() + i * data.feature_count, data.feature_count});
  drop_partial_power(chosen);
  return chosen;
}

}  // namespace neuralpower
