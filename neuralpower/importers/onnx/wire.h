// SPDX-License-Identifier: Apache-2.0
// The protobuf wire format, read field by field: protozero with its promises made safe for hostile
// files. protozero checks wire types by assert only and cuts lengths to 32 bits; here a field read
// as the wrong type, or one that is longer than the message, is an Error.
#pragma once

#include <cstdint>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "neuralpower/base/error.h"

namespace neuralpower::onnx {

class Message {
 public:
  explicit Message(std::string_view bytes) : reader_(bytes.data(), bytes.size()) {}

  // Moves to the next field; the previous one must have been read or skipped.
  bool next() { return reader_.next(); }
  int field() const { return static_cast<int>(reader_.tag()); }
  void skip() { reader_.skip(); }

  std::string_view bytes() {
    expect(protozero::pbf_wire_type::length_delimited);
    const protozero::data_view view = reader_.get_view();
    return {view.data(), view.size()};
  }
  std::int64_t integer() {
    expect(protozero::pbf_wire_type::varint);
    return reader_.get_int64();
  }
  float real() {
    expect(protozero::pbf_wire_type::fixed32);
    return reader_.get_float();
  }
  double double_real() {
    expect(protozero::pbf_wire_type::fixed64);
    return reader_.get_double();
  }

  // One element, or a packed run of them, of a repeated field. `sink` takes one element and
  // returns false to stop reading.
  template <typename Sink>
  void each_integer(Sink sink) {
    if (reader_.wire_type() == protozero::pbf_wire_type::varint) {
      sink(reader_.get_int64());
      return;
    }
    expect(protozero::pbf_wire_type::length_delimited);
    for (const std::int64_t value : reader_.get_packed_int64())
      if (!sink(value)) return;
  }
  template <typename Sink>
  void each_real(Sink sink) {
    if (reader_.wire_type() == protozero::pbf_wire_type::fixed32) {
      sink(reader_.get_float());
      return;
    }
    expect(protozero::pbf_wire_type::length_delimited);
    for (const float value : reader_.get_packed_float())
      if (!sink(value)) return;
  }
  template <typename Sink>
  void each_double(Sink sink) {
    if (reader_.wire_type() == protozero::pbf_wire_type::fixed64) {
      sink(reader_.get_double());
      return;
    }
    expect(protozero::pbf_wire_type::length_delimited);
    for (const double value : reader_.get_packed_double())
      if (!sink(value)) return;
  }

 private:
  void expect(protozero::pbf_wire_type type) const {
    if (reader_.wire_type() != type)
      throw bad_input("field " + std::to_string(field()) +
                      " of a message has the wrong wire type; the file is damaged or not ONNX");
  }

  protozero::pbf_reader reader_;
};

// Runs `read`, turning what protozero throws into one Error.
template <typename Read>
auto reading(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const protozero::exception& error) {
    throw bad_input(std::string("the file is cut off, damaged or not ONNX (") + error.what() + ")");
  }
}

}  // namespace neuralpower::onnx
