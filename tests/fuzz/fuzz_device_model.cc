// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as a device model that predicts
// and that comes back from its own text.
#include <optional>
#include <string_view>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/layers/layer_list.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/prediction/stack.h"
#include "tests/fuzz/check_network.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuralpower;
  static const Network network = parse_layer_list(
      "input batch=2 in=8x6x6\nconv out=8 kernel=3 pad=1\nnorm mode=batch\nactivation mode=relu\n"
      "pool mode=max kernel=2 stride=2\nconv out=8 kernel=1 groups=8\nfc out=10\nsoftmax\n",
      "fuzz");
  std::optional<DeviceModel> model;
  try {
    model = parse_device_model({reinterpret_cast<const char*>(data), size});
  } catch (const Error&) {
    return 0;
  }
  try {
    const std::string text = to_json_text(*model);
    check(to_json_text(parse_device_model(text)) == text);
  } catch (const Error&) {
    std::abort();  // what was read can be written and read again
  }
  try {
    const Predictor predictor(*std::move(model));
    const FusedNetwork run = run_as_stack(network, predictor.model());
    check(predictor.predict(network).layers.size() == run.network.layers.size());
  } catch (const Error&) {  // terms that do not fit their kind of layer
  }
  return 0;
}
