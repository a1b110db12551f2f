// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/measure/meters/sysfs/sysfs.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"

namespace neuralpower {

std::optional<std::string> read_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return std::string(trim(line));
}

std::optional<std::int64_t> read_whole(const std::filesystem::path& file) {
  const auto line = read_line(file);
  return line ? parse_int(*line) : std::nullopt;
}

std::int64_t read_sensor(const std::filesystem::path& file) {
  errno = 0;
  const auto line = read_line(file);
  if (!line)
    throw environment_error(std::string("the sensor cannot be read any more") +
                            (errno != 0 ? std::string(": ") + std::strerror(errno) : ""))
        .in_file(file.string());
  const auto value = parse_int(*line);
  if (!value)
    throw environment_error("the sensor shows '" + *line + "', which is no number")
        .in_file(file.string());
  return *value;
}

bool is_forbidden(const std::filesystem::path& file) {
  return access(file.c_str(), F_OK) == 0 && access(file.c_str(), R_OK) != 0;
}

}  // namespace neuralpower
