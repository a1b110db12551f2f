// SPDX-License-Identifier: Apache-2.0
// Whether the errors in a formula's report were measured. A kind with too few samples for
// cross-validation has a formula, and zeros where its errors would stand; those are not errors of
// nothing. (Where every held-out row is met exactly, all of them are within 10 %.)
#pragma once

#include "neuralpower/model/layer_model.h"

namespace neuralpower {

inline bool has_held_out_errors(const FitReport& report) {
  return report.rmspe > 0 || report.within10 > 0;
}

}  // namespace neuralpower
