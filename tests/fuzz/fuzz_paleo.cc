// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as a sound network.
#include <optional>
#include <string_view>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/paleo/paleo.h"
#include "tests/fuzz/check_network.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuralpower;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::optional<Network> network;
  try {
    network = parse_paleo(text, "fuzz");
  } catch (const Error&) {
    return 0;
  }
  check_network(*network);
  return 0;
}
