// SPDX-License-Identifier: Apache-2.0
// `neuralpower manual`: manual pages (man(7)) from the same tree as --help.
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include "neuralpower/api/version.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/command_tree.h"

namespace neuralpower::cli {
namespace {

// Text for troff: no escapes, no requests, hyphens that are hyphens.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out;
}

std::string page_name(std::string name) {
  for (char& c : name)
    if (c == ' ') c = '-';
  return name.empty() ? "neuralpower" : "neuralpower-" + name;
}

std::string head(const std::string& name, const std::string& summary) {
  const std::string page = page_name(name);
  return ".TH " + page + " 1 \"\" \"neuralpower " + version() + "\" \"User Commands\"\n.SH NAME\n" +
         roff(page) + " \\- " + roff(summary) + "\n";
}

std::string synopsis(const CommandFacts& command) {
  std::string text = ".SH SYNOPSIS\n.B neuralpower " + roff(command.name) + "\n";
  for (const OptionFacts& o : command.options) {
    if (!o.names.empty() && !o.required) continue;
    const std::string word = o.names.empty()
                                 ? "\\fI" + roff(o.positional) + "\\fR" + (o.several ? " ..." : "")
                                 : "\\fB" + roff(o.names.back()) + "\\fR \\fIvalue\\fR";
    text += o.required ? word + "\n" : "[" + word + "]\n";
  }
  return text + "[\\fIoptions\\fR]\n";
}

std::string page_of(const CommandFacts& command) {
  std::string text = head(command.name, command.summary) + synopsis(command) + ".SH OPTIONS\n";
  for (const OptionFacts& o : command.options) {
    std::string names;
    for (const std::string& name : o.names)
      names += (names.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
    if (o.names.empty()) names = "\\fI" + roff(o.positional) + "\\fR";
    if (!o.names.empty() && !o.flag) names += " \\fIvalue\\fR";
    text += ".TP\n" + names + "\n" + roff(o.description);
    std::string choices;
    for (const std::string& choice : o.choices) choices += (choices.empty() ? "" : ", ") + choice;
    if (!choices.empty()) text += " (one of " + roff(choices) + ")";
    if (!o.default_text.empty() && !o.flag) text += " [" + roff(o.default_text) + "]";
    text += "\n";
  }
  if (!command.examples.empty()) text += ".SH EXAMPLES\n.nf\n";
  for (const std::string& example : command.examples) text += roff(example) + "\n";
  if (!command.examples.empty()) text += ".fi\n";
  return text + ".SH SEE ALSO\n.BR neuralpower (1)\n";
}

std::string overview(const CLI::App& program, const std::vector<CommandFacts>& commands) {
  std::string text = head("", "time, power and energy of neural networks") +
                     ".SH SYNOPSIS\n.B neuralpower\n\\fIcommand\\fR [\\fIoptions\\fR]\n"
                     ".SH DESCRIPTION\n" +
                     roff(program.get_description()) + "\n.SH COMMANDS\n";
  for (const CommandFacts& c : commands)
    text += ".TP\n.BR " + roff(page_name(c.name)) + " (1)\n" + roff(c.summary) + "\n";
  return text +
         ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nthe input was understood and the answer is no\n"
         ".TP\n2\nbad usage or bad input\n.TP\n3\nthe environment lacks something\n"
         ".SH ENVIRONMENT\n.TP\nNEURALPOWER_DEVICES\na folder whose device models come before the "
         "shipped ones\n.TP\nCOLUMNS\nthe width of tables on a terminal\n";
}

}  // namespace

Action configure_manual(CLI::App& app) {
  struct Options {
    std::string command, out;
  };
  auto options = std::make_shared<Options>();
  app.add_option("command", options->command, "A command; without one the overview");
  app.add_option("-o,--out", options->out, "Folder to write all pages to");
  return [options, &app] {
    const CLI::App& program = *app.get_parent();
    const auto commands = command_facts(program);
    if (options->out.empty()) {
      std::string text = options->command.empty() ? overview(program, commands) : "";
      std::vector<std::string> names;
      for (const CommandFacts& c : commands) {
        names.push_back(c.name);
        if (c.name == options->command) text = page_of(c);
      }
      if (text.empty()) {
        const auto near = closest_word(options->command, names);
        throw usage_error("'" + printable(options->command) + "' is not a command" +
                          (near ? "; did you mean '" + *near + "'?" : ""));
      }
      std::cout << text;
      return 0;
    }
    const std::filesystem::path folder(options->out);
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    write_file_atomically(folder / "neuralpower.1", overview(program, commands));
    for (const CommandFacts& c : commands)
      write_file_atomically(folder / (page_name(c.name) + ".1"), page_of(c));
    std::cout << commands.size() + 1 << " pages written to " << options->out << "\n";
    return 0;
  };
}

}  // namespace neuralpower::cli
