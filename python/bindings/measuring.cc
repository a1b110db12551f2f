// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/api/measuring.h"

#include "neuralpower/measure/backends/backends.h"
#include "neuralpower/measure/clock.h"
#include "neuralpower/measure/metered_window.h"
#include "neuralpower/measure/meters/meters.h"
#include "neuralpower/network/layer_text.h"
#include "python/bindings/bindings.h"
#include "python/bindings/interruptible.h"

namespace neuralpower::python {
namespace {

py::dict to_dict(const MeasureSummary& s) {
  py::dict out;
  out["device"] = s.device;
  out["software"] = s.software;
  out["planned"] = s.planned;
  out["found"] = s.found;
  out["measured"] = s.measured;
  out["skipped"] = s.skipped;
  out["remaining"] = s.remaining;
  out["repetitions"] = s.repetitions;
  out["marked_repetitions"] = s.marked_repetitions;
  out["elapsed_s"] = s.elapsed.value();
  out["skip_reasons"] = s.skip_reasons;
  out["energy_absent"] = s.energy_absent;
  return out;
}

py::dict measure_to_dict(const std::vector<std::string>& layers, const std::string& store,
                         const MeasureOptions& options, const Progress& progress) {
  std::vector<LayerConfig> configs;
  for (const std::string& text : layers) configs.push_back(parse_layer(text));
  // It holds real-time priority and the store: the call ends when the measuring has.
  return to_dict(run_interruptibly<MeasureSummary>(progress, true, [=](Checkpoint& checkpoint) {
    return measure(configs, store, options, [&](const MeasureProgress& p) {
      return checkpoint.note(p.planned > 0 ? static_cast<double>(p.finished) / p.planned : 1,
                             p.last);
    });
  }));
}

py::list backend_rows() {
  py::list rows;
  for (const BackendRow& row : backends()) {
    py::dict out;
    out["name"] = row.name;
    out["what"] = row.what;
    out["available"] = row.make != nullptr;
    out["detail"] = row.make ? "" : "building it needs " + std::string(row.missing);
    rows.append(out);
  }
  return rows;
}

py::list meter_rows() {
  py::list rows;
  SteadyClock clock;
  for (const MeterRow& row : meters()) {
    const MeterOrReason meter = row.open({}, clock);
    const auto* there = std::get_if<std::unique_ptr<PowerMeter>>(&meter);
    py::dict out;
    out["name"] = row.name;
    out["what"] = row.what;
    out["available"] = there != nullptr;
    out["detail"] = there ? (*there)->describe() : std::get<MeterUnavailable>(meter).reason;
    rows.append(out);
  }
  return rows;
}

// A meter with the clock that it reads by, for work that is done in Python.
class OpenMeter {
 public:
  OpenMeter(std::string_view name, MeterScope device, const MeterOptions& options)
      : opened_(open_meter(name, device, options, clock_)) {}

  PowerMeter* meter() const {
    const auto* there = std::get_if<std::unique_ptr<PowerMeter>>(&opened_);
    return there ? there->get() : nullptr;
  }
  const std::string& reason() const { return std::get<MeterUnavailable>(opened_).reason; }

  py::dict window(double least_s, int least_updates, const py::function& started,
                  const py::function& work) {
    const MeteredWindow window = run_metered(
        *meter(), clock_, Seconds(least_s), least_updates, [&] { started(); }, [&] { work(); });
    py::dict out;
    const bool has_power = !window.domains.empty() && window.domains[0];
    out["power_w"] = has_power ? py::cast(window.domains[0]->value()) : py::none();
    out["updates"] = window.updates;
    out["failure"] = window.failure;
    return out;
  }

 private:
  SteadyClock clock_;
  MeterOrReason opened_;
};

// The meter, or the reason why there is none.
py::object open_meter_or_reason(const std::string& name, const std::string& device,
                                const std::string& recording, unsigned gpu) {
  MeterOptions options;
  options.recording = recording;
  options.gpu = gpu;
  auto opened = std::make_unique<OpenMeter>(
      name, device == "gpu" ? MeterScope::kGpu : MeterScope::kCpu, options);
  if (!opened->meter()) return py::str(opened->reason());
  return py::cast(std::move(opened));
}

}  // namespace

void bind_measuring(py::module_& module) {
  py::class_<OpenMeter>(module, "Meter")
      .def_property_readonly("name", [](const OpenMeter& m) { return m.meter()->name(); })
      .def("window", &OpenMeter::window, py::arg("least_s"), py::arg("least_updates"),
           py::arg("started"), py::arg("work"));
  module.def("open_meter", &open_meter_or_reason, py::arg("name"), py::arg("device"),
             py::arg("recording"), py::arg("gpu"));
  py::class_<MeasureOptions>(module, "MeasureOptions")
      .def(py::init<>())
      .def_readwrite("backend", &MeasureOptions::backend)
      .def_readwrite("meter", &MeasureOptions::meter)
      .def_readwrite("recording", &MeasureOptions::recording)
      .def_readwrite("threads", &MeasureOptions::threads)
      .def_property(
          "budget_s", [](const MeasureOptions& o) { return o.budget.value(); },
          [](MeasureOptions& o, double seconds) { o.budget = Seconds(seconds); })
      .def_readwrite("repetitions", &MeasureOptions::repetitions)
      .def_readwrite("seed", &MeasureOptions::seed)
      .def_readwrite("shard", &MeasureOptions::shard)
      .def_readwrite("shards", &MeasureOptions::shards);
  module.def("measure", &measure_to_dict, py::arg("layers"), py::arg("store"), py::arg("options"),
             py::arg("progress"));
  module.def("backends", &backend_rows);
  module.def("meters", &meter_rows);
}

}  // namespace neuralpower::python

// A module of its own: it needs the libraries behind the back-ends, predicting does not.
PYBIND11_MODULE(_measuring, module) {
  neuralpower::python::bind_errors(module);
  neuralpower::python::bind_measuring(module);
}
