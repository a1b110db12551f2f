// SPDX-License-Identifier: Apache-2.0
// A back-end whose layers take the time a function says, on a fake clock.
#pragma once

#include <functional>

#include "neuralpower/measure/backend.h"
#include "neuralpower/measure/fakes/fake_clock.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {

class FakeBackend final : public Backend {
 public:
  // The time of the execution with the given number, counted from 0, of a layer.
  using Cost = std::function<Seconds(const LayerConfig&, int execution)>;

  FakeBackend(FakeClock& clock, Cost cost) : clock_(clock), cost_(std::move(cost)) {}

  std::string name() const override { return "fake"; }
  std::map<std::string, std::string> conditions() const override {
    return {{"backend", "fake"}, {"threads", "1"}};
  }

  Preparation prepare(const LayerConfig& config) override {
    ++prepared_;
    if (std::holds_alternative<UnsupportedOp>(config.op)) return Skip{"nobody knows this layer"};
    return std::make_unique<FakeLayer>(*this, config);
  }

  PreparedNetwork prepare_network(const Network& network) override {
    PreparedNetwork prepared;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      Preparation layer = prepare(network.layers[i].config);
      if (auto* skip = std::get_if<Skip>(&layer)) {
        prepared.skipped.push_back({i, skip->reason});
      } else if (!is_free(network.layers[i].config)) {
        prepared.steps.push_back({i, false, std::get<0>(std::move(layer))});
      }
    }
    return prepared;
  }

  int prepared() const { return prepared_; }      // calls of prepare() so far
  int executions() const { return executions_; }  // of all layers together

 private:
  class FakeLayer final : public PreparedLayer {
   public:
    FakeLayer(FakeBackend& backend, LayerConfig config)
        : backend_(backend), config_(std::move(config)) {}
    void run() override {
      ++backend_.executions_;
      backend_.clock_.advance(backend_.cost_(config_, count_++));
    }
    void synchronise() override {}
    std::string implementation() const override { return "fake:1"; }
    LayerValues values() const override { return {}; }

   private:
    FakeBackend& backend_;
    LayerConfig config_;
    int count_ = 0;
  };

  FakeClock& clock_;
  Cost cost_;
  int prepared_ = 0;
  int executions_ = 0;
};

}  // namespace neuralpower
