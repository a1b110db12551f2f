// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/backends/backends.h"

#include <array>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#ifdef NEURALPOWER_HAVE_ONEDNN
#include "neuralpower/measure/backends/onednn/onednn_backend.h"
#endif

namespace neuralpower {
namespace {

#ifdef NEURALPOWER_HAVE_ONEDNN
constexpr auto kMakeOnednn = &make_onednn_backend;
#else
constexpr std::unique_ptr<Backend> (*kMakeOnednn)(const BackendOptions&) = nullptr;
#endif

constexpr std::array<BackendRow, 1> kBackends = {{
    {"onednn", "CPU, oneDNN: f32 and bf16, blocked layouts, as in PyTorch and OpenVINO",
     kMakeOnednn, "oneDNN with OpenMP (Debian: libdnnl-dev)"},
}};

}  // namespace

std::span<const BackendRow> backends() { return kBackends; }

std::unique_ptr<Backend> make_backend(std::string_view name, const BackendOptions& options) {
  std::vector<std::string> names;
  for (const BackendRow& row : kBackends) {
    if (row.name == name) {
      if (row.make) return row.make(options);
      throw environment_error("this program was built without the back-end " + std::string(name) +
                              "; building it needs " + std::string(row.missing));
    }
    names.emplace_back(row.name);
  }
  const auto near = closest_word(name, names);
  throw usage_error("no back-end '" + std::string(name) + "'; " +
                    (near ? "did you mean '" + *near + "'?" : "see 'neuralpower backends'"));
}

}  // namespace neuralpower
