// SPDX-License-Identifier: Apache-2.0
// The rows of the table of formats: how each tool's profile is recognised and read.
#pragma once

#include "neuralpower/samples/profiles/profile.h"

namespace neuralpower {

bool is_onnxruntime_profile(std::string_view beginning);
Profile read_onnxruntime_profile(std::istream& in);

bool is_onednn_profile(std::string_view beginning);
Profile read_onednn_profile(std::istream& in);

bool is_tensorrt_profile(std::string_view beginning);
Profile read_tensorrt_profile(std::istream& in);

bool is_tflite_profile(std::string_view beginning);
Profile read_tflite_profile(std::istream& in);

bool is_caffe_profile(std::string_view beginning);
Profile read_caffe_profile(std::istream& in);

bool is_pytorch_profile(std::string_view beginning);
Profile read_pytorch_profile(std::istream& in);

bool is_raw_log(std::string_view beginning);
Profile read_raw_log(std::istream& in);

}  // namespace neuralpower
