// SPDX-License-Identifier: Apache-2.0
// How the program behaves whatever it is asked: --quiet and --verbose with every command, and
// mistakes explained in one line with the word that was probably meant.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace neuralpower::cli {

// Adds --quiet and --verbose to a command and to its sub-commands.
void add_manners(CLI::App& command);

// Whether the command that runs, or one above it, was given the flag.
bool is_quiet(const CLI::App& command);
bool is_verbose(const CLI::App& command);

// True if its product is a file: with --quiet it has nothing to say.
bool writes_a_file(const CLI::App& command);

// The parser's message as one line, with the nearest word that exists.
std::string explain_mistake(const CLI::ParseError& error, const CLI::App& program, int argc,
                            const char* const* argv);

// "0.42 s, 35 MB of memory at most": of this process so far.
std::string resources_used();

}  // namespace neuralpower::cli
