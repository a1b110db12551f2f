// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/importers.h"

#include <string>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/caffe/caffe.h"
#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/importers/paleo/paleo.h"

namespace neuralpower {
namespace {

// One row per format; an importer is added here and nowhere else.
const std::vector<Format> kFormats = {
    {"onnx", ".onnx", "ONNX, opset 7 and later", import_onnx},
    {"layers", ".layers", "layer list: one layer a line, for sketches", import_layer_list},
    {"caffe", ".prototxt", "Caffe's network description, deploy or train_val", import_caffe},
    {"paleo", ".json", "Paleo's network description", import_paleo},
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

Network import_network(const std::filesystem::path& file, const ImportOptions& options) {
  const std::string extension = to_lower(file.extension().string());
  std::string known;
  for (const Format& format : kFormats) {
    for (std::string_view one : split_blanks(format.extensions)) {
      known += (known.empty() ? "" : ", ") + std::string(one);
      if (extension != one) continue;
      try {
        return format.import(file, options);
      } catch (Error& error) {
        error.in_file(file.string());
        throw;
      }
    }
  }
  Error error = bad_input("unknown kind of network file; give one that ends in " + known);
  error.in_file(file.string());
  throw error;
}

}  // namespace neuralpower
