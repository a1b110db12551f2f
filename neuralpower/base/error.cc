// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/base/error.h"

#include <utility>

#include "neuralpower/base/text.h"

namespace neuralpower {

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {
  compose();
}

Error& Error::in_file(std::string_view file) {
  if (file_.empty()) file_ = file;
  compose();
  return *this;
}

Error& Error::in_node(std::string_view node) {
  if (node_.empty()) node_ = node;
  compose();
  return *this;
}

void Error::compose() {
  text_.clear();
  if (!file_.empty()) text_ += printable(file_) + ": ";
  if (!node_.empty()) text_ += printable(node_) + ": ";
  text_ += printable(message_);
}

Error usage_error(std::string message) { return {ErrorKind::kUsage, std::move(message)}; }
Error bad_input(std::string message) { return {ErrorKind::kBadInput, std::move(message)}; }
Error environment_error(std::string message) {
  return {ErrorKind::kEnvironment, std::move(message)};
}

}  // namespace neuralpower
