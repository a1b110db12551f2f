// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/cross_validation.h"

#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/samples/origin.h"

namespace neuralpower {

Evaluation cross_validate(const std::vector<Sample>& samples, const CrossValidateOptions& options,
                          const TrainProgress& progress) {
  if (!options.train.mixed) expect_one_origin(samples);
  return cross_validate_method(samples, options, progress);
}

}  // namespace neuralpower
