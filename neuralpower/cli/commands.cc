// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "neuralpower/api/version.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/deciding.h"
#include "neuralpower/cli/manners.h"
#include "neuralpower/cli/showing.h"

namespace neuralpower::cli {
namespace {

constexpr Command kCommands[] = {
    {"inspect", "Layers, shapes, operations, weights and bytes of a network",
     "neuralpower inspect resnet50.onnx --batch 8\n"
     "neuralpower inspect vgg16.prototxt --format json\n"
     "neuralpower inspect resnet50.onnx --fused --device my-server.json",
     configure_inspect},
    {"convert", "Write a network as ONNX (without weights) or as a layer list",
     "neuralpower convert sketch.layers -o sketch.onnx\n"
     "neuralpower convert vgg16.prototxt -o vgg16.layers",
     configure_convert},
    {"measure", "Run layers for real and store their runtime and power",
     "neuralpower measure resnet50.onnx vgg16.onnx --batch 1,8 --store lab.db --budget 5m\n"
     "neuralpower measure --space examples/plans/cpu-two-minutes.plan --store lab.db --dry-run\n"
     "neuralpower measure --space examples/plans/cpu-two-minutes.plan --store lab.db --shard 2/8\n"
     "neuralpower measure resnet50.onnx --whole --batch 1,8 --backend cudnn --store lab.db",
     configure_measure},
    {"train", "Learn a device model from measured layers or whole networks",
     "neuralpower train samples.csv --device my-server -o my-server.json\n"
     "neuralpower train samples.csv --device my-server --method neuralpower-2017 -o "
     "published.json\n"
     "neuralpower train thirty-layers.csv --from tesla-t4 --device my-gpu -o my-gpu.json\n"
     "neuralpower train --networks totals.csv --models resnet50.onnx vgg16.onnx --device my-phone "
     "-o my-phone.json",
     configure_train},
    {"predict", "Runtime, power and energy of each layer and the whole network",
     "neuralpower predict resnet50.onnx --device my-server.json --batch 1,8,64\n"
     "neuralpower predict vgg16.prototxt --device xeon-gold-5120 --format json\n"
     "neuralpower predict nin.onnx --method paleo --device titan-x",
     configure_predict},
    {"report", "One HTML page: networks, devices and batch sizes side by side",
     "neuralpower report resnet50.onnx --device my-server.json --batch 1,8,64 -o report.html\n"
     "neuralpower report vgg16.onnx nin.onnx --device a.json --device b.json --errors errors.csv\n"
     "neuralpower report resnet50.onnx --device my-server.json --measured samples.csv",
     configure_report},
    {"explore", "The report in your browser: drop networks and models on it",
     "neuralpower explore\n"
     "neuralpower explore --port 0",
     configure_explore},
    {"explain", "Why a layer is predicted as it is: what each term contributes",
     "neuralpower explain xeon-gold-5120 \"conv batch=8 in=64x56x56 out=64 kernel=3 pad=1\"",
     configure_explain},
    {"evaluate", "Errors of a device model on samples it was not trained on",
     "neuralpower evaluate my-server.json more.csv --networks networks.csv", configure_evaluate},
    {"crossvalidate", "Held-out errors of a method on samples",
     "neuralpower crossvalidate samples.csv --method neuralpower-2017 --format json\n"
     "neuralpower crossvalidate samples.csv --plot power.svg --plot-target power\n"
     "neuralpower crossvalidate samples.csv --predictions held-out.csv",
     configure_crossvalidate},
    {"study", "How many terms a model needs: accuracy against complexity",
     "neuralpower study samples.csv --plot study.svg\n"
     "neuralpower study samples.csv --target energy --kind conv --format csv",
     configure_study},
    {"compare", "Predict networks, then run them for real, side by side",
     "neuralpower compare alexnet.onnx nin.onnx --device my-server.json", configure_compare},
    {"rank", "Networks by error and energy: the Energy-Precision Ratio",
     "neuralpower rank table.csv --alpha 1,2,3,4\n"
     "neuralpower rank vgg16.onnx nin.onnx --errors errors.csv --device my-server.json --batch 64\n"
     "neuralpower rank table.csv --max-latency 20ms --max-energy 1J --format json",
     configure_rank},
    {"sweep", "One network over batch sizes, widths, images, types, devices",
     "neuralpower sweep resnet50.onnx --device my-server.json --batch 1,2,4,8,16,32 "
     "--max-latency 50ms\n"
     "neuralpower sweep net.onnx --device a.json,b.json --resolution 160,192,224 --format csv\n"
     "neuralpower sweep mobilenet_v2.onnx --device my-server.json --width 0.5,0.75,1,1.4",
     configure_sweep},
    {"search", "A space of architectures, for its Pareto front",
     "neuralpower search examples/spaces/cifar10-random.space --device xeon-gold-5120\n"
     "neuralpower search examples/spaces/cifar10-random.space --device xeon-gold-5120 "
     "--objectives latency,macs --by latency --sample 20000 --write front\n"
     "neuralpower search net.space --device my-server.json --shard 3/16 --state part3.json\n"
     "neuralpower search net.space --device my-server.json --merge part1.json part2.json\n"
     "neuralpower search net.space --device my-server.json --evolve 5000 "
     "--predictor \"python3 -u error_of.py\"",
     configure_search},
    {"advise", "The single changes to a network that would save most energy",
     "neuralpower advise vgg16.onnx --device xeon-gold-5120 --batch 8\n"
     "neuralpower advise net.layers --device my-server.json --top 5 --format json",
     configure_advise},
    {"cost", "What a million inferences cost in energy, money and CO2",
     "neuralpower cost resnet50.onnx --device my-server.json --batch 8 --price 0.31 --currency EUR "
     "--intensity 380 --idle-power 40W --utilisation 0.3\n"
     "neuralpower cost --energy 450mJ --price 0.31",
     configure_cost},
    {"reproduce", "The NeuralPower paper's tables, and your device's beside them",
     "neuralpower reproduce\n"
     "neuralpower reproduce samples.csv --device my-server.json --networks networks.csv "
     "--paleo titan-x",
     configure_reproduce},
    {"samples", "Measured layers: profiles imported, stores exported and merged",
     "neuralpower samples import profile.json --model resnet50.onnx -o samples.csv\n"
     "neuralpower samples export lab.db -o samples.csv\n"
     "neuralpower samples merge node1.db node2.db -o all.db",
     configure_samples},
    {"devices", "The device models and data sheets at hand",
     "neuralpower devices\n"
     "neuralpower devices --format json",
     configure_devices},
    {"completion", "A script that completes this program's commands in your shell",
     "neuralpower completion bash > ~/.local/share/bash-completion/completions/neuralpower\n"
     "neuralpower completion zsh > ~/.zfunc/_neuralpower\n"
     "neuralpower completion fish > ~/.config/fish/completions/neuralpower.fish",
     configure_completion},
    {"manual", "Manual pages: of the program, or of a command",
     "neuralpower manual predict | man -l -\n"
     "neuralpower manual -o man1",
     configure_manual},
    {"backends", "What can run layers here", "neuralpower backends", configure_backends},
    {"meters", "What can measure power here, and what is missing", "neuralpower meters",
     configure_meters},
    {"characterise", "How a power meter behaves: update period, averaging, gaps",
     "neuralpower characterise --meter rapl --store lab.db\n"
     "neuralpower characterise --backend cudnn --meter nvml --compare-with nvml-power -o nvml.json",
     configure_characterise},
};

constexpr int kExitUsage = 2, kExitEnvironment = 3;

// The help of a command in 80 columns: descriptions are broken between words, and the type that a
// range names is not said twice.
class HelpText : public CLI::Formatter {
 public:
  HelpText() { column_width(28); }
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = CLI::Formatter::make_option_opts(option);  // " INT:INT in [1 - 9]=3"
    const std::size_t range = text.find(" in ["), colon = text.rfind(':', range);
    if (range != std::string::npos && colon != std::string::npos && text.front() == ' ')
      text.erase(1, colon);
    return text;
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    std::string wrapped;
    std::size_t used = 0;
    for (const std::string_view word : split(option->get_description(), ' ')) {
      if (used > 0 && used + 1 + word.size() > 79 - get_column_width()) {
        wrapped += '\n';
        used = 0;
      } else if (used > 0) {
        wrapped += ' ';
        ++used;
      }
      wrapped += word;
      used += word.size();
    }
    return wrapped;
  }
};

int fail(const std::string& what, int code) {
  std::cerr << "neuralpower: error: " << what << "\n";
  return code;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run(int argc, const char* const* argv) {
  CLI::App app{"Time, power and energy of neural networks, from their architecture alone."};
  app.name("neuralpower");
  app.formatter(std::make_shared<HelpText>());  // of the commands, too
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("neuralpower ") + version());
  add_manners(app);
  std::map<std::string, Action> actions;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    std::string footer = "\nExamples:";
    for (std::string_view line : split(command.examples, '\n'))
      footer += "\n  " + std::string(line);
    sub->footer(footer);
    actions[std::string(command.name)] = command.configure(*sub);
    add_manners(*sub);
  }
  const auto list = std::make_shared<CLI::Formatter>();  // of commands, in 80 columns
  constexpr std::size_t kNameColumn = 17;
  list->column_width(kNameColumn);
  app.formatter(list);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);  // --help, --version
  } catch (const CLI::ParseError& error) {
    return fail(explain_mistake(error, app, argc, argv), kExitUsage);
  }
  try {
    const CLI::App& command = *app.get_subcommands()[0];
    const bool silent = is_quiet(command) && writes_a_file(command);
    std::streambuf* const output = silent ? std::cout.rdbuf(nullptr) : nullptr;
    const int code = actions.at(command.get_name())();
    if (silent) {
      std::cout.rdbuf(output);
      std::cout.clear();
    }
    std::cout.flush();
    if (is_verbose(command)) std::cerr << "neuralpower: " << resources_used() << "\n";
    if (!std::cout) return fail("writing to standard output failed", kExitEnvironment);
    return code;
  } catch (const Error& error) {
    return fail(error.what(),
                error.kind() == ErrorKind::kEnvironment ? kExitEnvironment : kExitUsage);
  } catch (const std::bad_alloc&) {
    return fail("out of memory", kExitEnvironment);
  } catch (const std::exception& error) {
    return fail(printable(error.what()), kExitUsage);
  }
}

}  // namespace neuralpower::cli
