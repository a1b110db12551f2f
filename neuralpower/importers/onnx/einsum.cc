// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/importers/onnx/einsum.h"

#include <algorithm>
#include <array>
#include <protozero/pbf_writer.hpp>
#include <utility>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower::onnx {
namespace {

constexpr std::string_view kEllipsis = "...";

bool is_label(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool has_ellipsis(std::string_view term) { return term.find(kEllipsis) != std::string_view::npos; }

// AttributeProto: the equation of one product.
std::string equation_attribute(const std::string& equation) {
  std::string bytes;
  protozero::pbf_writer out(bytes);
  out.add_string(1, "equation");
  out.add_string(4, equation);
  out.add_int32(20, 3);
  return bytes;
}

}  // namespace

std::string explicit_equation(std::string_view equation) {
  std::string text(equation);
  if (text.find("->") != std::string::npos) return text;
  std::array<int, 128> count{};
  for (const char c : equation)
    if (is_label(c)) ++count[static_cast<std::size_t>(c)];
  text += "->";
  if (has_ellipsis(equation)) text += kEllipsis;
  for (std::size_t c = 0; c < count.size(); ++c)
    if (count[c] == 1) text += static_cast<char>(c);
  return text;
}

EinsumChain::EinsumChain(std::string_view equation, std::size_t operands) {
  const std::string whole = explicit_equation(equation);
  const std::size_t arrow = whole.find("->");
  const std::string_view result = std::string_view(whole).substr(arrow + 2);
  const auto terms = split(std::string_view(whole).substr(0, arrow), ',');
  if (terms.size() != operands || operands < 2)
    throw bad_input("Einsum has " + std::to_string(operands) + " operands, but its equation " +
                    std::to_string(terms.size()));
  std::array<std::size_t, 128> last_use{};
  const auto use = [&](std::string_view term, std::size_t at) {
    for (const char c : term)
      if (is_label(c)) last_use[static_cast<std::size_t>(c)] = at;
  };
  for (std::size_t i = 0; i < terms.size(); ++i) use(terms[i], i);
  use(result, terms.size());

  function_.name = "Einsum";
  function_.opsets = {{"", 12}};
  for (std::size_t i = 0; i < terms.size(); ++i)
    function_.inputs.push_back(keep("x" + std::to_string(i)));
  std::string product(terms[0]);
  std::string_view read = function_.inputs[0];
  for (std::size_t i = 1; i < terms.size(); ++i) {
    const bool is_last = i + 1 == terms.size();
    std::string next =
        has_ellipsis(product) || has_ellipsis(terms[i]) ? std::string(kEllipsis) : "";
    for (const char c : product + std::string(terms[i]))
      if (is_label(c) && last_use[static_cast<std::size_t>(c)] > i &&
          next.find(c) == std::string::npos)
        next += c;
    if (is_last) next = result;
    NodeProto node;
    node.op = "Einsum";
    node.inputs = {read, function_.inputs[i]};
    node.attributes = {
        keep(equation_attribute(product + "," + std::string(terms[i]) + "->" + next))};
    read = keep("y" + std::to_string(i));
    node.outputs = {read};
    function_.nodes.push_back(std::move(node));
    product = std::move(next);
  }
  function_.outputs = {read};
}

}  // namespace neuralpower::onnx
