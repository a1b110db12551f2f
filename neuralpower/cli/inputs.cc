// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/inputs.h"

#include <algorithm>
#include <iostream>
#include <thread>

#include "neuralpower/model/methods/method.h"
#include "neuralpower/model/training/software_stacks.h"
#include "neuralpower/samples/origin.h"

namespace neuralpower::cli {

DeviceModel find_device_model(const std::string& name_or_file) {
  return load_device_model(find_model_file(name_or_file));
}

PaleoDevice find_device_spec(const std::string& name_or_file) {
  return load_paleo_device(find_spec_file(name_or_file));
}

void SamplesOption::add_to(CLI::App& app, bool required) {
  app.add_option("samples", files, "Measured layers: CSV files or stores (.db)")
      ->required(required);
  app.add_option("--measured-on", device, "Only the rows of this device");
  app.add_option("--software", software, "Only the rows of this software stack");
  app.add_flag("--mixed", mixed, "Take rows of several devices or software stacks as one");
}

std::vector<Sample> SamplesOption::read() const {
  std::vector<Sample> samples = samples_of(read_samples(files), device, software);
  if (mixed) return samples;
  KeptSamples kept = keep_one_kind_of_run(std::move(samples));
  if (!kept.left_out.empty()) std::cerr << "neuralpower: warning: " << kept.left_out << "\n";
  expect_one_origin(kept.samples);
  return std::move(kept.samples);
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
