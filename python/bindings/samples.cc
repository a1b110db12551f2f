// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <sstream>

#include "neuralpower/api/inputs.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/samples/origin.h"
#include "neuralpower/samples/samples_csv.h"
#include "python/bindings/bindings.h"

namespace neuralpower::python {
namespace {

template <typename Get>
py::array_t<double> column(const Samples& samples, const Get& get) {
  py::array_t<double> out(static_cast<py::ssize_t>(samples.rows.size()));
  double* next = out.mutable_data();
  for (const Sample& s : samples.rows) *next++ = get(s);
  return out;
}

template <typename Get>
std::vector<std::string> texts(const Samples& samples, const Get& get) {
  std::vector<std::string> out;
  for (const Sample& s : samples.rows) out.push_back(get(s));
  return out;
}

py::dict columns(const Samples& samples) {
  py::dict out;
  out["layer"] = texts(samples, [](const Sample& s) { return format_layer(s.layer); });
  out["runtime_ms"] = column(samples, [](const Sample& s) { return in_milliseconds(s.runtime); });
  out["power_w"] =
      column(samples, [](const Sample& s) { return s.power ? s.power->value() : std::nan(""); });
  out["energy_j"] =
      column(samples, [](const Sample& s) { return s.energy ? s.energy->value() : std::nan(""); });
  out["network"] = texts(samples, [](const Sample& s) { return s.network; });
  out["name"] = texts(samples, [](const Sample& s) { return s.name; });
  std::vector<int> position, repetition;
  for (const Sample& s : samples.rows) {
    position.push_back(s.position);
    repetition.push_back(s.repetition);
  }
  out["position"] = py::array_t<int>(static_cast<py::ssize_t>(position.size()), position.data());
  out["repetition"] =
      py::array_t<int>(static_cast<py::ssize_t>(repetition.size()), repetition.data());
  out["device"] = texts(samples, [](const Sample& s) { return s.device; });
  out["software"] = texts(samples, [](const Sample& s) { return s.software; });
  return out;
}

std::string to_csv(const Samples& samples) {
  std::ostringstream text;
  write_samples_csv(text, samples.rows);
  return text.str();
}

}  // namespace

void bind_samples(py::module_& module) {
  py::class_<Samples>(module, "Samples")
      .def("columns", &columns)
      .def(
          "only",
          [](const Samples& s, const std::string& device, const std::string& software) {
            return Samples{samples_of(s.rows, device, software)};
          },
          py::arg("device"), py::arg("software"), py::call_guard<py::gil_scoped_release>())
      .def("to_csv", &to_csv, py::call_guard<py::gil_scoped_release>())
      .def("__len__", [](const Samples& s) { return s.rows.size(); });
  module.def(
      "read_samples",
      [](const std::vector<std::string>& files) { return Samples{read_samples(files)}; },
      py::arg("files"), py::call_guard<py::gil_scoped_release>());
}

}  // namespace neuralpower::python
