// SPDX-License-Identifier: Apache-2.0
// SpaceEvaluator: time and energy of one architecture of a space after another, fast.
//
// Candidates share layers. What a line makes of its inputs (the layer, its shape, its cost) is
// found out once, through the importer and Predictor::predict_layer, and looked up from then on;
// and from one architecture to the next only the lines behind the first changed choice are walked.
// Sums are made layer by layer, as `predict` makes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "neuralpower/decide/layer_cost.h"
#include "neuralpower/decide/space.h"
#include "neuralpower/model/prediction/predict.h"

namespace neuralpower {

struct ArchitectureCost {
  bool valid = false;                  // it can be built and leads to an output
  double latency_s = 0, energy_j = 0;  // of a whole batch
  double latency_low_s = 0, latency_high_s = 0, energy_low_j = 0, energy_high_j = 0;
  double macs = 0, params = 0;  // params without biases
  std::int64_t batch = 1;
  double power_w() const { return latency_s > 0 ? energy_j / latency_s : 0; }
  double energy_per_item() const { return energy_j / static_cast<double>(batch); }
};

struct EvaluatorOptions {
  bool energy = true;            // asked for; without it energy stays 0
  bool allow_uncovered = false;  // layers without a model cost nothing, and are listed
  bool keep_layers = false;      // for layers_of()
};

class SpaceEvaluator {
 public:
  // Both must outlive it.
  SpaceEvaluator(const Space& space, const Predictor& predictor, EvaluatorOptions options = {});

  // Error (bad input) if the device model does not cover a layer or its energy, unless that is
  // allowed: a search over partly known costs would prefer what is not known.
  const ArchitectureCost& evaluate(const Architecture& architecture);

  // The layers of a valid architecture, sorted by text; those without a runtime are left out. Needs
  // keep_layers. Errors as above.
  std::vector<LayerCost> layers_of(const Architecture& architecture);

  // Why the first architecture that is not valid is not; empty: all were.
  const std::string& first_invalid() const { return first_invalid_; }
  // Why kinds of layers are not covered, by model key.
  const std::map<std::string, std::string>& uncovered() const { return uncovered_; }

  // The architecture as a layer list, for other commands.
  std::string layer_list(const Architecture& architecture) const;

 private:
  // What a line makes of its inputs. Shape 0: nothing.
  struct Step {
    std::uint32_t shape = 0;
    bool valid = true;
    ArchitectureCost cost;  // batch 0: not of an input
    std::vector<LayerCost> layers;
  };
  struct State {
    std::uint32_t out = 0, previous = 0;
    ArchitectureCost cost;
  };

  bool walk_line(std::size_t index, const Architecture& architecture, const State& before,
                 State& after);
  const Step& step(std::size_t line, const Architecture& architecture);
  Step make_step(const SpaceLine& line, const std::string& text);
  void add_cost(const SpaceLine& line, const std::string& text, const Layer& layer, Step& step);
  std::uint32_t intern(const Shape& shape);
  void forget();

  const Space& space_;
  const Predictor& predictor_;
  EvaluatorOptions options_;
  std::vector<std::size_t> first_line_;           // that depends on this or a later parameter
  std::vector<std::vector<bool>> drops_nothing_;  // by line and alternative: add, mul, concat
  std::vector<State> states_;                     // states_[i + 1]: behind line i
  std::size_t walked_ = 0;                        // lines whose states hold for last_
  Architecture last_;
  std::vector<Shape> shapes_{1};
  std::unordered_map<std::string, std::uint32_t> shape_ids_;
  std::unordered_map<std::uint64_t, std::uint32_t> tuples_;
  std::unordered_map<std::uint64_t, Step> steps_;
  std::vector<std::uint32_t> inputs_;         // of the line at hand
  std::vector<LayerCost>* listed_ = nullptr;  // takes the layers of every step walked
  ArchitectureCost invalid_;
  std::string first_invalid_;
  std::map<std::string, std::string> uncovered_;
};

}  // namespace neuralpower
