// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/samples/profiles/formats.h"

#include <istream>

#include "neuralpower/base/error.h"
#include "neuralpower/samples/profiles/compressed_file.h"

namespace neuralpower {
namespace {

constexpr std::size_t kMostText = std::size_t{1} << 30;

constexpr ProfileFormat kFormats[] = {
    {"onnxruntime", "ONNX Runtime's profile (enable_profiling): JSON", is_onnxruntime_profile,
     read_onnxruntime_profile},
    {"onednn", "oneDNN's verbose lines (ONEDNN_VERBOSE=1)", is_onednn_profile, read_onednn_profile},
    {"tensorrt", "trtexec --exportProfile: JSON", is_tensorrt_profile, read_tensorrt_profile},
    {"tflite", "TensorFlow Lite's benchmark_model --enable_op_profiling: CSV or table",
     is_tflite_profile, read_tflite_profile},
    {"caffe", "`caffe time` logs", is_caffe_profile, read_caffe_profile},
    {"pytorch", "PyTorch's profiler with record_shapes: JSON", is_pytorch_profile,
     read_pytorch_profile},
    {"neuralpower", "raw logs of the NeuralPower authors", is_raw_log, read_raw_log},
};

}  // namespace

std::span<const ProfileFormat> profile_formats() { return kFormats; }

Profile read_profile(const std::filesystem::path& file) {
  try {
    CompressedFile text(file, kMostText);
    const std::string_view beginning = text.beginning();
    if (beginning.empty()) throw bad_input("the file is empty");
    for (const ProfileFormat& format : kFormats) {
      if (!format.recognise(beginning)) continue;
      std::istream in(&text);
      in.exceptions(std::ios::badbit);  // else the stream swallows what underflow() throws
      Profile profile = format.read(in);
      if (profile.events.empty())
        throw bad_input(
            "no node was timed in it; was profiling switched on while the network ran?");
      return profile;
    }
    std::string names;
    for (const ProfileFormat& format : kFormats)
      names += (names.empty() ? "" : "; ") + std::string(format.what);
    throw bad_input("not a profile of a known tool; known are: " + names);
  } catch (Error& error) {
    error.in_file(file.string());
    throw;
  }
}

}  // namespace neuralpower
