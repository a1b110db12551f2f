// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/model/methods/method.h"

namespace neuralpower {
namespace {

constexpr Method kMethods[] = {
    {"neuralpower", "the default: a sum of physical terms times a sparse correction",
     fit_neuralpower, true},
    {"neuralpower-2017",
     "the published method: polynomials, Lasso, ten-fold cross-validation (Cai et al. 2017)",
     fit_published},
    {"layer-type", "one feature per layer type, linear (Rodrigues et al. 2020, complexity 1)",
     fit_layer_type},
    {"individual-layer", "a layer's own hyper-parameters, sparse linear (Rodrigues et al. 2020)",
     fit_individual_layer},
    {"macs", "a constant rate of multiply-accumulates, constant power", fit_macs},
    {"roofline", "operations at peak or bytes at bandwidth, constant power (Williams et al. 2009)",
     fit_roofline},
    {"paleo", "operations at one rate plus bytes at another, both fitted (Qi et al. 2017)",
     fit_paleo},
};

}  // namespace

std::span<const Method> methods() { return kMethods; }

const Method& find_method(std::string_view name) {
  std::vector<std::string> names;
  std::string list;
  for (const Method& method : kMethods) {
    if (method.name == name) return method;
    names.emplace_back(method.name);
    list += (list.empty() ? "" : ", ") + std::string(method.name);
  }
  const auto near = closest_word(name, names);
  throw usage_error("'" + std::string(name) + "' is not a method" +
                    (near ? "; did you mean '" + *near + "'?" : "; there are " + list));
}

std::vector<double> evaluate_terms(std::span<const Term> terms, const MatrixView& features) {
  std::vector<double> columns(features.rows * terms.size());
  for (std::size_t i = 0; i < features.rows; ++i)
    for (std::size_t j = 0; j < terms.size(); ++j)
      columns[i * terms.size() + j] = terms[j].evaluate({features.row(i), features.cols});
  return columns;
}

}  // namespace neuralpower
