// SPDX-License-Identifier: Apache-2.0
// The text of a space, read.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/decide/space.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

constexpr std::size_t kMaxChoices = 255;  // an Architecture has a byte for each
constexpr std::int64_t kMaxRepetitions = 64;
constexpr std::size_t kMaxLines = 100'000;               // of repetitions unrolled
constexpr std::size_t kMaxText = std::size_t{64} << 20;  // of their alternatives, in bytes
constexpr std::size_t kMaxParameters = 20'000;
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

struct SourceLine {
  std::size_t number = 0;
  std::string text;
};

class SpaceParser {
 public:
  SpaceParser(std::string_view text, std::string_view name) {
    space_.name = name;
    std::size_t number = 0;
    for (std::string_view line : split(text, '\n')) {
      ++number;
      line = trim(line.substr(0, line.find('#')));
      if (!line.empty()) source_.push_back({number, std::string(line)});
    }
  }

  Space parse() {
    for (std::size_t i = 0; i < source_.size(); ++i) {
      if (word(source_[i].text, 0) == "repeat") {
        i = parse_repetition(i);
      } else {
        parse_line(source_[i], {}, "");
      }
    }
    if (std::none_of(space_.lines.begin(), space_.lines.end(),
                     [](const SpaceLine& line) { return line.is_input; }))
      throw bad_input("has no input line, such as 'image: input batch=1 in=3x32x32'");
    for (const SpaceLine& line : space_.lines) check_spellings(line);
    return std::move(space_);
  }

 private:
  static std::string word(const std::string& text, std::size_t index) {
    const auto words = split_blanks(text);
    return index < words.size() ? std::string(words[index]) : std::string();
  }

  static Error wrong(const SourceLine& line, const std::string& what) {
    return bad_input(what).in_node(fmt::format("line {}", line.number));
  }

  // A misspelt key is no architecture that cannot be built: every alternative is read with every
  // choice, the other parameters having their first.
  void check_spellings(const SpaceLine& line) const {
    if (line.is_input) return;
    Architecture a(space_.parameters.size(), 0);
    check_spelling_of(line, a);
    for (const int p : line.parameters) {
      const auto parameter = static_cast<std::size_t>(p);
      for (std::size_t c = 1; c < space_.parameters[parameter].choices.size(); ++c) {
        a[parameter] = static_cast<std::uint8_t>(c);
        check_spelling_of(line, a);
      }
      a[parameter] = 0;
    }
  }
  void check_spelling_of(const SpaceLine& line, const Architecture& a) const {
    const std::string text = line_text(space_, line, a);
    if (text == "skip" || text == "none") return;
    std::string known;
    for (std::string_view word : split_blanks(std::string_view(text).substr(0, text.find("->"))))
      if (word != "pad=same" && !word.starts_with("params=")) known += std::string(word) + " ";
    try {
      check_spelling(known);
    } catch (Error& error) {
      throw error.in_node(fmt::format("line {}", line.number));
    }
  }

  // Unrolls `repeat A..B NAME` to its end; the index of the end line.
  std::size_t parse_repetition(std::size_t at) {
    const SourceLine& head = source_[at];
    const auto words = split_blanks(head.text);
    std::optional<std::int64_t> low, high;
    if (words.size() == 3) {
      const std::size_t dots = words[1].find("..");
      low = parse_int(words[1].substr(0, dots));
      high = dots == std::string_view::npos ? low : parse_int(words[1].substr(dots + 2));
    }
    if (!low || !high || *low < 0 || *high < *low || *high > kMaxRepetitions)
      throw wrong(head, fmt::format("'{}' is not 'repeat 1..4 NAME', with at most {} times",
                                    printable(head.text), kMaxRepetitions));
    std::size_t end = at + 1;
    while (end < source_.size() && word(source_[end].text, 0) != "end") {
      if (word(source_[end].text, 0) == "repeat")
        throw wrong(source_[end], "a repetition inside a repetition");
      ++end;
    }
    if (end == source_.size()) throw wrong(head, "has no 'end'");
    std::vector<std::string> counts;
    for (std::int64_t n = *low; n <= *high; ++n) counts.push_back(std::to_string(n));
    const int of = add_parameter(head, std::string(words[2]), counts, {});
    const auto parameters = [&] { return static_cast<int>(space_.parameters.size()); };
    for (std::int64_t n = 1; n <= *high; ++n) {
      const std::string suffix = fmt::format(".{}", n);
      const Presence presence{of, n - *low};
      SpaceLine before;
      before.name = "before" + suffix;
      before.number = head.number;
      before.alternatives = {"skip"};
      before.presence = presence;
      add_line(head, std::move(before));
      for (std::size_t i = at + 1; i < end; ++i) parse_line(source_[i], presence, suffix);
    }
    const int made = parameters() - of - 1;
    space_.repetitions.push_back({of, *high > 0 ? made / static_cast<int>(*high) : 0, *low, *high});
    return end;
  }

  int add_parameter(const SourceLine& line, const std::string& name,
                    std::vector<std::string> choices, Presence presence) {
    if (name.empty() || !std::all_of(name.begin(), name.end(),
                                     [](char c) { return is_name_character(c) || c == '.'; }))
      throw wrong(line, fmt::format("'{}' is no name of letters, digits and _", printable(name)));
    if (choices.empty() || choices.size() > kMaxChoices)
      throw wrong(line, fmt::format("'{}' has {} choices; it must have 1 to {}", name,
                                    choices.size(), kMaxChoices));
    if (std::set<std::string>(choices.begin(), choices.end()).size() != choices.size())
      throw wrong(line, fmt::format("'{}' has the same choice twice", name));
    if (space_.parameters.size() == kMaxParameters)
      throw wrong(line,
                  fmt::format("more than {} parameters, repetitions counted", kMaxParameters));
    const int index = static_cast<int>(space_.parameters.size());
    longest_name_ = std::max(longest_name_, name.size());
    if (!parameter_of_.emplace(name, index).second)
      throw wrong(line, fmt::format("'{}' is there already", name));
    std::vector<double> numbers;
    for (const std::string& choice : choices)
      if (const auto number = parse_double(choice)) numbers.push_back(*number);
    if (numbers.size() != choices.size()) numbers.clear();
    space_.parameters.push_back({name, std::move(choices), std::move(numbers), presence});
    return index;
  }

  void add_line(const SourceLine& source, SpaceLine line) {
    if (!line.name.empty() &&
        !line_of_.emplace(line.name, static_cast<int>(space_.lines.size())).second)
      throw wrong(source, fmt::format("a line '{}' is there already", printable(line.name)));
    if (space_.lines.size() >= kMaxLines)
      throw wrong(source, fmt::format("the repetitions make more than {} lines", kMaxLines));
    for (const std::string& text : line.alternatives) text_ += text.size();
    if (text_ > kMaxText)
      throw wrong(source, fmt::format("the repetitions make more than {} MiB", kMaxText >> 20));
    space_.lines.push_back(std::move(line));
  }

  int find(const std::map<std::string, int>& names, const SourceLine& line, const std::string& name,
           const std::string& suffix, const char* what) const {
    if (const auto own = names.find(name + suffix); own != names.end()) return own->second;
    if (const auto outer = names.find(name); outer != names.end()) return outer->second;
    throw wrong(line, fmt::format("there is no {} '{}' above it", what, printable(name)));
  }

  // $name becomes ${index}; the indices are gathered in `used`.
  std::string resolve(const SourceLine& line, std::string_view text, const std::string& suffix,
                      std::vector<int>& used) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$') {
        out += text[i];
        continue;
      }
      // The longest name that exists, so that $nx$m and 3x$sizex$size read as they are meant.
      std::size_t length = 0;
      while (i + 1 + length < text.size() && is_name_character(text[i + 1 + length])) ++length;
      const std::string_view whole = text.substr(i + 1, length);
      length = std::min(length, longest_name_);
      while (length > 0 &&
             !parameter_of_.contains(std::string(text.substr(i + 1, length)) + suffix) &&
             !parameter_of_.contains(std::string(text.substr(i + 1, length))))
        --length;
      if (length == 0)
        throw wrong(line, fmt::format("there is no parameter '{}' above it", printable(whole)));
      const int index =
          find(parameter_of_, line, std::string(text.substr(i + 1, length)), suffix, "parameter");
      if (std::find(used.begin(), used.end(), index) == used.end()) used.push_back(index);
      out += fmt::format("${{{}}}", index);
      i += length;
    }
    return out;
  }

  void parse_line(const SourceLine& line, Presence presence, const std::string& suffix) {
    const std::string first = word(line.text, 0);
    if (first == "choose") return parse_choose(line, presence, suffix);
    if (first == "require") return parse_require(line, presence, suffix);
    if (first == "end") throw wrong(line, "'end' without 'repeat'");
    SpaceLine layer;
    layer.number = line.number;
    layer.presence = presence;
    std::string_view rest = line.text;
    if (first.ends_with(':')) {
      layer.name = first.substr(0, first.size() - 1) + suffix;
      rest = trim(rest.substr(first.size()));
    }
    if (const std::size_t arrow = rest.find("<-"); arrow != std::string_view::npos) {
      for (std::string_view input : split(rest.substr(arrow + 2), ','))
        layer.inputs.push_back(find(line_of_, line, std::string(trim(input)), suffix, "line"));
      rest = trim(rest.substr(0, arrow));
    }
    for (std::string_view alternative : split(rest, '|')) {
      const std::string text = resolve(line, trim(alternative), suffix, layer.parameters);
      if (text.empty()) throw wrong(line, "an alternative is empty");
      layer.alternatives.push_back(text);
    }
    const auto is_input = [](const std::string& text) { return word(text, 0) == "input"; };
    layer.is_input = is_input(layer.alternatives.front());
    if (layer.alternatives.size() > 1) {
      if (std::any_of(layer.alternatives.begin(), layer.alternatives.end(), is_input))
        throw wrong(line, "an input has no alternatives; let parameters stand for its sizes");
      if (layer.name.empty())
        throw wrong(line, "a line with alternatives needs a name, such as 'edge: A | B'");
      std::vector<std::string> names;
      for (const std::string& text : layer.alternatives)
        names.push_back(std::to_string(names.size()) + ":" + word(text, 0));
      layer.alternative_parameter = add_parameter(line, layer.name, names, presence);
      layer.parameters.push_back(layer.alternative_parameter);
    }
    add_line(line, std::move(layer));
  }

  void parse_choose(const SourceLine& line, Presence presence, const std::string& suffix) {
    const auto words = split_blanks(line.text);
    if (words.size() < 4 || words[2] != "=")
      throw wrong(line, fmt::format("'{}' is not 'choose NAME = A B C'", printable(line.text)));
    std::vector<std::string> choices;
    for (std::size_t i = 3; i < words.size(); ++i) add_choices(line, words[i], choices);
    add_parameter(line, std::string(words[1]) + suffix, std::move(choices), presence);
  }

  // One choice, or 'A..B' or 'A..B/STEP' for whole numbers.
  static void add_choices(const SourceLine& line, std::string_view word,
                          std::vector<std::string>& choices) {
    const std::size_t dots = word.find("..");
    if (dots == std::string_view::npos) {
      choices.emplace_back(word);
      return;
    }
    const std::size_t slash = word.find('/', dots);
    const auto low = parse_int(word.substr(0, dots));
    const auto high = parse_int(word.substr(dots + 2, slash - std::min(slash, dots + 2)));
    const auto step = slash == std::string_view::npos ? std::optional<std::int64_t>(1)
                                                      : parse_int(word.substr(slash + 1));
    constexpr std::int64_t kLargest = 1'000'000'000'000;  // so that nothing below overflows
    if (!low || !high || !step || *step < 1 || *high < *low || *low < -kLargest ||
        *high > kLargest || *step > kLargest)
      throw wrong(line, fmt::format("'{}' is not 'A..B' or 'A..B/STEP'", printable(word)));
    if ((*high - *low) / *step >= static_cast<std::int64_t>(kMaxChoices))
      throw wrong(line, fmt::format("'{}' has {} choices; a parameter has at most {}", word,
                                    (*high - *low) / *step + 1, kMaxChoices));
    for (std::int64_t n = *low; n <= *high; n += *step) choices.push_back(std::to_string(n));
  }

  Requirement::Side parse_side(const SourceLine& line, std::string_view text,
                               const std::string& suffix) const {
    Requirement::Side side;
    for (std::string_view piece : split(text, '*')) {
      piece = trim(piece);
      if (piece.starts_with('$')) {
        const int index =
            find(parameter_of_, line, std::string(piece.substr(1)), suffix, "parameter");
        const SpaceParameter& parameter = space_.parameters[static_cast<std::size_t>(index)];
        if (parameter.numbers.empty())
          throw wrong(line, fmt::format("the choices of '{}' are not numbers", parameter.name));
        side.parameters.push_back(index);
      } else if (const auto number = parse_double(piece)) {
        side.factor *= *number;
      } else {
        throw wrong(line,
                    fmt::format("'{}' is neither a number nor a $parameter", printable(piece)));
      }
    }
    return side;
  }

  void parse_require(const SourceLine& line, Presence presence, const std::string& suffix) {
    using Relation = Requirement::Relation;
    // The longer first: "<=" begins with "<".
    static constexpr std::pair<std::string_view, Relation> kRelations[] = {
        {"<=", Relation::kLessEqual}, {">=", Relation::kGreaterEqual}, {"==", Relation::kEqual},
        {"!=", Relation::kNotEqual},  {"<", Relation::kLess},          {">", Relation::kGreater}};
    const std::string text = line.text.substr(word(line.text, 0).size());
    for (const auto& [symbol, relation] : kRelations) {
      const std::size_t at = text.find(symbol);
      if (at == std::string::npos) continue;
      Requirement requirement;
      requirement.relation = relation;
      requirement.presence = presence;
      requirement.left = parse_side(line, text.substr(0, at), suffix);
      requirement.right = parse_side(line, text.substr(at + symbol.size()), suffix);
      space_.requirements.push_back(std::move(requirement));
      return;
    }
    throw wrong(line, "has no comparison: <=, <, >=, >, == or !=");
  }

  Space space_;
  std::vector<SourceLine> source_;
  std::map<std::string, int> parameter_of_, line_of_;
  std::size_t longest_name_ = 0, text_ = 0;
};

}  // namespace

Space parse_space(std::string_view text, std::string_view name) {
  return SpaceParser(text, name).parse();
}

Space load_space(const std::filesystem::path& file) {
  try {
    return parse_space(read_file(file, kMaxBytes), file.stem().string());
  } catch (Error& error) {
    throw error.in_file(file.string());
  }
}

}  // namespace neuralpower
