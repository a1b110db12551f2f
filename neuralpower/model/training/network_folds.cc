// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/training/network_folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/model/training/train.h"

namespace neuralpower {
namespace {

struct Errors {
  std::vector<double> truth, predicted;
  double inside = 0;
};

std::string summary(const std::string& target, const Errors& errors) {
  std::vector<double> relative;
  for (std::size_t i = 0; i < errors.truth.size(); ++i)
    relative.push_back(100 * std::abs(errors.predicted[i] / errors.truth[i] - 1));
  std::sort(relative.begin(), relative.end());
  const std::size_t half = relative.size() / 2;
  const double median =
      relative.size() % 2 == 1 ? relative[half] : (relative[half - 1] + relative[half]) / 2;
  const auto within = std::upper_bound(relative.begin(), relative.end(), 25.0) - relative.begin();
  return fmt::format(
      "{} of {} networks, each predicted from the others: median error {:.1f} %, {:.0f} % of them "
      "within 25 %",
      target, relative.size(), median,
      100.0 * static_cast<double>(within) / static_cast<double>(relative.size()));
}

}  // namespace

void leave_networks_out(Evaluation& evaluation, const std::vector<Sample>& samples,
                        const std::vector<NetworkSample>& networks, const TrainOptions& options,
                        const TrainProgress& progress) {
  std::set<std::string> names;
  for (const NetworkSample& network : networks)
    if (std::any_of(samples.begin(), samples.end(),
                    [&](const Sample& s) { return s.network == network.network; }))
      names.insert(network.network);
  if (names.size() < 2)
    throw bad_input("leaving networks out needs samples and whole runs of at least two networks");
  std::map<std::string, Errors> errors;
  double done = 0;
  for (const std::string& name : names) {
    if (progress) progress(done++ / static_cast<double>(names.size()), "without " + name);
    std::vector<Sample> training, held_out;
    for (const Sample& s : samples) (s.network == name ? held_out : training).push_back(s);
    std::vector<NetworkSample> whole;
    for (const NetworkSample& n : networks)
      if (n.network == name) whole.push_back(n);
    const Predictor predictor(train_device_model(training, options));
    const Evaluation one = evaluate(predictor, held_out, whole, {});
    for (const auto& [target, rows] : one.network_rows)
      for (const NetworkRow& row : rows) {
        evaluation.network_rows[target].push_back(row);
        if (row.measured <= 0) continue;
        errors[target].truth.push_back(row.measured);
        errors[target].predicted.push_back(row.predicted);
        if (const auto found = one.networks.find(target); found != one.networks.end())
          errors[target].inside += found->second.coverage;
      }
  }
  for (const auto& [target, e] : errors) {
    ErrorRow row;
    row.metrics = error_metrics(e.truth, e.predicted);
    row.coverage = e.inside / static_cast<double>(e.truth.size());
    evaluation.networks[target] = row;
    evaluation.notes.push_back(summary(target, e));
  }
}

}  // namespace neuralpower
