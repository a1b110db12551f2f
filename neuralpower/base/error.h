// SPDX-License-Identifier: Apache-2.0
// The one exception of the library: what went wrong, and where, told in one line.
//
// A function that cannot do what it promises throws Error. The thrower knows what is wrong; callers
// on the way up add where (`in_node("conv1")`, `in_file("net.onnx")`). Only cli/ catches it for
// good, prints `neuralpower: error: FILE: NODE: message` and turns the kind into an exit code.
// Expected outcomes (a layer without a model, a skipped measurement) are return values, not errors.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace neuralpower {

enum class ErrorKind {
  kUsage,        // the command line or an argument makes no sense (exit code 2)
  kBadInput,     // a file or value is broken (exit code 2)
  kEnvironment,  // no such device, no permission, disk full (exit code 3)
};

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);

  // Adds context, outermost last; an already set file or node is kept, as the inner one knows
  // better.
  Error& in_file(std::string_view file);
  Error& in_node(std::string_view node);

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& file() const { return file_; }
  const std::string& node() const { return node_; }

  // "FILE: NODE: message", control characters escaped, never more than one line.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  void compose();

  ErrorKind kind_;
  std::string message_, file_, node_, text_;
};

Error usage_error(std::string message);
Error bad_input(std::string message);
Error environment_error(std::string message);

}  // namespace neuralpower
