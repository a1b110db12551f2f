// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#ifdef NEURALPOWER_HTTP_SERVER
#include <httplib.h>
#endif

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "neuralpower/api/explorer_folder.h"
#include "neuralpower/api/shipped_files.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/file.h"
#include "neuralpower/cli/showing.h"

namespace neuralpower::cli {
namespace {

#ifdef NEURALPOWER_HTTP_SERVER

// Device models by file name, for the page's list.
std::string device_list() {
  nlohmann::json names = nlohmann::json::array();
  for (const auto& file : shipped_devices().models) names.push_back(file.filename().string());
  return names.dump();
}

void answer_device(const httplib::Request& request, httplib::Response& response) {
  for (const auto& file : shipped_devices().models)
    if (file.filename() == request.matches[1].str())
      return response.set_content(read_file(file), "application/json");
  response.status = 404;
}

// Serves the explorer to this machine only, until it is told to stop.
int serve(int port) {
  const std::filesystem::path folder = explorer_folder();
  constexpr const char* kThisMachine = "127.0.0.1";
  httplib::Server server;
  server.set_mount_point("/", folder.string());
  server.set_file_extension_and_mimetype_mapping("wasm", "application/wasm");
  server.Get("/devices.json", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(device_list(), "application/json");
  });
  server.Get(R"(/devices/([^/]+\.json))", answer_device);
  const int bound = port == 0 ? server.bind_to_any_port(kThisMachine)
                              : (server.bind_to_port(kThisMachine, port) ? port : -1);
  if (bound < 0)
    throw environment_error(
        fmt::format("port {} is taken; try another, or --port 0 for any that is free", port));
  std::cout << fmt::format("http://{}:{}/ (files stay in the page; Ctrl-C stops this)",
                           kThisMachine, bound)
            << std::endl;
  server.listen_after_bind();
  return 0;
}

#else

int serve(int) {
  throw environment_error(
      "this program was built without a server: tools/install-dependencies.sh --explorer, then "
      "tools/build.sh and tools/build.sh explorer");
}

#endif

}  // namespace

Action configure_explore(CLI::App& app) {
  auto port = std::make_shared<int>(8765);
  app.add_option("--port", *port, "Port on this machine; 0 takes any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  return [port] { return serve(*port); };
}

}  // namespace neuralpower::cli
