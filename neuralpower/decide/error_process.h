// SPDX-License-Identifier: Apache-2.0
// ErrorProcess: a program of the user's that predicts the error of an architecture.
//
// It runs as `sh -c COMMAND`, reads one architecture a line from standard input, as describe()
// writes them, and answers one line each, in order: the error as a fraction between 0 and 1, or
// `?` where it knows none. It must flush its answers (python3 -u). It is asked many at once. Its
// standard error stays the user's.
//
// A program that ends before it has answered is started again, and what it owes is asked again;
// one that ends without an answer twice in a row is given up. Anything that is no answer, or none
// for `patience`, ends the search: Error (bad input), naming architecture and answer.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace neuralpower {

class ErrorProcess {
 public:
  explicit ErrorProcess(std::string command,
                        std::chrono::seconds patience = std::chrono::seconds(60));
  ~ErrorProcess();
  ErrorProcess(const ErrorProcess&) = delete;
  ErrorProcess& operator=(const ErrorProcess&) = delete;

  std::vector<std::optional<double>> errors(const std::vector<std::string>& architectures);

 private:
  void start();
  std::string stop();  // how it ended: "ended with exit code 1"
  // Sends and receives until all is answered; false if the process ended before.
  bool exchange(const std::vector<std::string>& architectures,
                std::vector<std::optional<double>>& answers);
  void take_lines(const std::vector<std::string>& architectures,
                  std::vector<std::optional<double>>& answers);

  std::string command_;
  std::chrono::seconds patience_;
  int process_ = -1, to_ = -1, from_ = -1;
  std::string received_;  // of a line that is not complete
};

}  // namespace neuralpower
