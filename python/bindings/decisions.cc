// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/decide/rank.h"
#include "neuralpower/report/rank_report.h"
#include "python/bindings/bindings.h"

namespace neuralpower::python {
namespace {

// Limits in ms, W and J an item.
std::string rank_to_json(std::vector<Candidate> candidates, const std::vector<double>& alphas,
                         std::optional<double> latency_ms, std::optional<double> power_w,
                         std::optional<double> energy_j) {
  RankOptions options;
  options.alphas = alphas;
  if (latency_ms) options.limits.latency = milliseconds(*latency_ms);
  if (power_w) options.limits.power = Watts(*power_w);
  if (energy_j) options.limits.energy_per_item = Joules(*energy_j);
  RenderOptions json;
  json.format = OutputFormat::kJson;
  return render_ranking(rank(std::move(candidates), options), json);
}

}  // namespace

void bind_decisions(py::module_& module) {
  py::class_<Candidate>(module, "Candidate");
  module.def(
      "read_candidates", [](const std::string& file) { return read_candidates_csv(file); },
      py::arg("file"));
  module.def(
      "candidate",
      [](const NetworkPrediction& prediction, const std::string& name, double error) {
        return to_candidate(prediction, name, checked_error_rate(error));
      },
      py::arg("prediction"), py::arg("name"), py::arg("error"));
  module.def("rank", &rank_to_json, py::arg("candidates"), py::arg("alphas"),
             py::arg("max_latency_ms"), py::arg("max_power_w"), py::arg("max_energy_j"),
             py::call_guard<py::gil_scoped_release>());
}

}  // namespace neuralpower::python
