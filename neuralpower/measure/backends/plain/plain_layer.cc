// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/plain/plain_layer.h"

#include <omp.h>

#include <algorithm>
#include <random>

namespace neuralpower::plain {
namespace {

class PlainLayer final : public PreparedLayer {
 public:
  PlainLayer(int threads, Kernel kernel, std::vector<Pointers> bindings,
             std::vector<std::shared_ptr<void>> keep_alive, std::int64_t period)
      : threads_(threads),
        kernel_(std::move(kernel)),
        bindings_(std::move(bindings)),
        keep_alive_(std::move(keep_alive)),
        period_(period) {}

  void run() override {
    // The number of OpenMP threads belongs to the calling thread; others may have set it.
    if (omp_get_max_threads() != threads_) omp_set_num_threads(threads_);
    last_ = next_;
    kernel_.run(bindings_[last_]);
    if (++next_ == bindings_.size()) next_ = 0;
  }
  void synchronise() override {}
  std::int64_t period() const override { return period_; }
  std::string implementation() const override { return kernel_.implementation; }

  LayerValues values() const override {
    const Pointers& p = bindings_[last_];
    LayerValues values;
    for (std::size_t i = 0; i < p.inputs.size(); ++i)
      values.inputs.emplace_back(p.inputs[i], p.inputs[i] + kernel_.inputs[i].count);
    for (std::size_t i = 0; i < p.weights.size(); ++i)
      values.weights.emplace_back(p.weights[i], p.weights[i] + kernel_.weights[i].count);
    values.output.assign(p.output, p.output + kernel_.output);
    return values;
  }

 private:
  int threads_;
  Kernel kernel_;
  std::vector<Pointers> bindings_;
  std::vector<std::shared_ptr<void>> keep_alive_;
  std::int64_t period_;
  std::size_t next_ = 0, last_ = 0;
};

// The pieces of memory where a tensor lies in turn.
std::vector<void*> places_of(const Tensor& tensor, Carousel* carousel, bool is_read,
                             const SharedMemory& memory,
                             std::vector<std::shared_ptr<void>>& keep_alive) {
  if (!carousel || tensor.positive || tensor.indices_below > 0) {
    auto own = std::make_shared<Buffer>(bytes_of(tensor.count));
    if (is_read) fill(own->floats(), tensor, memory.data);
    keep_alive.push_back(own);
    return {own->data()};
  }
  std::shared_ptr<Buffer> owner;
  auto pieces = carousel->pieces(
      bytes_of(tensor.count), memory.kind,
      [&](void* start, std::size_t size) {
        if (is_read) memory.data.draw(static_cast<float*>(start), size / sizeof(float), 1, false);
      },
      owner);
  keep_alive.push_back(std::move(owner));
  return pieces;
}

}  // namespace

std::size_t bytes_of(std::size_t cells) { return std::max<std::size_t>(cells, 1) * sizeof(float); }

void fill(float* cells, const Tensor& tensor, GaussianSource& data) {
  if (tensor.indices_below == 0)
    return data.draw(cells, tensor.count, tensor.scale, tensor.positive);
  std::mt19937_64 random(tensor.count);
  std::uniform_int_distribution<std::int64_t> index(0, tensor.indices_below - 1);
  for (std::size_t i = 0; i < tensor.count; ++i) cells[i] = static_cast<float>(index(random));
}

float* scratch_of(std::size_t cells, std::shared_ptr<Buffer>& scratch,
                  std::vector<std::shared_ptr<void>>& keep_alive) {
  if (cells == 0) return nullptr;
  if (!scratch || scratch->size() < bytes_of(cells))
    scratch = std::make_shared<Buffer>(bytes_of(cells));
  if (keep_alive.empty() || keep_alive.back() != scratch) keep_alive.push_back(scratch);
  return scratch->floats();
}

std::unique_ptr<PreparedLayer> place_kernel(Kernel kernel, int threads,
                                            const SharedMemory& memory) {
  std::vector<std::shared_ptr<void>> keep_alive;
  std::vector<std::vector<void*>> inputs, weights;
  for (const Tensor& tensor : kernel.inputs)
    inputs.push_back(places_of(tensor, memory.inputs, true, memory, keep_alive));
  for (const Tensor& tensor : kernel.weights)
    weights.push_back(places_of(tensor, memory.weights, true, memory, keep_alive));
  const auto outputs = places_of({kernel.output}, memory.outputs, false, memory, keep_alive);
  // Larger tensors have fewer pieces.
  std::size_t rounds = outputs.size(), least = outputs.size();
  for (const auto* group : {&inputs, &weights})
    for (const auto& tensor : *group) {
      rounds = std::max(rounds, tensor.size());
      if (tensor.size() > 1) least = std::min(least, tensor.size());
    }

  std::vector<Pointers> bindings(rounds);
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto at = [round](const std::vector<void*>& tensor) {
      return static_cast<float*>(tensor[round % tensor.size()]);
    };
    for (const auto& tensor : inputs) bindings[round].inputs.push_back(at(tensor));
    for (const auto& tensor : weights) bindings[round].weights.push_back(at(tensor));
    bindings[round].output = at(outputs);
    bindings[round].scratch = scratch_of(kernel.scratch, memory.scratch, keep_alive);
  }
  return bind_kernel(std::move(kernel), threads, std::move(bindings), std::move(keep_alive),
                     static_cast<std::int64_t>(least));
}

std::unique_ptr<PreparedLayer> bind_kernel(Kernel kernel, int threads,
                                           std::vector<Pointers> bindings,
                                           std::vector<std::shared_ptr<void>> keep_alive,
                                           std::int64_t period) {
  return std::make_unique<PlainLayer>(threads, std::move(kernel), std::move(bindings),
                                      std::move(keep_alive), period);
}

}  // namespace neuralpower::plain
