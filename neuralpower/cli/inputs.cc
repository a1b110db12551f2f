// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/inputs.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/shape_inference.h"
#include "neuralpower/samples/sample_store.h"
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

// Files of a folder whose name is not there yet: the nearer folder wins.
void add_json_files(const fs::path& folder, std::vector<fs::path>& files) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const fs::path& file = entry.path();
    const bool known = std::any_of(files.begin(), files.end(),
                                   [&](const fs::path& f) { return f.stem() == file.stem(); });
    if (file.extension() == ".json" && !known) found.push_back(file);
  }
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
}

// The file itself if `name_or_file` is one, else the shipped file of that name.
fs::path find_shipped(const std::string& name_or_file, const std::vector<fs::path>& files,
                      const char* what) {
  if (fs::exists(name_or_file) || name_or_file.find('/') != std::string::npos ||
      name_or_file.ends_with(".json"))
    return name_or_file;
  std::vector<std::string> names;
  std::string list;
  for (const fs::path& file : files) {
    if (file.stem() == name_or_file) return file;
    names.push_back(file.stem().string());
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const auto near = closest_word(name_or_file, names);
  throw usage_error("no " + std::string(what) + " '" + name_or_file + "'" +
                    (near           ? "; did you mean '" + *near + "'?"
                     : list.empty() ? "; give the file of one"
                                    : "; there are " + list + ", or give a file"));
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
  return load_device_model(find_shipped(name_or_file, shipped_devices().models, "device model"));
}

PaleoDevice find_device_spec(const std::string& name_or_file) {
  return load_paleo_device(
      find_shipped(name_or_file, shipped_devices().specs, "device data sheet"));
}

ShippedDevices shipped_devices() {
  ShippedDevices shipped;
  for (const fs::path& folder : device_folders()) {
    add_json_files(folder, shipped.models);
    add_json_files(folder / "specs", shipped.specs);
  }
  return shipped;
}

fs::path published_folder() {
  for (const fs::path& folder : device_folders())
    if (fs::is_directory(folder / "published")) return folder / "published";
  throw environment_error("the published figures are not installed beside the device models");
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
