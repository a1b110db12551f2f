// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, they are refused with an Error or read as samples that come back from
// the CSV written of them, as layers, or as measured networks.
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "neuralpower/samples/samples_csv.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuralpower;
  const MemoryFile file({reinterpret_cast<const char*>(data), size});
  refused_or([&] { read_layers_csv(file.path()); });
  refused_or([&] { read_networks_csv(file.path()); });
  refused_or([&] {
    const std::vector<Sample> samples = read_samples_csv(file.path());
    reduce_repetitions(samples);
    std::ostringstream out;
    write_samples_csv(out, samples);
    const MemoryFile again(out.view());
    try {
      if (read_samples_csv(again.path()).size() != samples.size()) std::abort();
    } catch (const Error&) {
      std::abort();  // what was read can be written and read again
    }
  });
  return 0;
}
