// SPDX-License-Identifier: Apache-2.0
// The raw lines that the authors of NeuralPower (Cai et al. 2017) logged, one a layer: its name and
// output, parameters behind colons, runtime in ms and power in W at the end.
//   conv1 ... [N, H, W, C] x: kh kw Ci Co y: padding z: 1 sh sw 1 v: ... w: N H W Ci t: ms p: W
//   fc6 ... [N, C] x: ... y: ... z: ... inputs t: ms p: W
//   pool1 ... [N, H, W, C] x: ... kh kw y: ... sh sw z: ... H W C t: ms p: W
// Dropout has five parts (keep, input), concat four (output; inputs of four sizes each). Images are
// channels-last; the kind of a layer is told from its name, as the authors' parser does.
#include <array>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/samples/profiles/formats.h"
#include "neuralpower/samples/profiles/lines.h"

namespace neuralpower {
namespace {

using Parts = std::vector<std::string_view>;
using Numbers = std::vector<std::int64_t>;

enum class Kind { kNone, kConvolution, kFullyConnected, kPooling, kDropout, kConcat };

bool has_any(std::string_view name, std::initializer_list<std::string_view> signs) {
  for (std::string_view sign : signs)
    if (name.find(sign) != std::string_view::npos) return true;
  return false;
}

Kind kind_of_line(std::string_view line, std::size_t parts) {
  const auto words = split_blanks(line);
  if (words.empty()) return Kind::kNone;
  const std::string name = to_lower(words[0]);
  if (parts == 4 && has_any(name, {"concat"})) return Kind::kConcat;
  if (parts == 5 && has_any(name, {"drop"})) return Kind::kDropout;
  if (parts == 6 && has_any(name, {"pool"})) return Kind::kPooling;
  if (parts == 6 && has_any(name, {"ip", "fc", "innerproduct"})) return Kind::kFullyConnected;
  if (parts == 8 && has_any(name, {"conv", "incept", "res", "cccp"})) return Kind::kConvolution;
  return Kind::kNone;
}

Numbers last(std::string_view text, std::size_t count) {
  Numbers numbers = whole_numbers(text);
  if (numbers.size() < count)
    throw bad_input("'" + printable(trim(text), 60) + "' has fewer than " + std::to_string(count) +
                    " sizes");
  return {numbers.end() - static_cast<std::ptrdiff_t>(count), numbers.end()};
}

Numbers first(std::string_view text, std::size_t count) {
  Numbers numbers = whole_numbers(text);
  if (numbers.size() < count)
    throw bad_input("'" + printable(trim(text), 60) + "' has fewer than " + std::to_string(count) +
                    " sizes");
  numbers.resize(count);
  return numbers;
}

// What is in front of the window, and behind it, so that the output has its size.
void pad(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
         std::int64_t& before, std::int64_t& behind) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 24;
  if (in > kLargest || out > kLargest || kernel > kLargest || stride > kLargest || stride < 1)
    throw bad_input("the sizes of the window make no sense");
  const std::int64_t all = std::max<std::int64_t>(0, (out - 1) * stride + kernel - in);
  before = all / 2;
  behind = all - before;
}

LayerConfig convolution_of(const Parts& parts) {
  const Numbers out = last(parts[0], 4), filter = first(parts[1], 4), in = first(parts[5], 4);
  const Numbers strides = whole_numbers(parts[3]);
  Convolution op;
  op.out_channels = filter[3];
  op.kernel = {filter[0], filter[1]};
  if (strides.size() >= 4) {
    op.stride = {strides[1], strides[2]};
  } else if (!strides.empty()) {
    op.stride = {strides.front(), strides.back()};
  }
  pad(in[1], out[1], op.kernel.h, op.stride.h, op.pad.top, op.pad.bottom);
  pad(in[2], out[2], op.kernel.w, op.stride.w, op.pad.left, op.pad.right);
  if (filter[2] > 0 && in[3] % filter[2] == 0) op.groups = in[3] / filter[2];
  return make_layer_config(op, {Shape{in[0], in[3], in[1], in[2]}});
}

LayerConfig pooling_of(const Parts& parts) {
  const Numbers out = last(parts[0], 4), kernel = last(parts[1], 2), stride = last(parts[2], 2);
  const Numbers in = last(parts[3], 3);
  Pooling op;
  op.kernel = {kernel[0], kernel[1]};
  op.stride = {stride[0], stride[1]};
  pad(in[0], out[1], op.kernel.h, op.stride.h, op.pad.top, op.pad.bottom);
  pad(in[1], out[2], op.kernel.w, op.stride.w, op.pad.left, op.pad.right);
  return make_layer_config(op, {Shape{out[0], out[3], in[0], in[1]}});
}

LayerConfig concat_of(const Parts& parts) {
  const Numbers out = last(parts[0], 4), in = whole_numbers(parts[1]);
  std::vector<Shape> inputs;
  for (std::size_t i = 0; i + 4 <= in.size(); i += 4)
    inputs.push_back(Shape{out[0], in[i + 3], out[1], out[2]});
  if (inputs.empty()) throw bad_input("the concat has no inputs");
  return make_layer_config(Concat{1}, inputs);
}

LayerConfig dropout_of(const Parts& parts) {
  const Numbers in = whole_numbers(parts[2]);
  if (in.size() != 2 && in.size() != 4) throw bad_input("the dropout's input has no 2 or 4 sizes");
  const double keep = first_number(parts[1]).value_or(0.5);
  const Shape shape = in.size() == 2 ? Shape{in[0], in[1]} : Shape{in[0], in[3], in[1], in[2]};
  return make_layer_config(Dropout{keep}, {shape});
}

LayerConfig layer_of(Kind kind, const Parts& parts) {
  switch (kind) {
    case Kind::kConvolution:
      return convolution_of(parts);
    case Kind::kPooling:
      return pooling_of(parts);
    case Kind::kConcat:
      return concat_of(parts);
    case Kind::kDropout:
      return dropout_of(parts);
    default: {
      const Numbers out = last(parts[0], 2), in = last(parts[3], 1);
      return make_layer_config(FullyConnected{out[1]}, {Shape{out[0], in[0]}});
    }
  }
}

}  // namespace

bool is_raw_log(std::string_view beginning) {
  for (std::string_view line : split(beginning, '\n'))
    if (kind_of_line(line, split(line, ':').size()) != Kind::kNone) return true;
  return false;
}

Profile read_raw_log(std::istream& in) {
  Profile profile;
  profile.software = "NeuralPower authors' log";
  profile.in_order = true;
  for_each_line(in, [&](std::string_view line) {
    const Parts parts = split(line, ':');
    const Kind kind = kind_of_line(line, parts.size());
    if (kind == Kind::kNone) return;
    const auto ms = first_number(parts[parts.size() - 2]), watts = first_number(parts.back());
    if (!ms || *ms > 1e8) throw bad_input("the runtime is no number of ms");
    ProfileEvent event;
    event.name = std::string(split_blanks(line)[0]);
    event.op = event.name;
    event.layer = layer_of(kind, parts);
    event.times = {milliseconds(*ms)};
    if (watts && *watts > 0) event.power = Watts(*watts);
    profile.events.push_back(std::move(event));
  });
  return profile;
}

}  // namespace neuralpower
