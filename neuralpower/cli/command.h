// SPDX-License-Identifier: Apache-2.0
// The table of commands. A command adds its options to a parser and returns what to do once they
// are read; it makes one or two calls into the library and hands the result to report/.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string_view>

namespace neuralpower::cli {

using Action = std::function<int()>;  // returns the exit code

struct Command {
  std::string_view name;
  std::string_view summary;
  std::string_view examples;  // shown under the help text
  Action (*configure)(CLI::App& app);
};

std::span<const Command> commands();

// One function a command, each in the file of its name.
Action configure_inspect(CLI::App& app);
Action configure_convert(CLI::App& app);
Action configure_measure(CLI::App& app);
Action configure_compare(CLI::App& app);
Action configure_samples(CLI::App& app);
Action configure_devices(CLI::App& app);
Action configure_completion(CLI::App& app);
Action configure_manual(CLI::App& app);
Action configure_backends(CLI::App& app);
Action configure_meters(CLI::App& app);
Action configure_characterise(CLI::App& app);
Action configure_train(CLI::App& app);
Action configure_predict(CLI::App& app);
Action configure_explain(CLI::App& app);
Action configure_evaluate(CLI::App& app);
Action configure_crossvalidate(CLI::App& app);
Action configure_study(CLI::App& app);

// Runs the program: parses, acts, prints errors as one line; returns the exit code.
int run(int argc, const char* const* argv);

}  // namespace neuralpower::cli
