// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as a space of architectures whose
// members can be told, priced, and written as networks that are read again.
#include <string_view>

#include "neuralpower/decide/space_evaluator.h"
#include "neuralpower/decide/test_device.h"
#include "tests/fuzz/check_network.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace neuralpower;

void check_architecture(const Space& space, SpaceEvaluator& evaluator,
                        const Architecture& architecture) {
  describe(space, architecture);
  if (!space.allows(architecture) || !evaluator.evaluate(architecture).valid) return;
  check_network(parse_layer_list(evaluator.layer_list(architecture), "fuzz"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const Predictor predictor(test_device());
  refused_or([&] {
    const Space space = parse_space({reinterpret_cast<const char*>(data), size}, "fuzz");
    check(space.log10_count() >= 0);
    EvaluatorOptions options;
    options.allow_uncovered = true;
    SpaceEvaluator evaluator(space, predictor, options);
    Architecture architecture(space.parameters.size(), 0);
    for (int i = 0; i < 3; ++i) {
      refused_or([&] { check_architecture(space, evaluator, architecture); });
      if (!space.advance(architecture)) break;
    }
    const auto count = space.count();
    if (count && *count > 0) {
      Architecture last = space.at(*count - 1);
      refused_or([&] { check_architecture(space, evaluator, last); });
      check(!space.advance(last));
    }
  });
  return 0;
}
