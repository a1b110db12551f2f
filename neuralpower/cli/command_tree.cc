// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/cli/command_tree.h"

#include "neuralpower/base/text.h"

namespace neuralpower::cli {
namespace {

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts;
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  if (facts.names.empty()) facts.positional = option.get_name();
  facts.description = option.get_description();
  facts.default_text = option.get_default_str();
  facts.flag = option.get_expected_max() == 0;
  facts.required = option.get_required();
  facts.several = option.get_items_expected_max() > 1;
  // get_type_name() ends in what the validators say: "TEXT:{table,json}".
  const std::string type = option.get_type_name();
  if (const auto brace = type.find('{'); brace != std::string::npos)
    facts.choices = words_of_set(type.substr(brace));
  return facts;
}

void add_facts(const CLI::App& command, const std::string& prefix, std::vector<CommandFacts>& all) {
  CommandFacts facts;
  facts.name = prefix + command.get_name();
  facts.summary = command.get_description();
  const std::string footer = command.get_footer();
  for (std::string_view line : split(footer, '\n'))
    if (line.starts_with("  ")) facts.examples.emplace_back(trim(line));
  for (const CLI::Option* option : command.get_options())
    facts.options.push_back(facts_of(*option));
  const std::string own = facts.name;
  all.push_back(std::move(facts));
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    add_facts(*sub, own + " ", all);
}

}  // namespace

std::vector<std::string> words_of_set(const std::string& description) {
  std::vector<std::string> words;
  const auto begin = description.find('{'), end = description.find('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return words;
  for (std::string_view word :
       split(std::string_view(description).substr(begin + 1, end - begin - 1), ','))
    words.emplace_back(trim(word));
  return words;
}

std::vector<CommandFacts> command_facts(const CLI::App& program) {
  std::vector<CommandFacts> all;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; }))
    add_facts(*command, "", all);
  return all;
}

}  // namespace neuralpower::cli
