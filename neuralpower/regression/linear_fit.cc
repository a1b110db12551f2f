// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/regression/linear_fit.h"

#include "neuralpower/regression/lasso_path.h"

namespace neuralpower {

LinearFit fit_linear(const Moments& moments, const LinearFitOptions& options, std::size_t target) {
  PathOptions path_options;
  path_options.lambdas = {options.ridge};
  path_options.l1_ratio = 0;
  path_options.non_negative = options.non_negative;
  path_options.intercept = options.intercept;
  LassoPath path = fit_lasso_path(moments, path_options, target);
  LinearFit fit;
  fit.coefficients = std::move(path.coefficients);
  fit.intercept = path.intercept.front();
  fit.mean_square = path.mean_square.front();
  return fit;
}

}  // namespace neuralpower
