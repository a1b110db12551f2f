// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/report_document.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "neuralpower/network/layer_text.h"
#include "neuralpower/report/html_report.h"

namespace neuralpower {
namespace {

LayerModel flat_model(Target target, double intercept) {
  LayerModel model;
  model.key = "conv";
  model.target = target;
  model.regimes.push_back({"always", intercept, {{"macs", 1e-6}}, {}});
  model.interval.push_back({1e300, 0.9, 1.1});
  model.report.rows = 7;
  model.report.rmspe = 12.5;
  return model;
}

DeviceModel device() {
  DeviceModel model;
  model.device = "bench <b>";
  model.method = "by hand";
  model.layers["conv"].runtime = flat_model(Target::kRuntime, 0.5);
  model.layers["conv"].runtime->floor = {{"flops", 1e-9}, {"bytes", 1e-7}};
  model.layers["conv"].power = flat_model(Target::kPower, 50);
  return model;
}

// a -> b, and both into c.
Network diamond(const std::string& name) {
  Network network;
  network.name = name;
  const LayerConfig conv = parse_layer("conv batch=1 in=8x16x16 out=8 kernel=3 pad=1");
  const TensorId image = network.add_tensor({"image", {}});
  const TensorId a = network.add_tensor({"a", {}}), b = network.add_tensor({"b", {}});
  const TensorId c = network.add_tensor({"c", {}});
  network.inputs = {image};
  network.layers = {{"a", "Conv", conv, {image}, {a}},
                    {"</script><script>alert(1)</script>", "Conv", conv, {a}, {b}},
                    {"c", "Add", parse_layer("add batch=1 in=8x16x16 inputs=2"), {a, b}, {c}}};
  return network;
}

ReportDocument document(const Predictor& predictor, const Network& network) {
  ReportDocument report;
  report.program = "neuralpower test";
  report.devices = {describe_device(predictor.model())};
  report.networks = {network.name};
  report.runs = {reported_run(network, predictor.predict(network))};
  return report;
}

TEST(ReportDocument, KeepsTheGraphAndTheDeviceModelsErrors) {
  const Predictor predictor(device());
  const auto json = report_json(document(predictor, diamond("net")));
  EXPECT_EQ(json["runs"][0]["reads"].dump(), "[[],[0],[0,1]]");
  EXPECT_EQ(json["devices"][0]["held_out"].size(), 2u);
  EXPECT_EQ(json["devices"][0]["held_out"][0]["rmspe"], 12.5);
  EXPECT_DOUBLE_EQ(json["devices"][0]["roof"]["flops_per_s"], 1e12);
  EXPECT_DOUBLE_EQ(json["devices"][0]["roof"]["bytes_per_s"], 1e10);
  EXPECT_EQ(json["runs"][0]["prediction"]["layers"].size(), 3u);
  EXPECT_TRUE(json["runs"][0]["measured"].is_null());
  EXPECT_TRUE(json["ranking"].is_null());
}

TEST(ReportDocument, EdgesSurviveLayersThatRunAsOne) {
  const Predictor predictor(device());
  const Network network = diamond("net");
  NetworkPrediction fused = predictor.predict(network);
  fused.layers.erase(fused.layers.begin());
  EXPECT_EQ(reported_run(network, fused).reads, (std::vector<std::vector<std::size_t>>{{}, {0}}));
}

TEST(ReportDocument, PutsMeasurementsBesideTheirLayers) {
  DeviceModel model = device();
  const Network network = diamond("net");
  model.trained_on = {configuration_hash(format_layer(network.layers[0].config))};
  const Predictor predictor(model);
  ReportedRun run = reported_run(network, predictor.predict(network));
  Sample sample;
  sample.layer = network.layers[0].config;
  sample.runtime = milliseconds(2);
  add_measurements(run, {sample}, predictor);
  ASSERT_EQ(run.measured.size(), 3u);
  ASSERT_TRUE(run.measured[0]);
  EXPECT_TRUE(run.measured[0]->trained_on);
  EXPECT_FALSE(run.measured[2]);
  ReportDocument report;
  report.runs = {run};
  const auto layer = report_json(report)["runs"][0]["measured"][0];
  EXPECT_DOUBLE_EQ(layer["runtime_ms"], 2);
  EXPECT_TRUE(layer["power_w"].is_null());
}

// The data stands in a script element; nothing in it may end that element or open another.
TEST(HtmlReport, NamesOfStrangersStayText) {
  const Predictor predictor(device());
  const std::string html = render_html(document(predictor, diamond("<!--<script>")));
  const std::string start = "id=\"report-data\">";
  const std::size_t begin = html.find(start) + start.size();
  const std::size_t end = html.find("</script>", begin);
  const std::string data = html.substr(begin, end - begin);
  EXPECT_EQ(data.find('<'), std::string::npos);
  const auto json = nlohmann::json::parse(data);
  EXPECT_EQ(json["networks"][0], "<!--<script>");
  EXPECT_EQ(json["runs"][0]["prediction"]["layers"][1]["name"],
            "</script><script>alert(1)</script>");
  EXPECT_EQ(html.find("alert(1)", end), std::string::npos);
}

TEST(HtmlReport, NamesNothingOutsideItself) {
  const Predictor predictor(device());
  const std::string html = render_html(document(predictor, diamond("net")));
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  for (const char* outside : {"src=\"http", "href=\"http", "@import", "url(http"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
}

}  // namespace
}  // namespace neuralpower
