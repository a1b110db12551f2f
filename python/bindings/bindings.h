// SPDX-License-Identifier: Apache-2.0
// The modules neuralpower._core and ._measuring: thin classes and functions over api/ and report/,
// one file a topic. Values in SI units become what the Python side documents (ms, W, J) here and
// nowhere else. Everything that says more than "pass it on" is in the Python files beside.
#pragma once

#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <vector>

#include "neuralpower/samples/sample.h"

namespace neuralpower::python {

namespace py = pybind11;

// Measured layers, kept on the C++ side.
struct Samples {
  std::vector<Sample> rows;
};

// fraction done (0 to 1), what is done now.
using Progress = py::object;

void bind_errors(py::module_& module);
void bind_networks(py::module_& module);
void bind_devices(py::module_& module);
void bind_samples(py::module_& module);
void bind_decisions(py::module_& module);
void bind_measuring(py::module_& module);

}  // namespace neuralpower::python
