// SPDX-License-Identifier: Apache-2.0
// `neuralpower completion SHELL`: a script that completes commands, options and their values.
#include <iostream>
#include <memory>

#include "neuralpower/base/text.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/command_tree.h"
#include "neuralpower/cli/inputs.h"

namespace neuralpower::cli {
namespace {

constexpr std::string_view kDeviceOption = "--device";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string last_word(const std::string& name) { return name.substr(name.rfind(' ') + 1); }

// In single quotes for a shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The words that may follow `name`: commands at the top, sub-commands below one.
std::string words_after(const std::string& name, const std::vector<CommandFacts>& commands) {
  std::vector<std::string> words;
  for (const CommandFacts& c : commands) {
    const auto blank = c.name.rfind(' ');
    const std::string parent = blank == std::string::npos ? "" : c.name.substr(0, blank);
    if (parent == name) words.push_back(last_word(c.name));
  }
  return joined(words);
}

void write_bash(std::ostream& out, const std::vector<CommandFacts>& commands) {
  out << "# bash completion for neuralpower; made by 'neuralpower completion bash'\n"
         "_neuralpower() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$command $word\" in\n";
  for (const CommandFacts& c : commands) {
    const bool nested = c.name.find(' ') != std::string::npos;
    out << "      " << shell_quoted((nested ? "" : " ") + c.name)
        << ") command=" << shell_quoted(c.name) << " ;;\n";
  }
  out << "    esac\n  done\n  local options= words=\n  case \"$command\" in\n    '') words="
      << shell_quoted(words_after("", commands)) << " options='--help --version' ;;\n";
  for (const CommandFacts& c : commands) {
    out << "    " << shell_quoted(c.name) << ")\n      case \"$prev\" in\n";
    std::vector<std::string> names;
    for (const OptionFacts& o : c.options) {
      names.insert(names.end(), o.names.begin(), o.names.end());
      if (o.names.empty() || o.flag) continue;
      std::string pattern;
      for (const std::string& name : o.names) pattern += (pattern.empty() ? "" : "|") + name;
      if (o.names.back() == kDeviceOption)
        out << "        " << pattern
            << ") COMPREPLY=($(compgen -W \"$(neuralpower completion devices 2>/dev/null)\" -- "
               "\"$cur\") $(compgen -f -- \"$cur\")); return ;;\n";
      else if (!o.choices.empty())
        out << "        " << pattern << ") COMPREPLY=($(compgen -W "
            << shell_quoted(joined(o.choices)) << " -- \"$cur\")); return ;;\n";
      else
        out << "        " << pattern << ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n";
    }
    out << "      esac\n      options=" << shell_quoted(joined(names));
    std::string words = words_after(c.name, commands);
    for (const OptionFacts& o : c.options)
      if (o.names.empty() && !o.choices.empty()) words = joined(o.choices);
    if (!words.empty()) out << " words=" << shell_quoted(words);
    out << " ;;\n";
  }
  out << "  esac\n"
         "  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
         "  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  else COMPREPLY=($(compgen -f -- \"$cur\")); fi\n"
         "}\ncomplete -o filenames -F _neuralpower neuralpower\n";
}

// In a specification of _arguments, brackets and colons have a meaning.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const OptionFacts& o) {
  if (!o.names.empty() && o.names.back() == kDeviceOption)
    return ":device:_neuralpower_devices";
  if (!o.choices.empty()) return ":value:(" + joined(o.choices) + ")";
  return ":value:_files";
}

void write_zsh(std::ostream& out, const std::vector<CommandFacts>& commands) {
  out << "#compdef neuralpower\n# made by 'neuralpower completion zsh'\n"
         "_neuralpower_devices() {\n"
         "  compadd -- $(neuralpower completion devices 2>/dev/null)\n  _files\n}\n"
         "_neuralpower() {\n  local command=\n"
         "  if (( CURRENT == 2 )); then\n    local -a commands=(\n";
  for (const CommandFacts& c : commands)
    if (c.name.find(' ') == std::string::npos)
      out << "      " << shell_quoted(c.name + ":" + zsh_text(c.summary)) << "\n";
  out << "    )\n    _describe command commands\n    return\n  fi\n"
         "  command=$words[2]\n"
         "  case \"$words[2] $words[3]\" in\n";
  for (const CommandFacts& c : commands)
    if (c.name.find(' ') != std::string::npos)
      out << "    " << shell_quoted(c.name)
          << ") (( CURRENT > 3 )) && command=" << shell_quoted(c.name) << " ;;\n";
  out << "  esac\n  case \"$command\" in\n";
  for (const CommandFacts& c : commands) {
    out << "    " << shell_quoted(c.name) << ") ";
    const std::string words = words_after(c.name, commands);
    if (!words.empty()) {
      out << "compadd " << words << " ;;\n";
      continue;
    }
    out << "_arguments";
    for (const OptionFacts& o : c.options) {
      if (o.names.empty()) continue;
      for (const std::string& name : o.names)
        out << " \\\n      "
            << shell_quoted(name + "[" + zsh_text(o.description) + "]" +
                            (o.flag ? "" : zsh_action(o)));
    }
    std::string rest = "_files";
    for (const OptionFacts& o : c.options)
      if (o.names.empty() && !o.choices.empty()) rest = "(" + joined(o.choices) + ")";
    out << " \\\n      " << shell_quoted("*:file:" + rest) << " ;;\n";
  }
  out << "  esac\n}\n_neuralpower \"$@\"\n";
}

void write_fish(std::ostream& out, const std::vector<CommandFacts>& commands) {
  out << "# made by 'neuralpower completion fish'\n";
  for (const CommandFacts& c : commands) {
    const auto blank = c.name.find(' ');
    const std::string when = blank == std::string::npos
                                 ? std::string("__fish_use_subcommand")
                                 : "__fish_seen_subcommand_from " + c.name.substr(0, blank);
    out << "complete -c neuralpower -n " << shell_quoted(when)
        << (blank == std::string::npos ? " -f" : "") << " -a " << shell_quoted(last_word(c.name))
        << " -d " << shell_quoted(c.summary) << "\n";
    for (const OptionFacts& o : c.options) {
      out << "complete -c neuralpower -n "
          << shell_quoted("__fish_seen_subcommand_from " + last_word(c.name));
      for (const std::string& name : o.names)
        out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
      if (!o.names.empty() && !o.flag) out << " -r";
      if (!o.names.empty() && o.names.back() == kDeviceOption)
        out << " -a '(neuralpower completion devices 2>/dev/null)'";
      else if (!o.choices.empty())
        out << (o.names.empty() ? " -f" : "") << " -a " << shell_quoted(joined(o.choices));
      out << " -d " << shell_quoted(o.description) << "\n";
    }
  }
}

}  // namespace

Action configure_completion(CLI::App& app) {
  auto what = std::make_shared<std::string>();
  app.add_option("shell", *what,
                 "The shell; or `devices` for the names that may follow --device, one a line")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish", "devices"}));
  return [what, &app] {
    const auto commands = command_facts(*app.get_parent());
    if (*what == "bash") write_bash(std::cout, commands);
    if (*what == "zsh") write_zsh(std::cout, commands);
    if (*what == "fish") write_fish(std::cout, commands);
    if (*what == "devices")
      for (const auto& file : shipped_devices().models) std::cout << file.stem().string() << "\n";
    return 0;
  };
}

}  // namespace neuralpower::cli
