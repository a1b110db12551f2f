// SPDX-License-Identifier: Apache-2.0
// Data outside the model's file: read where a shape depends on it, never from elsewhere.
#include "neuralpower/importers/onnx/external_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "neuralpower/base/error.h"
#include "neuralpower/importers/onnx/import_onnx.h"
#include "neuralpower/importers/onnx/test_model.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower::onnx::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string external_tensor(const std::string& name, const Sizes& sizes, int type,
                            const std::string& location, const std::string& offset = "0") {
  std::string bytes = stripped_tensor(name, sizes, type);
  protozero::pbf_writer out(bytes);
  for (const auto& [key, value] :
       {std::pair<std::string, std::string>{"location", location}, {"offset", offset}}) {
    std::string entry;
    protozero::pbf_writer entry_out(entry);
    entry_out.add_string(1, key);
    entry_out.add_string(2, value);
    out.add_message(13, entry);
  }
  out.add_int32(14, 1);
  return bytes;
}

class ExternalData : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("neuralpower_external_" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "model");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const fs::path& file, const std::string& bytes) {
    std::ofstream(folder_ / file, std::ios::binary) << bytes;
  }

  // A Reshape whose target lies outside the file; the layer's text, or the error.
  std::string reshape_by(const std::string& location, const std::string& offset = "0") {
    Model model;
    model.input("x", {2, 3, 4});
    model.initializer(external_tensor("target", {2}, 7, location, offset));
    model.add("Reshape", {"x", "target"}, {"y"}).output("y");
    write("model/net.onnx", model.bytes());
    try {
      const Network network = import_onnx(folder_ / "model" / "net.onnx", {});
      const auto* unknown = std::get_if<UnsupportedOp>(&network.layers[0].config.op);
      return unknown ? unknown->reason : format_layer(network.layers[0].config);
    } catch (const Error& error) {
      return error.what();
    }
  }

  fs::path folder_;
};

std::string two_integers(std::int64_t a, std::int64_t b) {
  std::string bytes(16, '\0');
  std::memcpy(bytes.data(), &a, 8);
  std::memcpy(bytes.data() + 8, &b, 8);
  return bytes;
}

TEST_F(ExternalData, IsReadWhereAShapeDependsOnIt) {
  write("model/data.bin", "padding!" + two_integers(4, 6));
  EXPECT_EQ(reshape_by("data.bin", "8"), "view batch=2 in=3x4 to=4x6");
  EXPECT_EQ(reshape_by("./data.bin", "8"), "view batch=2 in=3x4 to=4x6");
}

TEST_F(ExternalData, ThatIsAbsentOrShortLeavesTheShapeUnknown) {
  EXPECT_THAT(reshape_by("data.bin"), HasSubstr("depends on data"));
  write("model/data.bin", "short");
  EXPECT_THAT(reshape_by("data.bin"), HasSubstr("depends on data"));
  EXPECT_THAT(reshape_by("data.bin", "9223372036854775807"), HasSubstr("depends on data"));
}

TEST_F(ExternalData, OutsideTheFolderIsRefused) {
  write("secret.bin", two_integers(4, 6));
  fs::create_symlink(folder_ / "secret.bin", folder_ / "model" / "link.bin");
  for (const std::string location : {"/etc/passwd", "../secret.bin", "sub/../../secret.bin",
                                     "link.bin", "", "/dev/zero", "/proc/self/mem"})
    EXPECT_THAT(reshape_by(location), HasSubstr("outside the model's folder")) << location;
}

TEST_F(ExternalData, ThatIsNoRegularFileIsRefused) {
  ASSERT_EQ(::mkfifo((folder_ / "model" / "pipe").c_str(), 0600), 0);
  fs::create_directory(folder_ / "model" / "sub");
  for (const std::string location : {"pipe", "sub"})
    EXPECT_THAT(reshape_by(location), HasSubstr("not a regular file")) << location;
  // Nor is a model itself.
  for (const std::string name : {"pipe", "sub", "missing"})
    EXPECT_THROW(import_onnx(folder_ / "model" / name, {}), Error) << name;
}

TEST_F(ExternalData, OfWeightsIsNeverOpened) {
  Model model;
  model.input("x", {1, 3, 8, 8});
  model.initializer(external_tensor("w", {4, 3, 3, 3}, 1, "/etc/passwd"));
  model.add("Conv", {"x", "w"}, {"y"}).output("y");
  write("model/net.onnx", model.bytes());
  EXPECT_EQ(import_onnx(folder_ / "model" / "net.onnx", {}).layers[0].params, 108);
  // From memory nothing outside is read at all.
  EXPECT_EQ(import_onnx_bytes(model.bytes(), "net", {}).layers.size(), 1u);
}

}  // namespace
}  // namespace neuralpower::onnx::test
