// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <thread>

#include "neuralpower/api/version.h"
#include "python/bindings/bindings.h"
#include "python/bindings/interruptible.h"

namespace neuralpower::python {
namespace {

// At the interpreter's end: threads of interrupted calls must not run while the process takes
// itself apart. A second Ctrl-C ends it at once.
void wait_for_abandoned_threads() {
  while (abandoned_threads() > 0) {
    if (PyErr_CheckSignals() != 0) _exit(130);
    const py::gil_scoped_release release;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace
}  // namespace neuralpower::python

PYBIND11_MODULE(_core, module) {
  namespace np = neuralpower::python;
  module.attr("__version__") = neuralpower::version();
  np::bind_errors(module);
  np::bind_networks(module);
  np::bind_devices(module);
  np::bind_samples(module);
  np::bind_decisions(module);
  pybind11::module_::import("atexit").attr("register")(
      pybind11::cpp_function(&np::wait_for_abandoned_threads));
}
