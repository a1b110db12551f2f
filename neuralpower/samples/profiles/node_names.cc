// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/node_names.h"

#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

// "a/MatMul_1/MatmulTransposeFusion//MatMulScaleFusion/" is "a/MatMul_1".
std::string_view without_fusions(std::string_view name) {
  while (true) {
    while (name.ends_with('/')) name.remove_suffix(1);
    const std::size_t slash = name.rfind('/');
    if (slash == std::string_view::npos) return name;
    const std::string_view last = name.substr(slash + 1);
    if (last.find("Fusion") == std::string_view::npos) return name;
    name.remove_suffix(last.size());
  }
}

std::string_view without_suffix(std::string_view name, std::string_view suffix) {
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

std::string_view without_token(std::string_view name) {
  const std::size_t at = name.rfind("_token_");
  return at != std::string_view::npos && parse_int(name.substr(at + 7)) ? name.substr(0, at) : name;
}

}  // namespace

std::vector<std::string> possible_names(std::string_view name) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view one) {
    if (!one.empty() && (names.empty() || names.back() != one)) names.emplace_back(one);
  };
  add(name);
  const std::string_view plain = without_token(name);
  add(plain);
  add(without_suffix(plain, "_nchwc"));
  add(without_suffix(without_suffix(plain, "_nchwc"), "_bn"));
  add(without_fusions(plain));
  return names;
}

}  // namespace neuralpower
