// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/published_terms.h"

#include <functional>

#include "neuralpower/base/text.h"

namespace neuralpower {
namespace {

using Names = std::vector<std::string>;

struct PublishedRow {
  std::string_view key;
  Names base;
  int runtime_degree, power_degree;
  bool logarithms_in_power;
  Names runtime_special, power_special;
};

const std::vector<PublishedRow>& published_rows() {
  static const Names conv_special = {
      "Ho*Wo*Co*kh*kw*Ci", "N*Ho*Wo*Co*kh*kw*Ci", "N*Ho*Wo*kh*kw*Ci", "N*Ho*Wo*Co",
      "kh*kw*Ci*Co",       "N*Hi*Wi*Ci",          "N*Wi*Ci",          "N*Hi*Ci"};
  static const Names pool_special = {"N*Ho*Wo*C*kh*kw", "N*Ho*Wo*C", "N*Hi*Wi*C"};
  static const Names concat_special = {"N*H*W*C", "N*H*W*c1", "N*H*W*c2", "N*H*W*c3", "N*H*W*c4"};
  static const Names dropout_special = {"keep*N*H*W*C", "N*H*W*C"};
  static const Names fc_special = {"N*Co*Hi*Wi*Ci"};
  static const std::vector<PublishedRow> rows = {
      {"conv", {"N", "Ho", "Wo", "kw", "Ci", "Co", "Hi"}, 3, 2, true, conv_special, conv_special},
      {"fc", {"N", "Co", "Hi", "Wi", "Ci"}, 2, 2, true, fc_special, {}},
      {"pool", {"N", "Ho", "Wo", "C", "kh", "Hi"}, 3, 2, true, pool_special, pool_special},
      {"norm", {"N", "Ho", "Wo", "C", "kh", "Hi"}, 3, 2, true, pool_special, pool_special},
      {"concat",
       {"N", "H", "W", "C", "c1", "c2", "c3", "c4", "c5", "c6"},
       1,
       2,
       false,
       concat_special,
       concat_special},
      {"dropout", {"keep", "N", "H", "W", "C"}, 1, 1, false, dropout_special, dropout_special},
      {"", {"N", "H", "W", "C"}, 2, 2, true, {"N*H*W*C"}, {"N*H*W*C"}},  // every other kind
  };
  return rows;
}

const PublishedRow& row_for(std::string_view key) {
  std::string_view kind = split(key, '.').front();
  if (kind == "deconv") kind = "conv";
  for (const PublishedRow& row : published_rows())
    if (row.key == kind) return row;
  return published_rows().back();
}

// All monomials of total degree 1..degree, as products of powers; lower degrees first.
Names monomials(const Names& features, int degree) {
  Names names;
  std::vector<int> exponents(features.size(), 0);
  const std::function<void(std::size_t, int)> place = [&](std::size_t at, int left) {
    if (at + 1 == features.size()) {
      exponents[at] = left;
      std::string name;
      for (std::size_t i = 0; i < features.size(); ++i) {
        if (exponents[i] == 0) continue;
        name += (name.empty() ? "" : "*") + features[i];
        if (exponents[i] > 1) name += "^" + std::to_string(exponents[i]);
      }
      names.push_back(std::move(name));
      return;
    }
    for (int e = left; e >= 0; --e) {
      exponents[at] = e;
      place(at + 1, left - e);
    }
  };
  for (int d = 1; d <= degree; ++d) place(0, d);
  return names;
}

}  // namespace

int published_degree(std::string_view key, Target target) {
  const PublishedRow& row = row_for(key);
  return target == Target::kRuntime ? row.runtime_degree : row.power_degree;
}

std::vector<std::string> published_terms(std::string_view key, Target target, int degree) {
  const PublishedRow& row = row_for(key);
  Names features = row.base;
  const bool power = target != Target::kRuntime;
  if (power && row.logarithms_in_power)
    for (const std::string& name : row.base) features.push_back("log2(" + name + ")");
  Names terms = monomials(features, degree);
  const Names& special = power ? row.power_special : row.runtime_special;
  terms.insert(terms.end(), special.begin(), special.end());
  return terms;
}

}  // namespace neuralpower
