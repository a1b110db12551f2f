// SPDX-License-Identifier: Apache-2.0
// Changes ONNX files as trees of fields, so that lengths stay right and a change deep inside does
// not only break the message around it. Names are taken from elsewhere in the file, which wires
// nodes anew; fields are dropped, doubled, swapped or taken from another file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace neuralpower {

class OnnxTree {
 public:
  // What cannot be read as fields is kept as it is, behind those that can.
  OnnxTree(const std::uint8_t* data, std::size_t size);

  void mutate(std::mt19937& random);
  void take_from(OnnxTree& other, std::mt19937& random);
  std::string bytes() const;

  struct Field {
    int number = 0, wire = 0;
    std::uint64_t value = 0;      // wire types 0, 1 and 5
    std::string text;             // wire type 2, where it is no message
    char message = 0;             // which message it holds, or 0
    std::vector<Field> children;  // of a message
  };

 private:
  Field root_;
  std::string rest_;
};

}  // namespace neuralpower
