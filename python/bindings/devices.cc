// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <sstream>

#include "neuralpower/api/cross_validation.h"
#include "neuralpower/api/device.h"
#include "neuralpower/api/shipped_files.h"
#include "neuralpower/base/error.h"
#include "neuralpower/model/methods/method.h"
#include "neuralpower/model/methods/paleo.h"
#include "neuralpower/model/training/evaluate.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/device_report.h"
#include "neuralpower/report/evaluation_report.h"
#include "neuralpower/report/prediction_report.h"
#include "neuralpower/samples/samples_csv.h"
#include "python/bindings/bindings.h"
#include "python/bindings/interruptible.h"

namespace neuralpower::python {
namespace {

using Array = py::array_t<double>;

RenderOptions as_json() {
  RenderOptions options;
  options.format = OutputFormat::kJson;
  return options;
}

// (value, low, high) of an estimate in the unit of `scale`, NaN where it is absent.
template <typename Unit>
std::array<double, 3> triple(const std::optional<Estimate<Unit>>& e, double scale) {
  if (!e) return {std::nan(""), std::nan(""), std::nan("")};
  return {e->value.value() * scale, e->low.value() * scale, e->high.value() * scale};
}

// A layer's runtime in ms, power in W and energy in J, each (value, low, high).
std::array<double, 9> numbers(const LayerPrediction& layer) {
  const auto t = triple(layer.runtime, 1e3), p = triple(layer.power, 1),
             e = triple(layer.energy, 1);
  return {t[0], t[1], t[2], p[0], p[1], p[2], e[0], e[1], e[2]};
}

Array table(const std::vector<std::array<double, 9>>& rows) {
  Array out({static_cast<py::ssize_t>(rows.size()), py::ssize_t{9}});
  if (!rows.empty()) std::memcpy(out.mutable_data(), rows.data(), rows.size() * sizeof(rows[0]));
  return out;
}

// One row a layer. Texts that stand twice are parsed and predicted once.
Array predict_layers(const Device& device, const std::vector<std::string>& texts) {
  std::vector<std::array<double, 9>> rows;
  rows.reserve(texts.size());
  {
    const py::gil_scoped_release release;
    std::unordered_map<std::string_view, std::size_t> seen;
    for (const std::string& text : texts) {
      const auto [found, is_new] = seen.try_emplace(text, rows.size());
      rows.push_back(is_new ? numbers(device.predict_layer(parse_layer(text)))
                            : rows[found->second]);
    }
  }
  return table(rows);
}

TrainOptions train_options(const std::string& device, const std::string& source,
                           const std::string& method, std::uint64_t seed, unsigned threads) {
  TrainOptions options;
  options.device = device;
  options.source = source;
  options.method = method;
  options.seed = seed;
  options.threads = threads;
  return options;
}

Device train(const Samples& samples, const std::string& device, const std::string& source,
             const std::string& method, std::uint64_t seed, unsigned threads, bool mixed,
             const Progress& progress) {
  TrainOptions options = train_options(device, source, method, seed, threads);
  options.mixed = mixed;
  return run_interruptibly<Device>(progress, false,
                                   [rows = samples.rows, options](Checkpoint& checkpoint) {
                                     return Device::train(rows, options, std::ref(checkpoint));
                                   });
}

std::string cross_validate_to_json(const Samples& samples, const std::string& method,
                                   std::size_t folds, const std::string& group, std::uint64_t seed,
                                   unsigned threads, bool mixed, const Progress& progress) {
  if (folds < 2) throw usage_error("folds is " + std::to_string(folds) + "; it must be at least 2");
  CrossValidateOptions options;
  options.train = train_options("", "", method, seed, threads);
  options.train.mixed = mixed;
  options.folds = folds;
  options.group = group;
  return run_interruptibly<std::string>(
      progress, false, [rows = samples.rows, options](Checkpoint& checkpoint) {
        return render_evaluation(cross_validate(rows, options, std::ref(checkpoint)), as_json());
      });
}

std::string devices_json() {
  const ShippedDevices shipped = shipped_devices();
  std::vector<NamedDeviceModel> models;
  for (const auto& file : shipped.models)
    models.push_back({file.stem().string(), load_device_model(file)});
  std::vector<NamedPaleoDevice> specs;
  for (const auto& file : shipped.specs)
    specs.push_back({file.stem().string(), load_paleo_device(file)});
  return render_devices(models, specs, as_json());
}

void bind_predictions(py::module_& module) {
  py::class_<NetworkPrediction>(module, "Prediction")
      .def_readonly("network", &NetworkPrediction::network)
      .def_readonly("device", &NetworkPrediction::device)
      .def_readonly("method", &NetworkPrediction::method)
      .def_readonly("batch", &NetworkPrediction::batch)
      .def_readonly("no_power", &NetworkPrediction::no_power)
      .def("totals",
           [](const NetworkPrediction& p) {
             return std::array{triple(p.runtime, 1e3), triple(p.power, 1), triple(p.energy, 1)};
           })
      .def("coverage",
           [](const NetworkPrediction& p) {
             return std::tuple(p.coverage.layers, p.coverage.covered, p.coverage.share_of_macs);
           })
      .def("table",
           [](const NetworkPrediction& p) {
             std::vector<std::array<double, 9>> rows;
             for (const LayerPrediction& layer : p.layers) rows.push_back(numbers(layer));
             return table(rows);
           })
      .def("layers",
           [](const NetworkPrediction& p) {
             std::vector<std::tuple<std::string, std::string, bool, std::string>> rows;
             for (const LayerPrediction& l : p.layers)
               rows.emplace_back(l.name, format_layer(l.config), l.covered, l.reason);
             return rows;
           })
      .def(
          "to_json",
          [](const NetworkPrediction& p) {
            std::ostringstream text;
            write_predictions(text, {p}, as_json());
            return text.str();
          },
          py::call_guard<py::gil_scoped_release>());
}

}  // namespace

void bind_devices(py::module_& module) {
  bind_predictions(module);
  py::class_<Device>(module, "Device")
      .def_static("load", &Device::load, py::arg("name_or_file"),
                  py::call_guard<py::gil_scoped_release>())
      .def_static("parse", &Device::parse, py::arg("json"),
                  py::call_guard<py::gil_scoped_release>())
      .def_property_readonly("name", &Device::name)
      .def_property_readonly("software", &Device::software)
      .def_property_readonly("method", &Device::method)
      .def_property_readonly("no_power", &Device::no_power)
      .def("predict", &Device::predict, py::arg("network"),
           py::call_guard<py::gil_scoped_release>())
      .def("predict_layers", &predict_layers, py::arg("layers"))
      .def("was_trained_on",
           [](const Device& d, const std::string& text) {
             return d.was_trained_on(parse_layer(text));
           })
      .def(
          "evaluate",
          [](const Device& d, const Samples& samples, const std::string& networks) {
            const auto measured =
                networks.empty() ? std::vector<NetworkSample>{} : read_networks_csv(networks);
            return render_evaluation(evaluate(d.predictor(), samples.rows, measured), as_json());
          },
          py::arg("samples"), py::arg("networks"), py::call_guard<py::gil_scoped_release>())
      .def("to_json", &Device::to_json, py::call_guard<py::gil_scoped_release>())
      .def("save", &Device::save, py::arg("file"), py::call_guard<py::gil_scoped_release>());
  module.def("train", &train, py::arg("samples"), py::arg("device"), py::arg("source"),
             py::arg("method"), py::arg("seed"), py::arg("threads"), py::arg("mixed"),
             py::arg("progress"));
  module.def("cross_validate", &cross_validate_to_json, py::arg("samples"), py::arg("method"),
             py::arg("folds"), py::arg("group"), py::arg("seed"), py::arg("threads"),
             py::arg("mixed"), py::arg("progress"));
  module.def("predict_analytically", &predict_analytically, py::arg("network"),
             py::arg("data_sheet"), py::call_guard<py::gil_scoped_release>());
  module.def("devices_json", &devices_json, py::call_guard<py::gil_scoped_release>());
  module.def("methods", [] {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Method& m : methods()) rows.emplace_back(m.name, m.what);
    return rows;
  });
}

}  // namespace neuralpower::python
