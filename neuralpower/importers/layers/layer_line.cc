// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/layers/layer_line.h"

#include <algorithm>
#include <span>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/importers/layers/layer_list.h"

namespace neuralpower {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view kNothing = "nothing";  // <- nothing: reads no tensor

bool is_key(std::string_view word, std::string_view key) {
  return word.size() > key.size() && word[key.size()] == '=' && word.starts_with(key);
}

// Up to the first '#' at the start of a word.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t'))
      return text.substr(0, i);
  return text;
}

// The words between commas; a comma may stand at a word's end, alone, or between two words.
std::vector<std::vector<std::string_view>> comma_groups(Words words) {
  std::vector<std::vector<std::string_view>> groups(1);
  for (std::string_view word : words) {
    bool first = true;
    for (std::string_view piece : split(word, ',')) {
      if (!first) groups.emplace_back();
      first = false;
      if (!piece.empty()) groups.back().push_back(piece);
    }
  }
  return groups;
}

std::vector<std::string> parse_inputs(Words words) {
  std::vector<std::string> names;
  if (words.size() == 1 && words[0] == kNothing) return names;
  for (const auto& group : comma_groups(words)) {
    if (group.size() != 1)
      throw bad_input("'<-' wants names with commas between them, such as '<- conv1, conv2'");
    names.push_back(unescape_name(group[0]));
  }
  return names;
}

std::optional<Shape> parse_shape(std::string_view text) {
  if (text == "?") return std::nullopt;
  if (text == "scalar") return Shape();
  const auto shape = Shape::parse(text);
  if (!shape) throw bad_input("'" + std::string(text) + "' is no shape such as 8x64x56x56");
  return shape;
}

std::vector<LayerLine::Output> parse_outputs(Words words) {
  std::vector<LayerLine::Output> outputs;
  const auto groups = comma_groups(words);
  for (const auto& group : groups) {
    if (group.size() == 1 && groups.size() == 1) {
      outputs.push_back({"", parse_shape(group[0])});
    } else if (group.size() == 2) {
      outputs.push_back({unescape_name(group[0]), parse_shape(group[1])});
    } else {
      throw bad_input(
          "'->' wants a shape, or names and shapes: '-> left 8x32x7x7, right 8x32x7x7'");
    }
  }
  return outputs;
}

}  // namespace

std::optional<std::string> LayerLine::get(std::string_view key) const {
  for (const std::string& word : keys)
    if (is_key(word, key)) return word.substr(key.size() + 1);
  return std::nullopt;
}

std::optional<std::string> LayerLine::take(std::string_view key) {
  auto value = get(key);
  if (value)
    keys.erase(std::find_if(keys.begin(), keys.end(),
                            [&](const std::string& word) { return is_key(word, key); }));
  return value;
}

void LayerLine::add(std::string_view key, std::string_view value) {
  keys.push_back(std::string(key) + "=" + std::string(value));
}

std::optional<LayerLine> parse_layer_line(std::string_view text, std::size_t number) {
  const std::vector<std::string_view> words = split_blanks(without_comment(text));
  if (words.empty()) return std::nullopt;
  LayerLine line;
  line.number = number;
  auto begin = words.begin();
  if (begin->size() > 1 && begin->back() == ':') {
    line.name = unescape_name(begin->substr(0, begin->size() - 1));
    if (line.name == kNothing) throw bad_input("'nothing' cannot be a name: '<- nothing' uses it");
    if (++begin == words.end())
      throw bad_input("a name without a layer; write 'NAME: KIND key=value ...'");
  }
  const auto out_arrow = std::find(begin, words.end(), "->");
  const auto in_arrow = std::find(begin, out_arrow, "<-");
  if (in_arrow == begin)
    throw bad_input("the layer's kind is missing; write 'NAME: KIND key=value ...'");
  line.kind = *begin;
  line.keys.assign(begin + 1, in_arrow);
  const auto between = [&](auto first, auto last) {
    return Words(words.data() + (first - words.begin()), static_cast<std::size_t>(last - first));
  };
  if (in_arrow != out_arrow) line.inputs = parse_inputs(between(in_arrow + 1, out_arrow));
  if (out_arrow != words.end()) line.outputs = parse_outputs(between(out_arrow + 1, words.end()));
  return line;
}

}  // namespace neuralpower
