// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/prediction/batch_predict.h"

#include <algorithm>
#include <bit>

#include "neuralpower/base/units.h"
#include "neuralpower/features/features.h"
#include "neuralpower/features/sum_program.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/network.h"
#include "neuralpower/regression/parallel.h"

namespace neuralpower {
namespace {

constexpr std::size_t kLanes = SumProgram::kLanes;
constexpr std::size_t kBlocksPerTask = 128;
constexpr BatchPredictor::LayerId kNobody = 0xffffffffu;

// Room for evaluating; what is in it does not matter.
struct FreeRoom {
  void operator()(double* room) const { CacheLineAllocator<double>().deallocate(room, 0); }
};
using RoomPointer = std::unique_ptr<double[], FreeRoom>;

std::uint64_t hash_of(const void* formulas, std::span<const double> features) {
  std::uint64_t hash = reinterpret_cast<std::uintptr_t>(formulas);
  for (const double x : features) {
    hash ^= std::bit_cast<std::uint64_t>(x);
    hash *= 0x9E3779B97F4A7C15ull;  // Fibonacci hashing
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

BatchPredictor::BatchPredictor(const DeviceModel& model)
    : BatchPredictor(std::make_shared<const Predictor>(model)) {}

BatchPredictor::BatchPredictor(std::shared_ptr<const Predictor> predictor)
    : predictor_(std::move(predictor)), table_(1024, kNobody) {}

// nullptr for kinds that have none of their own.
const BatchPredictor::Formulas* BatchPredictor::formulas_of(const LayerConfig& config) {
  const std::string key = model_key(config);
  const KeyFormulas* of_key = predictor_->formulas_of(key);
  if (!of_key) return nullptr;
  const auto [found, is_new] = formulas_.try_emplace(of_key);
  Formulas& f = found->second;
  if (!is_new) return &f;
  f.of_key = of_key;
  f.has_variants = !predictor_->model().layers.at(key).variants.empty();
  f.is_node = !std::holds_alternative<Dropout>(config.op);
  for (const auto* formula : {&of_key->runtime(), &of_key->power()}) {
    if (!*formula) continue;
    for (const std::uint32_t feature : (*formula)->features_read())
      if (feature < of_key->feature_count()) f.read.push_back(feature);  // not time and cost
  }
  std::sort(f.read.begin(), f.read.end());
  f.read.erase(std::unique(f.read.begin(), f.read.end()), f.read.end());
  return &f;
}

BatchPredictor::LayerId BatchPredictor::add_fixed(State state) {
  runtime_s_.push_back(0);
  power_w_.push_back(0);
  energy_j_.push_back(0);
  states_.push_back(state);
  places_.emplace_back();
  hashes_.push_back(0);
  return static_cast<LayerId>(states_.size() - 1);
}

// Does layer `id` have the features in seen_?
bool BatchPredictor::equals(LayerId id, const Formulas& formulas) const {
  const Bucket& bucket = buckets_[places_[id].bucket];
  if (bucket.formulas != &formulas) return false;
  const std::size_t index = places_[id].index;
  const double* lane =
      bucket.blocks.data() + index / kLanes * formulas.read.size() * kLanes + index % kLanes;
  for (std::size_t f = 0; f < seen_.size(); ++f)
    if (lane[f * kLanes] != seen_[f]) return false;
  return true;
}

std::uint32_t BatchPredictor::bucket_for(const Formulas& formulas,
                                         std::span<const double> features) {
  const auto& runtime = formulas.of_key->runtime();
  const auto& power = formulas.of_key->power();
  const std::array<std::size_t, 3> regimes = {reinterpret_cast<std::uintptr_t>(&formulas),
                                              runtime->regime(features),
                                              power ? power->regime(features) : 0};
  const auto [found, is_new] =
      bucket_of_.try_emplace(regimes, static_cast<std::uint32_t>(buckets_.size()));
  if (!is_new) return found->second;
  Bucket bucket;
  bucket.formulas = &formulas;
  bucket.runtime_regime = regimes[1];
  bucket.power_regime = regimes[2];
  if (!runtime->adapted()) {
    bucket.runtime_program = runtime->append_to(bucket.programs, regimes[1]);
    if (power) bucket.power_program = power->append_to(bucket.programs, regimes[2]);
  }
  buckets_.push_back(std::move(bucket));
  return found->second;
}

// A new layer with the features in scratch_ and seen_.
BatchPredictor::LayerId BatchPredictor::append(const Formulas& formulas) {
  const std::uint32_t number = bucket_for(formulas, scratch_);
  Bucket& bucket = buckets_[number];
  const std::size_t index = bucket.ids.size(), lane = index % kLanes;
  const std::size_t stride = seen_.size() * kLanes;
  if (lane == 0) bucket.blocks.resize(bucket.blocks.size() + stride);
  double* block = bucket.blocks.data() + index / kLanes * stride;
  // Lanes not taken yet repeat the last layer, so that they hold sizes that exist.
  for (std::size_t i = 0; i < seen_.size(); ++i)
    std::fill(block + i * kLanes + lane, block + (i + 1) * kLanes, seen_[i]);
  const LayerId id =
      add_fixed({true, true, formulas.of_key->power().has_value(), formulas.is_node});
  places_[id] = {number, static_cast<std::uint32_t>(index)};
  bucket.ids.push_back(id);
  return id;
}

void BatchPredictor::grow_table() {
  std::vector<LayerId> old(table_.size() * 2, kNobody);
  old.swap(table_);
  for (const LayerId id : old) {
    if (id == kNobody) continue;
    std::size_t at = hashes_[id] & (table_.size() - 1);
    while (table_[at] != kNobody) at = (at + 1) & (table_.size() - 1);
    table_[at] = id;
  }
}

// What no block serves: kinds without formulas of their own, which are estimated or unknown, and
// layers larger than the measured ones, which take more than their formula.
BatchPredictor::LayerId BatchPredictor::add_one_by_one(const LayerConfig& config) {
  std::string text = format_layer(config);
  if (const auto found = one_by_one_.find(text); found != one_by_one_.end()) return found->second;
  const LayerPrediction one = predictor_->predict_layer(config);
  const LayerId id = add_fixed({one.covered, one.runtime.has_value(), one.energy.has_value(),
                                !std::holds_alternative<Dropout>(config.op)});
  if (one.runtime) runtime_s_[id] = one.runtime->value.value();
  if (one.power) power_w_[id] = one.power->value.value();
  if (one.energy) energy_j_[id] = one.energy->value.value();
  one_by_one_.emplace(std::move(text), id);
  return id;
}

namespace {

// Groups may run as no other variant of their kind does; whether they do, predict_layer knows.
bool has_groups(const LayerConfig& config) {
  const auto* op = std::get_if<Convolution>(&config.op);
  return op && op->groups > 1;
}

}  // namespace

BatchPredictor::LayerId BatchPredictor::add(const LayerConfig& config) {
  if (is_free(config)) {
    if (!free_) free_ = add_one_by_one(config);
    return *free_;
  }
  const Formulas* formulas = formulas_of(config);
  if (!formulas ||
      (formulas->has_variants && has_groups(config) && !predictor_->predict_layer(config).covered))
    return add_one_by_one(config);
  const Formulas& f = *formulas;
  scratch_.resize(f.of_key->feature_count());
  extract_features(config, scratch_);
  if (!f.of_key->is_measured_size(scratch_)) return add_one_by_one(config);
  seen_.clear();
  for (const std::uint32_t feature : f.read) seen_.push_back(scratch_[feature]);
  const std::uint64_t hash = hash_of(&f, seen_);
  std::size_t at = hash & (table_.size() - 1);
  for (; table_[at] != kNobody; at = (at + 1) & (table_.size() - 1))
    if (hashes_[table_[at]] == hash && equals(table_[at], f)) return table_[at];
  const LayerId id = append(f);
  hashes_[id] = hash;
  table_[at] = id;
  if (++in_table_ * 2 > table_.size()) grow_table();
  return id;
}

void BatchPredictor::evaluate_blocks(const Bucket& bucket, std::size_t first, std::size_t last) {
  const Formulas& f = *bucket.formulas;
  const LayerFormula& runtime = *f.of_key->runtime();
  const auto& power = f.of_key->power();
  const std::size_t stride = f.read.size() * kLanes, features = f.of_key->feature_count();
  const SumChain& programs = bucket.programs;
  const RoomPointer room(CacheLineAllocator<double>().allocate(programs.room()));
  alignas(64) std::array<double, kLanes> ms, cost, watts, unused;
  std::vector<const double*> columns(features + kRuntimeFeatureCount, nullptr);
  columns[features] = ms.data();
  columns[features + 1] = cost.data();
  for (std::size_t b = first; b < last; ++b) {
    for (std::size_t i = 0; i < f.read.size(); ++i)
      columns[f.read[i]] = bucket.blocks.data() + b * stride + i * kLanes;
    runtime.evaluate_lanes(bucket.runtime_regime, programs, bucket.runtime_program, columns.data(),
                           room.get(), ms.data(), cost.data());
    if (power)
      power->evaluate_lanes(bucket.power_regime, programs, bucket.power_program, columns.data(),
                            room.get(), watts.data(), unused.data());
    const LayerId* ids = bucket.ids.data() + b * kLanes;
    const std::size_t lanes = std::min(kLanes, bucket.ids.size() - b * kLanes);
    for (std::size_t l = 0; l < kLanes; ++l) ms[l] = milliseconds(ms[l]).value();
    for (std::size_t l = 0; l < lanes; ++l) runtime_s_[ids[l]] = ms[l];
    if (!power) continue;
    for (std::size_t l = 0; l < lanes; ++l) {
      power_w_[ids[l]] = watts[l];
      energy_j_[ids[l]] = watts[l] * ms[l];
    }
  }
}

// Formulas with another device's as their base, a layer at a time.
void BatchPredictor::evaluate_adapted(const Bucket& bucket, std::size_t first, std::size_t last) {
  const Formulas& f = *bucket.formulas;
  const auto& power = f.of_key->power();
  const std::size_t stride = f.read.size() * kLanes;
  const std::size_t end = std::min(bucket.ids.size(), last * kLanes);
  std::vector<double> features;
  for (std::size_t index = first * kLanes; index < end; ++index) {
    const double* lane = bucket.blocks.data() + index / kLanes * stride + index % kLanes;
    features.assign(f.of_key->feature_count(), 0);
    for (std::size_t i = 0; i < f.read.size(); ++i) features[f.read[i]] = lane[i * kLanes];
    const FormulaValue runtime = f.of_key->runtime()->evaluate_with_cost(features);
    const LayerId id = bucket.ids[index];
    runtime_s_[id] = milliseconds(runtime.value).value();
    if (!power) continue;
    append_runtime(features, runtime);
    power_w_[id] = power->evaluate(features);
    energy_j_[id] = power_w_[id] * runtime_s_[id];
  }
}

void BatchPredictor::evaluate(unsigned threads) {
  struct Task {
    const Bucket* bucket;
    std::size_t first, last;
  };
  std::vector<Task> tasks;
  for (const Bucket& bucket : buckets_) {
    if (bucket.evaluated == bucket.ids.size()) continue;
    const std::size_t end = (bucket.ids.size() + kLanes - 1) / kLanes;
    for (std::size_t b = bucket.evaluated / kLanes; b < end; b += kBlocksPerTask)
      tasks.push_back({&bucket, b, std::min(end, b + kBlocksPerTask)});
  }
  run_tasks(tasks.size(), threads, [&](std::size_t t) {
    const Task& task = tasks[t];
    if (task.bucket->formulas->of_key->runtime()->adapted()) {
      evaluate_adapted(*task.bucket, task.first, task.last);
    } else {
      evaluate_blocks(*task.bucket, task.first, task.last);
    }
  });
  for (Bucket& bucket : buckets_) bucket.evaluated = bucket.ids.size();
}

void BatchPredictor::forget_values() {
  for (Bucket& bucket : buckets_) bucket.evaluated = 0;
}

BatchPredictor::Totals BatchPredictor::total(std::span<const LayerId> layers) const {
  Totals totals;
  const double node_s = predictor_->model().overhead.node.value();
  double between_s = 0;
  for (const LayerId id : layers) {
    const State& state = states_[id];
    totals.complete = totals.complete && state.covered;
    if (state.is_node) between_s += node_s;
    if (!state.has_runtime) continue;
    totals.runtime_s += runtime_s_[id];
    totals.energy_j += energy_j_[id];
    totals.energy_known = totals.energy_known && state.has_energy;
  }
  if (totals.runtime_s > 0 && between_s > 0) {
    totals.energy_j += totals.energy_j * (between_s / totals.runtime_s);  // at average power
    totals.runtime_s += between_s;
  }
  return totals;
}

}  // namespace neuralpower
