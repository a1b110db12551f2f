// SPDX-License-Identifier: Apache-2.0
// Error as Python exceptions: neuralpower.NeuralPowerError and a subclass for each kind, with the
// line that the program would print.
#include "neuralpower/base/error.h"
#include "python/bindings/bindings.h"

namespace neuralpower::python {
namespace {

const char* class_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "UsageError";
    case ErrorKind::kBadInput:
      return "BadInputError";
    case ErrorKind::kEnvironment:
      return "UnavailableError";
  }
  return "NeuralPowerError";
}

}  // namespace

void bind_errors(py::module_& /*module*/) {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const Error& error) {
      const py::object type =
          py::module_::import("neuralpower.errors").attr(class_of(error.kind()));
      const py::object exception = type(error.what(), error.message(), error.file(), error.node());
      PyErr_SetObject(type.ptr(), exception.ptr());
    }
  });
}

}  // namespace neuralpower::python
