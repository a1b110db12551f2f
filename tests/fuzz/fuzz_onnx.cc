// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as a sound network.
#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/network/blocks.h"
#include "tests/fuzz/check_network.h"
#include "tests/fuzz/onnx_mutator.h"

namespace {

std::size_t hand_over(const std::string& bytes, std::uint8_t* out, std::size_t max_size) {
  const std::size_t size = std::min(bytes.size(), max_size);
  std::memcpy(out, bytes.data(), size);
  return size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace neuralpower;
  ImportOptions options;
  if (size % 2 == 1) options.batch = 3;  // every other file is also read at another batch size
  std::optional<Network> network;
  try {
    network = import_onnx_bytes({reinterpret_cast<const char*>(data), size}, "fuzz", options);
  } catch (const Error&) {
    return 0;
  }
  check_network(*network);
  try {
    const FusedNetwork fused = fuse_patterns(*network);
    check_order(fused.network);
    find_blocks(fused.network);
  } catch (const Error&) {  // a sum beyond 2^63
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  std::mt19937 random(seed);
  if (random() % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  neuralpower::OnnxTree tree(data, size);
  for (unsigned left = 1 + random() % 3; left > 0; --left) tree.mutate(random);
  return hand_over(tree.bytes(), data, max_size);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* data, std::size_t size,
                                                 const std::uint8_t* other, std::size_t other_size,
                                                 std::uint8_t* out, std::size_t max_size,
                                                 unsigned seed) {
  std::mt19937 random(seed);
  neuralpower::OnnxTree tree(data, size), donor(other, other_size);
  for (unsigned left = 1 + random() % 3; left > 0; --left) tree.take_from(donor, random);
  return hand_over(tree.bytes(), out, max_size);
}
