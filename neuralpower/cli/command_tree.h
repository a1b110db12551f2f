// SPDX-License-Identifier: Apache-2.0
// The commands with their options as plain data, read off the parser: what manual pages and shell
// completions are made of, so that they cannot differ from --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace neuralpower::cli {

struct OptionFacts {
  std::vector<std::string> names;  // "-o", "--out"; empty: a positional
  std::string positional;          // its name
  std::string description, default_text;
  std::vector<std::string> choices;  // what it may be, if that is a list
  bool flag = false;                 // takes no value
  bool required = false;
  bool several = false;
};

struct CommandFacts {
  std::string name;  // "samples export"
  std::string summary;
  std::vector<std::string> examples;
  std::vector<OptionFacts> options;
};

// All commands with their sub-commands, in the order of the help text.
std::vector<CommandFacts> command_facts(const CLI::App& program);

// The words of a list of choices as a parser describes it: "{table,json}".
std::vector<std::string> words_of_set(const std::string& description);

}  // namespace neuralpower::cli
