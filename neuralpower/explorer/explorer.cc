// SPDX-License-Identifier: Apache-2.0
// The program's core inside a web page: the same importers, formulas and JSON as the command line,
// compiled to WebAssembly (CMakeLists.txt). The page writes the files it was given into the
// module's memory and asks for a report of them; nothing leaves the page.
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/importers/importers.h"
#include "neuralpower/report/report_document.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

ImportOptions import_options(const Json& request, std::int64_t batch) {
  ImportOptions options;
  if (batch > 0) options.batch = batch;
  for (const auto& [name, text] : request.value("shapes", Json::object()).items()) {
    const auto shape = Shape::parse(text.get<std::string>());
    if (!shape)
      throw usage_error("the shape " + text.get<std::string>() + " is not as 1x3x224x224");
    options.shapes[name] = *shape;
  }
  return options;
}

// A device model is read once and kept as long as its file says the same.
class Devices {
 public:
  const Predictor& find(const std::string& file) {
    std::string content = read_file(file);
    Entry& entry = entries_[file];
    if (!entry.predictor || entry.content != content) {
      entry.predictor = std::make_unique<Predictor>(load_device_model(file));
      entry.content = std::move(content);
    }
    return *entry.predictor;
  }

 private:
  struct Entry {
    std::string content;
    std::unique_ptr<Predictor> predictor;
  };
  std::map<std::string, Entry> entries_;
};

// {"networks": [file...], "devices": [file...], "batches": [n...] (none: the files' own),
//  "shapes": {input: "1x3x224x224"}} into a report's document.
Json report_of(const Json& request, Devices& devices) {
  std::vector<const Predictor*> predictors;
  ReportDocument report;
  report.program = "neuralpower " NEURALPOWER_VERSION;
  for (const std::string file : request.at("devices")) {
    predictors.push_back(&devices.find(file));
    report.devices.push_back(describe_device(predictors.back()->model()));
  }
  std::vector<std::int64_t> batches = request.value("batches", std::vector<std::int64_t>{});
  if (batches.empty()) batches.push_back(0);
  for (const std::string file : request.at("networks")) {
    const std::size_t index = report.networks.size();
    for (const std::int64_t batch : batches) {
      const Network network = import_network(file, import_options(request, batch));
      if (report.networks.size() == index) report.networks.push_back(network.name);
      for (std::size_t d = 0; d < predictors.size(); ++d) {
        ReportedRun run = reported_run(network, predictors[d]->predict(network));
        run.network = index;
        run.device = d;
        report.runs.push_back(std::move(run));
      }
    }
  }
  return report_json(report);
}

std::string answer(const char* request, Devices& devices) {
  Json json;
  try {
    json["report"] = report_of(Json::parse(request), devices);
  } catch (const Error& error) {
    json = {{"error", error.what()}};
  } catch (const std::bad_alloc&) {
    json = {{"error", "out of memory"}};
  } catch (const std::exception& error) {
    json = {{"error", error.what()}};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace
}  // namespace neuralpower

// {"report": ...} or {"error": "FILE: NODE: what is wrong"}; the text lives until the next call.
extern "C" const char* neuralpower_report(const char* request) {
  // One core a page, and a page asks one question at a time.
  static neuralpower::Devices devices;
  static std::string text;
  text = neuralpower::answer(request, devices);
  return text.c_str();
}
