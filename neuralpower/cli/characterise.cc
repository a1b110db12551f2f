// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/cli/command.h"
#include "neuralpower/cli/hardware.h"
#include "neuralpower/cli/manners.h"
#include "neuralpower/cli/options.h"
#include "neuralpower/measure/meter_character.h"
#include "neuralpower/measure/meters/meters.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/measuring_report.h"
#include "neuralpower/samples/sample_store.h"

namespace neuralpower::cli {
namespace {

// Well below a millisecond on what runs it, so that a load can be switched quickly.
constexpr const char* kCpuLoad = "conv batch=1 in=64x14x14 out=64 kernel=3 pad=1";
constexpr const char* kGpuLoad = "conv batch=16 in=256x28x28 out=256 kernel=3 pad=1";

std::unique_ptr<PowerMeter> open_other(const std::string& name, const HardwareChoice& choice,
                                       Clock& clock) {
  if (name.empty()) return nullptr;
  MeterOptions options;
  options.recording = choice.recording;
  options.gpu = static_cast<unsigned>(choice.backend_options.gpu.device);
  return std::get<0>(open_meter(name, MeterScope::kBoard, options, clock));
}

}  // namespace

Action configure_characterise(CLI::App& app) {
  struct Options {
    HardwareOptions hardware;
    std::string other, store, out;
    FormatOption format;
  };
  auto options = std::make_shared<Options>();
  app.add_option("--compare-with", options->other,
                 "Another meter, to hold against: nvml-power ('neuralpower meters')");
  app.add_option("--store", options->store,
                 "Store to note it in: measurements into it then take their windows from it");
  app.add_option("-o,--out", options->out, "JSON file to write as well");
  options->hardware.add_to(app);
  options->format.add_to(app, {"table", "json"});
  return [&app, options] {
    if (options->hardware.meter == "none")
      throw usage_error("--meter none leaves nothing to characterise");
    const auto hardware = open_hardware(options->hardware);
    if (!hardware->meter)
      throw environment_error("there is no meter to characterise: " + hardware->no_meter_reason);
    const auto other = open_other(options->other, options->hardware, hardware->clock);
    const bool is_gpu = options->hardware.backend == "cudnn";
    Preparation made = hardware->backend->prepare(parse_layer(is_gpu ? kGpuLoad : kCpuLoad));
    if (const auto* skip = std::get_if<Skip>(&made))
      throw environment_error("the back-end cannot run the load: " + skip->reason);
    PreparedLayer& layer = *std::get<0>(made);
    const auto priority = take_priority();
    const MeterCharacter character = characterise_meter(
        *hardware->meter, other.get(), hardware->clock,
        [&](Seconds time) {
          const Seconds end = hardware->clock.now() + time;
          do {
            layer.run();
            layer.synchronise();
          } while (hardware->clock.now() < end);
        },
        [&app](std::string_view what) {
          if (!is_quiet(app)) std::cerr << "looking at: " << what << "\n";
        });
    if (!options->store.empty())
      SampleStore::open(options->store).record_meter(character.meter, character_text(character));
    if (!options->out.empty())
      write_file_atomically(options->out,
                            render_meter_character(character, {OutputFormat::kJson, 0}));
    std::cout << render_meter_character(character, options->format.render_options());
    return character.moves ? 0 : 1;
  };
}

}  // namespace neuralpower::cli
