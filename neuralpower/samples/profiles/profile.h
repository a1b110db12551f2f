// SPDX-License-Identifier: Apache-2.0
// Profile: what another tool measured of one network, node by node, in the tool's own words.
// ProfileFormat: one row a tool. Reading needs no network; match.h turns a profile into samples.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/base/units.h"
#include "neuralpower/network/layer_config.h"

namespace neuralpower {

// Words for ProfileEvent::op: a copy, or a change of layout, of what the members' first reads, or
// of what it writes.
inline constexpr std::string_view kReorderInput = "reorder", kReorderOutput = "reorder output";

// A node that ran, in every run that was profiled.
struct ProfileEvent {
  std::string name;                  // as the tool calls it; may be empty
  std::string op;                    // the tool's word: "FusedConv", "convolution", "aten::conv2d"
  std::vector<std::string> members;  // nodes of the file that the tool says are in it
  std::vector<Shape> inputs;         // weights included, if the tool tells shapes
  std::vector<Shape> outputs;
  std::optional<LayerConfig> layer;  // if the tool tells all of it
  std::vector<Seconds> times;        // one a run
  std::optional<Watts> power;        // over all runs, if the tool tells
};

struct Profile {
  std::string software;              // the tool, and how it ran: "ONNX Runtime, CPU"
  std::string device;                // if the tool tells
  std::vector<ProfileEvent> events;  // in the order in which they ran
  std::vector<Seconds> runs;         // whole runs, if the tool tells
  bool in_order = false;             // names say nothing: nodes are found by shapes, in order
  std::vector<std::string> notes;    // what was left out, and why
};

struct ProfileFormat {
  std::string_view name;
  std::string_view what;
  // True if a file that begins so is of this format.
  bool (*recognise)(std::string_view beginning);
  // Error (bad input) that says where the text breaks off or what it lacks.
  Profile (*read)(std::istream& in);
};

std::span<const ProfileFormat> profile_formats();

// A file, plain or gzip. The format is told from the content. Error (bad input) with the file's
// name: no such file, no known format, a broken one, more than a gigabyte of text.
Profile read_profile(const std::filesystem::path& file);

}  // namespace neuralpower
