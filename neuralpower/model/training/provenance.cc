// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/provenance.h"

#include <sha256.h>

#include <algorithm>
#include <array>
#include <set>

#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"

namespace neuralpower {
namespace {

std::set<std::size_t> features_used(const LayerModel& model) {
  std::set<std::size_t> used;
  if (model.base) used = features_used(*model.base);
  const auto names = feature_names(model.key, model.target, model.base != nullptr);
  const auto look_at = [&](const std::vector<WeightedTerm>& terms) {
    for (const WeightedTerm& t : terms) {
      const Term term = Term::parse(t.term, names, model.key);
      for (const TermNode& node : term.nodes())
        if (node.kind == TermNode::Kind::kFeature) used.insert(node.a);
    }
  };
  for (const Regime& regime : model.regimes) {
    look_at(regime.terms);
    look_at(regime.log_terms);
  }
  return used;
}

}  // namespace

std::vector<FeatureRange> training_ranges(const LayerModel& model,
                                          std::span<const double> features) {
  std::vector<FeatureRange> ranges;
  const auto names = feature_names(model.key);
  for (const std::size_t j : features_used(model)) {
    if (j >= names.size()) continue;  // the predicted runtime or the base
    FeatureRange range{std::string(names[j]), features[j], features[j]};
    for (std::size_t at = j; at < features.size(); at += names.size()) {
      range.low = std::min(range.low, features[at]);
      range.high = std::max(range.high, features[at]);
    }
    ranges.push_back(std::move(range));
  }
  return ranges;
}

std::string sample_line(const ReducedSample& row) {
  return row.text + "," + format_double(row.runtime.value()) + "," +
         (row.power ? format_double(row.power->value()) : "") + "\n";
}

std::string lines_sha256(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  SHA2_CTX context;
  SHA256Init(&context);
  for (const std::string& line : lines)
    SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(line.data()), line.size());
  std::array<char, SHA256_DIGEST_STRING_LENGTH> digest{};
  SHA256End(&context, digest.data());
  return digest.data();
}

}  // namespace neuralpower
