// SPDX-License-Identifier: Apache-2.0
// Space: a set of architectures as text: a layer list with choices. docs/search.md describes the
// format to its users.
//
//   choose width = 16 32 64            a parameter; $width stands for what is chosen
//   choose kernel = 1..7/2             from 1 to 7 in steps of 2
//   require $kernel * $kernel <= $width      products of parameters and numbers, compared
//   image: input batch=1 in=3x32x32    input batch=$n in=3x$sizex$size works as well
//   conv out=$width kernel=$kernel pad=same
//   repeat 1..4 depth                  so many times; `depth` becomes a parameter itself
//     choose wide = 64 128             of each repetition by itself: wide.1, wide.2, ...
//     a: conv out=$wide kernel=3 pad=1
//     add <- a, before                 `before` is what entered the repetition
//   end
//   edge: conv out=16 kernel=3 pad=1 | pool mode=avg kernel=3 pad=1 | skip | none
//   fc out=10
//
// Lines are those of a layer list (importers/layers/layer_list.h) without `batch=` and `in=`:
// each reads the line before, or what stands behind `<-` (behind all alternatives). A line with
// `|` is a parameter of the line's name, its alternatives the choices: `skip` hands its input on,
// `none` gives nothing, and a layer that reads nothing gives nothing, except that add, mul and
// concat leave it out. pad=same pads so that stride 1 keeps the size (odd kernels).
//
// An architecture is one choice per parameter, a number from 0 for each; parameters of repetitions
// that are not made are 0. Architectures are enumerated with the last parameter fastest. What
// cannot be built (a kernel larger than its input) or leads nowhere is no part of the space.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neuralpower {

// Something counts only if a repetition is made often enough: if the choice of parameter `of` (-1:
// always there) is at least the `at_least`-th.
struct Presence {
  int of = -1;
  std::int64_t at_least = 0;
};

struct SpaceParameter {
  std::string name;
  std::vector<std::string> choices;
  std::vector<double> numbers;  // the choices as numbers; empty if one of them is none
  Presence presence;
};

// `repeat`: parameter `of` says how often; `each` parameters for each repetition follow it.
struct RepeatBlock {
  int of = 0, each = 0;
  std::int64_t low = 0, high = 0;
};

struct SpaceLine {
  std::string name;                       // empty: none
  std::size_t number = 0;                 // in the file
  std::vector<std::string> alternatives;  // layer text with ${index of parameter}; "skip", "none"
  int alternative_parameter = -1;
  std::vector<int> inputs;      // lines it reads; empty: what the line before gives
  std::vector<int> parameters;  // that its text depends on
  Presence presence;
  bool is_input = false;
};

struct Requirement {
  enum class Relation { kLessEqual, kGreaterEqual, kEqual, kNotEqual, kLess, kGreater };
  struct Side {
    double factor = 1;
    std::vector<int> parameters;
  };
  Side left, right;
  Relation relation = Relation::kLessEqual;
  Presence presence;
};

using Architecture = std::vector<std::uint8_t>;  // one choice per parameter

struct Space {
  std::string name;
  std::vector<SpaceParameter> parameters;
  std::vector<RepeatBlock> repetitions;
  std::vector<SpaceLine> lines;  // repetitions unrolled
  std::vector<Requirement> requirements;

  // The number of architectures, requirements not asked; nothing if it exceeds 2^63.
  std::optional<std::uint64_t> count() const;
  double log10_count() const;

  // The `index`-th, in the order of enumeration.
  Architecture at(std::uint64_t index) const;
  // The one after `a`; false, and the first, after the last.
  bool advance(Architecture& a) const;
  // Sets the parameters of repetitions that are not made to 0.
  void make_canonical(Architecture& a) const;
  // True if all requirements hold.
  bool allows(const Architecture& a) const;
};

// Error (bad input) naming the line.
Space parse_space(std::string_view text, std::string_view name);
Space load_space(const std::filesystem::path& file);

bool is_made(const Presence& presence, const Architecture& architecture);

// "width=32 kernel=3 ..." of the parameters that count.
std::string describe(const Space& space, const Architecture& architecture);

// The text of a line for this architecture: its alternative with all choices filled in.
std::string line_text(const Space& space, const SpaceLine& line, const Architecture& architecture);

}  // namespace neuralpower
