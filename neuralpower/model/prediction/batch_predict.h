// SPDX-License-Identifier: Apache-2.0
// BatchPredictor: millions of layers at once, for choosing among architectures.
//
// Layers are added first: a layer that looks to the formulas like an earlier one gets that one's
// id, so candidates that share layers pay once. evaluate() then runs over blocks of layers that one
// formula serves, features side by side (features/sum_program.h), on all threads, without
// allocating in the loop. Runtime, power and energy are those of Predictor::predict_layer to the
// last bit, for kinds that were never measured and for sizes beyond the measured ones too: these
// are predicted one by one when they are added. Intervals and warnings are not made: ask predict()
// for the few that are chosen, or a PreparedNetwork.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "neuralpower/model/device_model.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/network/layer_config.h"
#include "neuralpower/regression/aligned_vector.h"

namespace neuralpower {

class BatchPredictor {
 public:
  using LayerId = std::uint32_t;

  explicit BatchPredictor(const DeviceModel& model);
  explicit BatchPredictor(std::shared_ptr<const Predictor> predictor);

  // The id of this layer; ids count from 0. Error if the shapes do not fit.
  LayerId add(const LayerConfig& config);
  std::size_t layer_count() const { return runtime_s_.size(); }

  // Predicts what was added since the last call. Results do not depend on `threads`.
  void evaluate(unsigned threads = 1);
  // The next evaluate() does everything anew: for measuring how long it takes.
  void forget_values();

  // By id, after evaluate(): seconds, watts, joules. What is not known is 0.
  std::span<const double> runtime() const { return runtime_s_; }
  std::span<const double> power() const { return power_w_; }
  std::span<const double> energy() const { return energy_j_; }
  // Estimated from layers of other kinds: a runtime, but not covered.
  bool covered(LayerId id) const { return states_[id].covered; }
  bool has_runtime(LayerId id) const { return states_[id].has_runtime; }
  bool has_energy(LayerId id) const { return states_[id].has_energy; }

  // A network's totals, as add_up() makes them: of all layers that have a runtime, with what the
  // stack spends between layers. `complete` says that every layer is covered, `energy_known` that
  // every one with a runtime has an energy. Layers must be as the stack runs them (stack.h).
  struct Totals {
    double runtime_s = 0, energy_j = 0;
    bool complete = true, energy_known = true;
  };
  Totals total(std::span<const LayerId> layers) const;

 private:
  struct State {
    bool covered = false, has_runtime = false, has_energy = false;
    bool is_node = true;  // that the stack spends something on
  };
  struct Formulas {
    const KeyFormulas* of_key = nullptr;
    bool has_variants = false, is_node = true;
    std::vector<std::uint32_t> read;  // features that the formulas look at
  };
  // Layers that the same regimes of the same formulas serve. A block is kLanes layers: a row of
  // kLanes numbers for each feature that is read.
  struct Bucket {
    const Formulas* formulas = nullptr;
    std::size_t runtime_regime = 0, power_regime = 0;
    SumChain programs;  // of both; empty for adapted formulas
    std::size_t runtime_program = 0, power_program = 0;
    AlignedVector blocks;
    std::vector<LayerId> ids;
    std::size_t evaluated = 0;
  };
  // Where a layer's features stand; free and uncovered layers have none.
  struct Place {
    std::uint32_t bucket = 0, index = 0;
  };

  const Formulas* formulas_of(const LayerConfig& config);
  LayerId add_fixed(State state);
  LayerId add_one_by_one(const LayerConfig& config);
  std::uint32_t bucket_for(const Formulas& formulas, std::span<const double> features);
  bool equals(LayerId id, const Formulas& formulas) const;
  LayerId append(const Formulas& formulas);
  void grow_table();
  void evaluate_blocks(const Bucket& bucket, std::size_t first, std::size_t last);
  void evaluate_adapted(const Bucket& bucket, std::size_t first, std::size_t last);

  std::shared_ptr<const Predictor> predictor_;
  std::map<const KeyFormulas*, Formulas> formulas_;                // of the keys met so far
  std::map<std::array<std::size_t, 3>, std::uint32_t> bucket_of_;  // formulas, regimes
  std::vector<Bucket> buckets_;
  std::vector<LayerId> table_;          // open addressing by hash; kNobody where empty
  std::vector<std::uint64_t> hashes_;   // by id
  std::vector<Place> places_;           // by id
  std::vector<double> scratch_, seen_;  // all features of a layer, and those that are read
  std::vector<double> runtime_s_, power_w_, energy_j_;
  std::vector<State> states_;
  std::map<std::string, LayerId> one_by_one_;  // by layer text
  std::optional<LayerId> free_;
  std::size_t in_table_ = 0;
};

}  // namespace neuralpower
