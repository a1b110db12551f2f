// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/manners.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "neuralpower/base/text.h"
#include "neuralpower/cli/command_tree.h"

namespace neuralpower::cli {
namespace {

bool was_given(const CLI::App& command, const std::string& flag) {
  for (const CLI::App* app = &command; app; app = app->get_parent())
    if (const CLI::Option* option = app->get_option_no_throw(flag); option && option->count() > 0)
      return true;
  for (const CLI::App* sub : command.get_subcommands())
    if (const CLI::Option* option = sub->get_option_no_throw(flag); option && option->count() > 0)
      return true;
  return false;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& apps) {
  std::vector<std::string> names;
  for (const CLI::App* app : apps) names.push_back(app->get_name());
  return names;
}

std::vector<const CLI::App*> all_subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string no_command(const std::string& word, const std::string& kind,
                       const std::vector<std::string>& known, const std::string& help) {
  const std::string message = "'" + printable(word) + "' is not " + kind;
  if (const auto near = closest_word(word, known))
    return message + "; did you mean '" + *near + "'?";
  return message + "; '" + help + " --help' lists them";
}

// A message such as "--format: jsno not in {table,json}".
std::string with_nearest_choice(const std::string& message) {
  const auto not_in = message.find(" not in {");
  const auto colon = message.find(": ");
  if (not_in == std::string::npos || colon == std::string::npos || colon > not_in) return message;
  const std::string word = message.substr(colon + 2, not_in - colon - 2);
  const std::vector<std::string> choices = words_of_set(message.substr(not_in));
  if (const auto near = closest_word(word, choices))
    return message.substr(0, colon) + " " + word + ": did you mean '" + *near + "'?";
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  return message.substr(0, colon) + " " + word + ": there are " + list;
}

// Not the name of a device, as train has it.
bool takes_device_model(const CLI::App& command) {
  const CLI::Option* device = command.get_option_no_throw("--device");
  return device && device->get_description().starts_with("Device model");
}

}  // namespace

void add_manners(CLI::App& command) {
  command.add_flag("-q,--quiet")
      ->description("No progress, and nothing said about files that were written");
  command.add_flag("-v,--verbose")->description("Say afterwards what it took, on standard error");
  for (CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    add_manners(*sub);
}

bool is_quiet(const CLI::App& command) { return was_given(command, "--quiet"); }
bool is_verbose(const CLI::App& command) { return was_given(command, "--verbose"); }
bool writes_a_file(const CLI::App& command) {
  return was_given(command, "--out") || was_given(command, "--store");
}

std::string explain_mistake(const CLI::ParseError& error, const CLI::App& program, int argc,
                            const char* const* argv) {
  std::string message = error.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  const auto used = program.get_subcommands();
  if (used.empty()) {
    // The first word that is no option is what was to be the command.
    for (int i = 1; i < argc; ++i)
      if (argv[i][0] != '-')
        return no_command(argv[i], "a command", names_of(all_subcommands(program)), "neuralpower");
    return printable(message) + "; see 'neuralpower --help'";
  }
  const CLI::App* command = used[0];
  std::string full_name = "neuralpower " + command->get_name();
  if (!all_subcommands(*command).empty() && command->get_subcommands().empty()) {
    for (int i = 2; i < argc; ++i)
      if (argv[i][0] != '-')
        return no_command(argv[i], "a command of '" + full_name + "'",
                          names_of(all_subcommands(*command)), full_name);
  } else if (!command->get_subcommands().empty()) {
    command = command->get_subcommands()[0];
    full_name += " " + command->get_name();
  }
  std::vector<std::string> known;
  for (const CLI::Option* option : command->get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || std::find(known.begin(), known.end(), name) != known.end())
      continue;
    if (const auto near = closest_word(name, known))
      return "'" + printable(name) + "' is no option of " + full_name.substr(12) +
             "; did you mean '" + *near + "'?";
  }
  if (message == "--device is required" && takes_device_model(*command))
    return message + ": a device model's file, or a name that 'neuralpower devices' lists";
  return printable(with_nearest_choice(message)) + "; see '" + full_name + " --help'";
}

std::string resources_used() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return fmt::format("{:.2f} s of processor time, {} MB of memory at most",
                     seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss / 1024);
}

}  // namespace neuralpower::cli
