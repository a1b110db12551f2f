// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/active_choice.h"

#include <algorithm>
#include <cmath>

#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

constexpr double kRidge = 0.1;
constexpr std::size_t kSeenFirst = 12;  // of each key, before its residuals say anything

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

}  // namespace

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
    const std::size_t p = key.width();
    key.moments.assign(p * p, 0);
    key.inverse.assign(p * p, 0);
    for (std::size_t i = 0; i < p; ++i) key.inverse[i * p + i] = 1 / kRidge;
    for (const Row& row : key.pool) add_outer(key.moments, row, 1);
  }
}

double ActiveChoice::gain(const Key& key, const Row& row) {
  const Row direction = times(key.inverse, row);
  return key.variance * dot(direction, times(key.moments, direction)) / (1 + dot(row, direction));
}

void ActiveChoice::take(std::size_t layer) {
  Place& place = places_[layer];
  if (place.taken) return;
  place.taken = true;
  if (!place.key) return;
  // Sherman and Morrison: the inverse once x x' is added to A.
  Key& key = *place.key;
  const Row& row = key.pool[place.row];
  const Row direction = times(key.inverse, row);
  add_outer(key.inverse, direction, -1 / (1 + dot(row, direction)));
  ++key.chosen;
}

void ActiveChoice::leave_out(std::size_t layer) { places_.at(layer).taken = true; }

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

std::vector<std::size_t> ActiveChoice::next(std::size_t count) {
  for (auto& [name, key] : keys_) estimate_variance(key);
  std::vector<std::size_t> chosen;
  const auto choose = [&](std::size_t layer) {
    take(layer);
    chosen.push_back(layer);
  };
  for (std::size_t i = 0; i < places_.size() && chosen.size() < count; ++i) {
    const Place& place = places_[i];
    if (!place.taken && place.key && place.key->chosen < kSeenFirst) choose(i);
  }
  while (chosen.size() < count) {
    std::size_t best = places_.size();
    double most = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].taken || !places_[i].key) continue;
      const double gained = gain(*places_[i].key, places_[i].key->pool[places_[i].row]);
      if (best == places_.size() || gained > most) {
        best = i;
        most = gained;
      }
    }
    if (best == places_.size()) break;
    choose(best);
  }
  // What no model could use comes last.
  for (std::size_t i = 0; i < places_.size() && chosen.size() < count; ++i)
    if (!places_[i].taken) choose(i);
  return chosen;
}

}  // namespace neuralpower
