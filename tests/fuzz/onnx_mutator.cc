// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/onnx_mutator.h"

#include <algorithm>
#include <cstring>
#include <utility>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace neuralpower {
namespace {

using Field = OnnxTree::Field;

// Messages by a letter: Model, Graph, Node, Attribute, tEnsor, Value, Type, tensor typE, Shape,
// Dimension, Opset, Function, Key and value, sparse tensoR.
struct Nested {
  char parent;
  int number;
  char child;
};
constexpr Nested kNested[] = {
    {'M', 7, 'G'},  {'M', 8, 'O'},  {'M', 25, 'F'}, {'G', 1, 'N'},  {'G', 5, 'E'}, {'G', 11, 'V'},
    {'G', 12, 'V'}, {'G', 13, 'V'}, {'G', 15, 'R'}, {'R', 1, 'E'},  {'N', 5, 'A'}, {'A', 5, 'E'},
    {'A', 6, 'G'},  {'F', 7, 'N'},  {'F', 9, 'O'},  {'F', 11, 'A'}, {'V', 2, 'T'}, {'T', 1, 'Y'},
    {'Y', 2, 'S'},  {'S', 1, 'D'},  {'E', 13, 'K'}};
constexpr int kMaxDepth = 24;

bool read_varint(const std::uint8_t*& at, const std::uint8_t* end, std::uint64_t& value) {
  value = 0;
  for (int shift = 0; at != end && shift < 70; shift += 7) {
    const std::uint8_t byte = *at++;
    if (shift < 64) value |= static_cast<std::uint64_t>(byte & 127) << shift;
    if (byte < 128) return true;
  }
  return false;
}

void write_varint(std::uint64_t value, std::string& out) {
  for (; value > 127; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

// Reads fields until the end or one that is broken; `at` is then where that begins.
void read_fields(const std::uint8_t*& at, const std::uint8_t* end, int depth, Field& parent) {
  while (at != end) {
    const std::uint8_t* next = at;
    std::uint64_t key = 0;
    Field field;
    if (!read_varint(next, end, key)) return;
    field.number = static_cast<int>(key >> 3 & 0xfffffff);
    field.wire = static_cast<int>(key & 7);
    const std::size_t fixed = field.wire == 1 ? 8 : field.wire == 5 ? 4 : 0;
    if (field.wire == 0) {
      if (!read_varint(next, end, field.value)) return;
    } else if (fixed != 0) {
      if (static_cast<std::size_t>(end - next) < fixed) return;
      std::memcpy(&field.value, next, fixed);
      next += fixed;
    } else if (field.wire == 2) {
      std::uint64_t size = 0;
      if (!read_varint(next, end, size) || size > static_cast<std::uint64_t>(end - next)) return;
      for (const Nested& row : kNested)
        if (row.parent == parent.message && row.number == field.number) field.message = row.child;
      const std::uint8_t* inside = next;
      if (field.message != 0 && depth < kMaxDepth)
        read_fields(inside, next + size, depth + 1, field);
      if (field.message == 0 || inside != next + size) {
        field.message = 0;
        field.children.clear();
        field.text.assign(reinterpret_cast<const char*>(next), size);
      }
      next += size;
    } else {
      return;
    }
    parent.children.push_back(std::move(field));
    at = next;
  }
}

void write_fields(const Field& parent, std::string& out) {
  for (const Field& field : parent.children) {
    write_varint(static_cast<std::uint64_t>(field.number) << 3 | static_cast<unsigned>(field.wire),
                 out);
    if (field.wire == 0) {
      write_varint(field.value, out);
    } else if (field.wire == 2) {
      std::string inside = field.text;
      if (field.message != 0) write_fields(field, inside);
      write_varint(inside.size(), out);
      out += inside;
    } else {
      out.append(reinterpret_cast<const char*>(&field.value), field.wire == 1 ? 8 : 4);
    }
  }
}

std::size_t below(std::mt19937& random, std::size_t count) { return random() % count; }

// Every field of the tree with its parent; children come behind their parent.
struct Place {
  Field* parent;
  std::size_t index;
  Field& field() const { return parent->children[index]; }
};
std::vector<Place> places(Field& root) {
  std::vector<Place> found;
  std::vector<Field*> open = {&root};
  while (!open.empty()) {
    Field* parent = open.back();
    open.pop_back();
    for (std::size_t i = 0; i < parent->children.size(); ++i) {
      found.push_back({parent, i});
      open.push_back(&parent->children[i]);
    }
  }
  return found;
}

std::uint64_t other_number(std::uint64_t value, std::mt19937& random) {
  constexpr std::int64_t kTelling[] = {
      0,     1,  2,  3,  4,  7,       8,       16,        31,        64,        255,
      65536, -1, -2, -3, -8, 1 << 20, 1 << 30, INT32_MAX, 1LL << 33, INT64_MAX, INT64_MIN};
  switch (below(random, 4)) {
    case 0:
      return value + 1;
    case 1:
      return value - 1;
    case 2:
      return value ^ (std::uint64_t{1} << below(random, 64));
    default:
      return static_cast<std::uint64_t>(kTelling[below(random, std::size(kTelling))]);
  }
}

void change_value(const Place& place, const std::vector<Place>& all, std::mt19937& random) {
  Field& field = place.field();
  if (field.wire != 2) {
    field.value = other_number(field.value, random);
    return;
  }
  if (below(random, 2) == 0) {  // another name or text of the file
    const Field& other = all[below(random, all.size())].field();
    if (other.wire == 2 && other.message == 0) field.text = std::string(other.text);
    return;
  }
  std::string text = field.text;
  const std::size_t room = text.size() + 16;
  const std::size_t size = text.size();
  text.resize(room);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, room));
  field.text = text;
}

}  // namespace

OnnxTree::OnnxTree(const std::uint8_t* data, std::size_t size) {
  root_.message = 'M';
  const std::uint8_t* at = data;
  read_fields(at, data + size, 0, root_);
  rest_.assign(reinterpret_cast<const char*>(at), static_cast<std::size_t>(data + size - at));
}

std::string OnnxTree::bytes() const {
  std::string out;
  write_fields(root_, out);
  return out + rest_;
}

void OnnxTree::mutate(std::mt19937& random) {
  const std::vector<Place> all = places(root_);
  if (all.empty()) return;
  const Place place = all[below(random, all.size())];
  std::vector<Field>& siblings = place.parent->children;
  const auto at = siblings.begin() + static_cast<std::ptrdiff_t>(place.index);
  switch (below(random, 8)) {
    case 0:
      siblings.erase(at);
      break;
    case 1:
      siblings.insert(at, Field(*at));
      break;
    case 2:
      std::swap(*at, siblings[below(random, siblings.size())]);
      break;
    case 3:
      at->number = static_cast<int>(1 + below(random, 26));
      break;
    default:
      if (at->message == 0) change_value(place, all, random);
  }
}

void OnnxTree::take_from(OnnxTree& other, std::mt19937& random) {
  const std::vector<Place> mine = places(root_), theirs = places(other.root_);
  if (mine.empty() || theirs.empty()) return;
  // A field of a message of the same sort, put beside or in place of one of ours.
  const Place from = theirs[below(random, theirs.size())];
  std::vector<Place> fitting;
  for (const Place& place : mine)
    if (place.parent->message == from.parent->message) fitting.push_back(place);
  if (fitting.empty()) return;
  const Place to = fitting[below(random, fitting.size())];
  if (below(random, 2) == 0)
    to.parent->children.insert(to.parent->children.begin() + static_cast<std::ptrdiff_t>(to.index),
                               Field(from.field()));
  else
    to.field() = Field(from.field());
}

}  // namespace neuralpower
