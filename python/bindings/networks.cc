// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "neuralpower/api/inputs.h"
#include "neuralpower/base/error.h"
#include "neuralpower/measure/sampling_plan.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/inspect_report.h"
#include "python/bindings/bindings.h"

namespace neuralpower::python {
namespace {

Network load(const std::string& file, std::optional<std::int64_t> batch,
             const std::map<std::string, std::vector<std::int64_t>>& shapes) {
  ImportOptions options;
  options.batch = batch;
  for (const auto& [name, sizes] : shapes) options.shapes[name] = Shape(sizes);
  return read_network(file, options);
}

Network from_layers(const std::vector<std::string>& texts, const std::string& name,
                    const std::vector<std::string>& names) {
  std::vector<LayerConfig> layers;
  for (const std::string& text : texts) layers.push_back(parse_layer(text));
  return network_of_layers(name, layers, names);
}

std::string to_json(const Network& network) {
  RenderOptions options;
  options.format = OutputFormat::kJson;
  std::ostringstream text;
  write_network(text, {network, {}, {}}, options);
  return text.str();
}

std::vector<std::string> texts_of(const std::vector<LayerConfig>& layers) {
  std::vector<std::string> texts;
  for (const LayerConfig& layer : layers) texts.push_back(format_layer(layer));
  return texts;
}

}  // namespace

void bind_networks(py::module_& module) {
  py::class_<Network>(module, "Network")
      .def_static("load", &load, py::arg("file"), py::arg("batch") = py::none(),
                  py::arg("shapes") = std::map<std::string, std::vector<std::int64_t>>{},
                  py::call_guard<py::gil_scoped_release>())
      .def_static("from_layers", &from_layers, py::arg("layers"), py::arg("name"), py::arg("names"),
                  py::call_guard<py::gil_scoped_release>())
      .def_readwrite("name", &Network::name)
      .def_readonly("batch", &Network::batch)
      .def("layers",
           [](const Network& n) {
             std::vector<std::string> texts;
             for (const Layer& layer : n.layers) texts.push_back(format_layer(layer.config));
             return texts;
           })
      .def("__len__", [](const Network& n) { return n.layers.size(); })
      .def("to_json", &to_json, py::call_guard<py::gil_scoped_release>());
  module.def(
      "layers_to_measure",
      [](const std::vector<std::string>& files, const std::vector<std::int64_t>& batches,
         const std::string& plan) { return texts_of(layers_to_measure(files, batches, plan)); },
      py::arg("networks"), py::arg("batches"), py::arg("plan"),
      py::call_guard<py::gil_scoped_release>());
  module.def("layers_of", [](const Network& network) { return texts_of(layers_of(network)); });
  module.def("canonical_layer",
             [](const std::string& text) { return format_layer(parse_layer(text)); });
}

}  // namespace neuralpower::python
