// SPDX-License-Identifier: Apache-2.0
// Results as figures (svg_plot.h).
#pragma once

#include <map>
#include <string>

#include "neuralpower/decide/degree_errors.h"
#include "neuralpower/decide/rank.h"
#include "neuralpower/decide/reproduce.h"
#include "neuralpower/decide/search.h"
#include "neuralpower/features/target.h"
#include "neuralpower/model/training/evaluation.h"

namespace neuralpower {

// Error against energy an item, the Pareto front as a line.
std::string ranking_figure(const Ranking& ranking);

// The front of a search in its first two objectives.
std::string search_figure(const Space& space, const SearchResult& result,
                          const SearchOptions& options);

// Held-out layers of a cross-validation, predicted against measured on logarithmic axes, a colour a
// kind of layer. Of kinds with many layers every n-th is drawn.
std::string held_out_figure(const Evaluation& evaluation, Target target);

// By file name: for each network of a reproduction runtime and power of its layers, predicted,
// measured and Paleo's (the paper's figures 4 and 5); whole networks, predicted against measured;
// and errors of layer kinds beside the published ones.
std::map<std::string, std::string> reproduction_figures(const Reproduction& published,
                                                        const Reproduction& own);

// Held-out error against the polynomial's degree, a line a key (figure 3 of the paper).
std::map<std::string, std::string> degree_figures(const std::vector<DegreeError>& errors,
                                                  const std::string& device);

}  // namespace neuralpower
