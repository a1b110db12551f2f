// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/onednn/memory.h"

#include <algorithm>

namespace neuralpower::onednn {

void fill(const dnnl::memory& memory, GaussianSource& data, float scale, bool positive,
          dnnl::stream& stream) {
  const dnnl::memory::desc layout = memory.get_desc();
  const dnnl::memory::desc plain = plain_layout(layout.dims());
  const std::size_t count = plain.get_size() / sizeof(float);
  if (layout == plain) {
    data.draw(static_cast<float*>(memory.get_data_handle()), count, scale, positive);
    return;
  }
  const Buffer staging(plain.get_size());
  data.draw(staging.floats(), count, scale, positive);
  dnnl::memory source(plain, stream.get_engine(), staging.data()), target = memory;
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
}

dnnl::memory::desc plain_layout(const dnnl::memory::dims& dims, dnnl::memory::data_type type) {
  dnnl::memory::dims strides(dims.size());
  dnnl::memory::dim stride = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<dnnl::memory::dim>(1, dims[i]);
  }
  return {dims, type, strides};
}

std::vector<float> plain_values(const dnnl::memory& memory, dnnl::stream& stream) {
  const dnnl::memory::desc plain = plain_layout(memory.get_desc().dims());
  std::vector<float> values(plain.get_size() / sizeof(float));
  dnnl::memory source = memory, target(plain, stream.get_engine(), values.data());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return values;
}

}  // namespace neuralpower::onednn
