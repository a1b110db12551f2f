// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/active_choice.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

constexpr double kRidge = 0.1;
constexpr std::size_t kSeenFirst = 12;   // of each key, before its residuals say anything
constexpr std::size_t kEnough = 48;      // of each key, before residuals change their shares
constexpr std::size_t kWitnesses = 200;  // layers of a key that stand for all of it

// y = S x for a symmetric p x p matrix.
std::vector<double> times(const std::vector<double>& matrix, const std::vector<double>& x) {
  const std::size_t p = x.size();
  std::vector<double> y(p);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) y[i] += matrix[i * p + j] * x[j];
  return y;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add_outer(std::vector<double>& matrix, const std::vector<double>& x, double factor) {
  const std::size_t p = x.size();
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) matrix[i * p + j] += factor * x[i] * x[j];
}

// Logs, standardised over the rows; a one in front. Features that never change are left out.
void standardise(std::vector<std::vector<double>>& rows) {
  std::vector<std::vector<double>> kept(rows.size(), {1.0});
  for (std::size_t f = 0; f < rows[0].size(); ++f) {
    double mean = 0, squares = 0;
    const auto n = static_cast<double>(rows.size());
    for (const auto& row : rows) mean += std::log1p(row[f]) / n;
    for (const auto& row : rows) {
      const double off = std::log1p(row[f]) - mean;
      squares += off * off / n;
    }
    if (squares < 1e-9) continue;
    for (std::size_t i = 0; i < rows.size(); ++i)
      kept[i].push_back((std::log1p(rows[i][f]) - mean) / std::sqrt(squares));
  }
  rows = std::move(kept);
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

}  // namespace

// From every layer of the key to its witnesses; none is near anything yet.
void ActiveChoice::measure_distances(Key& key) {
  const std::size_t n = key.pool.size();
  key.witnesses = std::min(n, kWitnesses);
  key.nearest.assign(key.witnesses, 0);
  for (const Row& row : key.pool)
    for (std::size_t w = 0; w < key.witnesses; ++w) {
      key.distances.push_back(static_cast<float>(distance(row, key.pool[w * n / key.witnesses])));
      key.nearest[w] = std::max(key.nearest[w], key.distances.back());
    }
}

ActiveChoice::ActiveChoice(const std::vector<LayerConfig>& layers) : places_(layers.size()) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = model_key(layers[i]) + "/" + std::string(to_string(layers[i].dtype));
    if (feature_names(model_key(layers[i])).empty()) continue;
    Key& key = keys_[name];
    places_[i] = {&key, key.pool.size(), false};
    key.pool.push_back(extract_features(layers[i]));
    key.members.push_back(i);
  }
  for (auto& [name, key] : keys_) {
    standardise(key.pool);
    measure_distances(key);
    key.left = key.pool.size();
  }
}

void ActiveChoice::take(std::size_t layer) {
  Place& place = places_[layer];
  if (place.taken) return;
  place.taken = true;
  if (!place.key) return;
  Key& key = *place.key;
  for (std::size_t w = 0; w < key.witnesses; ++w)
    key.nearest[w] = std::min(key.nearest[w], key.distances[place.row * key.witnesses + w]);
  ++key.chosen;
  --key.left;
}

// By how much the witnesses would come nearer to something chosen.
double ActiveChoice::approach(const Key& key, std::size_t row) {
  double sum = 0;
  for (std::size_t w = 0; w < key.witnesses; ++w)
    sum += std::max(0.0f, key.nearest[w] - key.distances[row * key.witnesses + w]);
  return sum;
}

// The key that lacks most of its share; null if none has a layer left.
ActiveChoice::Key* ActiveChoice::key_with_least() {
  const bool all_have_enough = std::all_of(keys_.begin(), keys_.end(), [](const auto& item) {
    return item.second.chosen >= kEnough || item.second.left == 0;
  });
  Key* least = nullptr;
  double most = 0;
  for (auto& [name, key] : keys_) {
    if (key.left == 0) continue;
    const double lack =
        std::sqrt(static_cast<double>(key.pool.size()) * (all_have_enough ? key.variance : 1)) /
        (1 + static_cast<double>(key.chosen));
    if (least && lack <= most) continue;
    least = &key;
    most = lack;
  }
  return least;
}

void ActiveChoice::leave_out(std::size_t layer) {
  Place& place = places_.at(layer);
  if (!place.taken && place.key) --place.key->left;
  place.taken = true;
}

void ActiveChoice::learn(std::size_t layer, Seconds runtime) {
  take(layer);
  const Place& place = places_.at(layer);
  if (!place.key || runtime <= Seconds(0)) return;
  place.key->rows.push_back(place.key->pool[place.row]);
  place.key->targets.push_back(std::log(runtime.value()));
}

// From residuals with each row left out: e / (1 - h).
void ActiveChoice::estimate_variance(Key& key) {
  if (key.rows.size() < kSeenFirst) return;
  const std::size_t p = key.width();
  std::vector<double> inverse(p * p);
  for (std::size_t i = 0; i < p; ++i) inverse[i * p + i] = 1 / kRidge;
  Row sums(p);
  for (std::size_t i = 0; i < key.rows.size(); ++i) {
    const Row direction = times(inverse, key.rows[i]);
    add_outer(inverse, direction, -1 / (1 + dot(key.rows[i], direction)));
    for (std::size_t j = 0; j < p; ++j) sums[j] += key.targets[i] * key.rows[i][j];
  }
  const Row weights = times(inverse, sums);
  double squares = 0;
  for (std::size_t i = 0; i < key.rows.size(); ++i) {
    const double leverage = dot(key.rows[i], times(inverse, key.rows[i]));
    const double residual =
        (key.targets[i] - dot(weights, key.rows[i])) / std::max(0.05, 1 - leverage);
    squares += residual * residual;
  }
  key.variance = squares / static_cast<double>(key.rows.size());
}

// The layer of the key that brings its witnesses nearest to something chosen.
std::size_t ActiveChoice::best_of(const Key& key) const {
  std::size_t best = places_.size();
  double most = 0;
  for (std::size_t row = 0; row < key.members.size(); ++row) {
    if (places_[key.members[row]].taken) continue;
    const double brings = approach(key, row);
    if (best < places_.size() && brings <= most) continue;
    best = key.members[row];
    most = brings;
  }
  return best;
}

std::vector<std::size_t> ActiveChoice::next(std::size_t count) {
  for (auto& [name, key] : keys_) estimate_variance(key);
  std::vector<std::size_t> chosen;
  while (chosen.size() < count) {
    const Key* key = key_with_least();
    if (!key) break;
    chosen.push_back(best_of(*key));
    take(chosen.back());
  }
  // What no model could use comes last.
  for (std::size_t i = 0; i < places_.size() && chosen.size() < count; ++i)
    if (!places_[i].taken) {
      take(i);
      chosen.push_back(i);
    }
  return chosen;
}

}  // namespace neuralpower
