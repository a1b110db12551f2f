// SPDX-License-Identifier: Apache-2.0
// ActiveChoice: which layers of a list to measure next, so that a model of all of them becomes sure
// soonest.
//
// Each key (conv, fc, ...) has a ridge regression of the log of the runtime on the logs of its
// features, standardised over the list: crude, but its variance is known in closed form. With A the
// regularised moments of what was measured, M those of the whole list, and s^2 the residual
// variance (of residuals left out), measuring a layer x takes
//     s^2  x' A^-1 M A^-1 x / (1 + x' A^-1 x)
// off the variance summed over the list (Cohn, Ghahramani, Jordan 1996, as used for linear models).
// The layer that takes off most is next; A does not depend on what will be measured, so several can
// be chosen at once. Until a key has been seen a few times, its layers come in the list's order,
// which covers the plan evenly.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower {

class ActiveChoice {
 public:
  explicit ActiveChoice(const std::vector<LayerConfig>& layers);

  // Up to `count` layers that were neither learned nor chosen before, by their place in the list.
  std::vector<std::size_t> next(std::size_t count);

  // A layer's runtime is known; chosen or not. One that cannot be measured is only left out.
  void learn(std::size_t layer, Seconds runtime);
  void leave_out(std::size_t layer);

 private:
  using Row = std::vector<double>;
  struct Key {
    std::vector<Row> pool;             // the features of its layers
    std::vector<std::size_t> members;  // their places in the list
    std::vector<double> moments;       // M, p x p
    std::vector<double> inverse;       // A^-1, p x p
    std::vector<Row> rows;             // learned
    std::vector<double> targets;       // log runtimes
    std::size_t chosen = 0;            // learned ones and those under way
    double variance = 1;               // s^2
    std::size_t width() const { return pool.empty() ? 0 : pool[0].size(); }
  };
  struct Place {
    Key* key = nullptr;  // null: no model could use it
    std::size_t row = 0;
    bool taken = false;
  };

  void take(std::size_t layer);
  static double gain(const Key& key, const Row& row);
  static void estimate_variance(Key& key);

  std::map<std::string, Key> keys_;
  std::vector<Place> places_;
};

}  // namespace neuralpower
