// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/inputs.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/measure/sampling_plan.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/work.h"
#include "neuralpower/samples/sample_store.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower {
namespace {

// Layers, each once, in the order in which they came.
class DistinctLayers {
 public:
  void add(std::vector<LayerConfig> more) {
    for (LayerConfig& layer : more)
      if (texts_.insert(format_layer(layer)).second) layers_.push_back(std::move(layer));
  }
  std::vector<LayerConfig> take() { return std::move(layers_); }

 private:
  std::vector<LayerConfig> layers_;
  std::set<std::string> texts_;
};

// The layer as it is at any batch size: what "the same layer" means when a network is to be kept
// out of the training set.
std::string text_at_batch_one(LayerConfig layer) {
  for (Shape& input : layer.inputs)
    if (!input.empty()) input[0] = 1;
  return format_layer(layer);
}

}  // namespace

std::vector<Sample> read_samples(const std::vector<std::string>& files) {
  std::vector<Sample> all;
  for (const std::string& file : files) {
    std::vector<Sample> some =
        is_sample_store(file) ? SampleStore::open(file, true).samples() : read_samples_csv(file);
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

Network network_of_layers(std::string name, const std::vector<LayerConfig>& layers,
                          const std::vector<std::string>& names) {
  Network network;
  network.name = std::move(name);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Layer layer;
    layer.source_op = kind_of(layers[i].op);
    layer.name =
        i < names.size() && !names[i].empty() ? names[i] : layer.source_op + std::to_string(i + 1);
    layer.config = layers[i];
    layer.params = count_work(layers[i]).weights;
    network.layers.push_back(std::move(layer));
  }
  if (!layers.empty()) network.batch = layers.front().batch();
  return network;
}

Network read_network(const std::string& file, const ImportOptions& options) {
  const std::filesystem::path path(file);
  if (to_lower(path.extension().string()) != ".csv") return import_network(file, options);
  if (options.batch || !options.shapes.empty()) {
    Error error =
        usage_error("a list of layers has its batch sizes in it; leave out --batch and --shape");
    throw error.in_file(file);
  }
  std::vector<LayerConfig> layers;
  std::vector<std::string> names;
  for (Sample& sample : read_layers_csv(file)) {
    layers.push_back(std::move(sample.layer));
    names.push_back(std::move(sample.name));
  }
  return network_of_layers(path.stem().string(), layers, names);
}

std::vector<LayerConfig> layers_to_measure(const std::vector<std::string>& networks,
                                           const std::vector<std::int64_t>& batches,
                                           const std::string& plan) {
  DistinctLayers layers;
  for (const std::string& file : networks) {
    if (batches.empty()) layers.add(layers_of(read_network(file)));
    for (const std::int64_t batch : batches) {
      ImportOptions import;
      import.batch = batch;
      layers.add(layers_of(read_network(file, import)));
    }
  }
  if (plan.empty()) return layers.take();
  const SamplingPlan sampling = read_sampling_plan(plan);
  std::vector<Network> of_plan;
  for (const PlanNetwork& network : sampling.networks)
    for (const std::int64_t batch : network.batches) {
      ImportOptions import;
      import.batch = batch;
      of_plan.push_back(read_network(network.file.string(), import));
    }
  try {
    layers.add(expand(sampling, of_plan));
  } catch (Error& error) {
    throw error.in_file(plan);
  }
  return layers.take();
}

void leave_out(std::vector<LayerConfig>& layers, const std::vector<std::string>& networks) {
  std::set<std::string> excluded;
  for (const std::string& file : networks)
    for (const LayerConfig& layer : layers_of(read_network(file)))
      excluded.insert(text_at_batch_one(layer));
  std::erase_if(layers, [&](const LayerConfig& layer) {
    return excluded.contains(text_at_batch_one(layer));
  });
}

}  // namespace neuralpower
