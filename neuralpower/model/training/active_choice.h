// SPDX-License-Identifier: Apache-2.0
// ActiveChoice: which layers of a list to measure next, so that a model of all of them becomes sure
// soonest.
//
// Two questions, one after the other. Of which key (conv, fc, ...): of the one that lacks most of
// its share. Shares grow with the root of the key's number of layers, and, once every key has
// enough for a model (48), with its residual deviation s: that of a ridge regression of the log of
// the runtime on the logs of its features, each row left out in turn. Which layer of it: the one
// that brings the others nearest to something chosen, in the logs of their features, standardised
// over the list (greedy k-medoids; 200 layers stand for all of a key).
//
// What takes most off the variance of that regression (Cohn, Ghahramani, Jordan 1996) was tried and
// did worse than chance at first: it picks extremes, and models that are not straight lines need
// the middle too (docs/measuring.md has the curves).
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
    std::vector<Row> rows;             // learned
    std::vector<double> targets;       // log runtimes
    std::size_t witnesses = 0;         // layers that stand for all
    std::vector<float> distances;      // a row of witnesses for each layer
    std::vector<float> nearest;        // of each witness to something chosen
    std::size_t chosen = 0, left = 0;  // learned or under way; neither
    double variance = 1;               // s^2
    std::size_t width() const { return pool.empty() ? 0 : pool[0].size(); }
  };
  struct Place {
    Key* key = nullptr;  // null: no model could use it
    std::size_t row = 0;
    bool taken = false;
  };

  void take(std::size_t layer);
  Key* key_with_least();
  std::size_t best_of(const Key& key) const;  // one must be left
  static void measure_distances(Key& key);
  static double approach(const Key& key, std::size_t row);
  static void estimate_variance(Key& key);

  std::map<std::string, Key> keys_;
  std::vector<Place> places_;
};

}  // namespace neuralpower
