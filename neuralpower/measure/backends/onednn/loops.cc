// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/loops.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace neuralpower::onednn {
namespace {

void multiply(const plain::Product& p) {
  dnnl::error::wrap_c_api(dnnl_sgemm('N', p.transpose_b ? 'T' : 'N', p.m, p.n, p.k, 1.0f, p.a, p.k,
                                     p.b, p.transpose_b ? p.k : p.n, p.beta, p.c, p.n),
                          "a product by dnnl_sgemm failed");
}

}  // namespace

std::optional<plain::Kernel> loops_instead(const LayerConfig& config, const std::string& reason) {
  if (std::holds_alternative<Convolution>(config.op) ||
      std::holds_alternative<TransposedConvolution>(config.op) ||
      std::holds_alternative<FullyConnected>(config.op))
    return std::nullopt;
  auto made = plain::make_kernel(config, &multiply, "dnnl_sgemm");
  auto* kernel = std::get_if<plain::Kernel>(&made);
  if (!kernel) return std::nullopt;
  kernel->implementation += " (" + reason + ")";
  return std::move(*kernel);
}

}  // namespace neuralpower::onednn
