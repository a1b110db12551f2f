// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/inputs.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/samples/samples_csv.h"

namespace neuralpower::cli {
namespace {

namespace fs = std::filesystem;

// Folders with shipped device models, nearest first.
std::vector<fs::path> device_folders() {
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("NEURALPOWER_DEVICES")) folders.emplace_back(own);
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (!ignored) folders.push_back(program.parent_path() / "../share/neuralpower/devices");
  folders.emplace_back(NEURALPOWER_DEVICES_DIR);
  return folders;
}

}  // namespace

std::vector<Sample> read_samples(const std::vector<std::string>& files) {
  std::vector<Sample> all;
  for (const std::string& file : files) {
    std::vector<Sample> some = read_samples_csv(file);
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

Network read_network(const std::string& file, const ImportOptions& options) {
  if (to_lower(fs::path(file).extension().string()) != ".csv") return import_network(file, options);
  if (options.batch || !options.shapes.empty()) {
    Error error =
        usage_error("a list of layers has its batch sizes in it; leave out --batch and --shape");
    throw error.in_file(file);
  }
  Network network;
  network.name = fs::path(file).stem().string();
  for (const Sample& sample : read_layers_csv(file)) {
    Layer layer;
    const std::string number = std::to_string(network.layers.size() + 1);
    layer.name = sample.name.empty() ? std::string(kind_of(sample.layer.op)) + number : sample.name;
    layer.source_op = kind_of(sample.layer.op);
    layer.config = sample.layer;
    layer.params = count_work(sample.layer).weights;
    if (network.layers.empty()) network.batch = layer.config.batch();
    network.layers.push_back(std::move(layer));
  }
  return network;
}

DeviceModel find_device_model(const std::string& name_or_file) {
  if (fs::exists(name_or_file) || name_or_file.find('/') != std::string::npos ||
      name_or_file.ends_with(".json"))
    return load_device_model(name_or_file);
  std::vector<std::string> names;
  for (const fs::path& folder : device_folders()) {
    const fs::path file = folder / (name_or_file + ".json");
    if (fs::exists(file)) return load_device_model(file);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  const auto near = closest_word(name_or_file, names);
  throw usage_error("no device model '" + name_or_file + "'" +
                    (near           ? "; did you mean '" + *near + "'?"
                     : list.empty() ? "; give the file of one"
                                    : "; there are " + list + ", or give a file"));
}

void add_training_options(CLI::App& app, TrainOptions& options) {
  std::string list;
  for (const Method& method : methods())
    list += (list.empty() ? "" : ", ") + std::string(method.name);
  app.add_option("--method", options.method, "How to fit: " + list)->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of the folds")->capture_default_str();
  app.add_option("--threads", options.threads, "Threads; results do not depend on it")
      ->check(CLI::Range(1, 1024));
}

unsigned default_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace neuralpower::cli
