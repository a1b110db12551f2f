// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/samples/profiles/node_names.h"
#include "neuralpower/samples/profiles/profile.h"

namespace neuralpower {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::filesystem::path path_of(const std::string& ending) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return std::filesystem::path(::testing::TempDir()) /
         (std::string("profiles_") + test->name() + ending);
}

Profile read(const std::string& text) {
  const auto path = path_of(".txt");
  std::ofstream(path) << text;
  return read_profile(path);
}

std::string error_of(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

const std::string kOnnxRuntime = R"json([
{"cat" : "Session","pid" :1,"tid" :1,"dur" :9,"ts" :3,"ph" : "X","name" :"model_loading_uri","args" : {}},
{"cat" : "Node","dur" :100,"ts" :10,"ph" : "X","name" :"c_nchwc_kernel_time","args" : {"op_name" : "Conv","node_index" : "3","provider" : "CPUExecutionProvider","input_type_shape" : [{"float":[1,3,8,8]},{"float":[4,3,3,3]}],"output_type_shape" : [{"float":[1,4,8,8]}]}},
{"cat" : "Node","dur" :1,"ts" :110,"ph" : "X","name" :"c_fence_after","args" : {"op_name" : "Conv"}},
{"cat" : "Session","dur" :130,"ts" :9,"ph" : "X","name" :"model_run","args" : {}},
{"cat" : "Node","dur" :90,"ts" :210,"ph" : "X","name" :"c_nchwc_kernel_time","args" : {"op_name" : "Conv","node_index" : "3","provider" : "CPUExecutionProvider","input_type_shape" : [{"float":[1,3,8,8]},{"float":[4,3,3,3]}],"output_type_shape" : [{"float":[1,4,8,8]}]}},
{"cat" : "Session","dur" :120,"ts" :209,"ph" : "X","name" :"model_run","args" : {}}
])json";

TEST(Profiles, ReadsOnnxRuntimesRunsAndShapes) {
  const Profile profile = read(kOnnxRuntime);
  EXPECT_EQ(profile.software, "ONNX Runtime CPU");
  ASSERT_EQ(profile.events.size(), 1u);
  const ProfileEvent& event = profile.events[0];
  EXPECT_EQ(event.name, "c_nchwc");
  EXPECT_EQ(event.op, "Conv");
  EXPECT_THAT(event.inputs, ElementsAre(Shape{1, 3, 8, 8}, Shape{4, 3, 3, 3}));
  EXPECT_THAT(event.times, ElementsAre(microseconds(100), microseconds(90)));
  EXPECT_THAT(profile.runs, ElementsAre(microseconds(130), microseconds(120)));
}

TEST(Profiles, ReadsGzip) {
  const auto path = path_of(".gz");
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, kOnnxRuntime.data(), static_cast<unsigned>(kOnnxRuntime.size()));
  gzclose(file);
  EXPECT_EQ(read_profile(path).events.size(), 1u);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_THROW(read_profile(path), Error);
}

// As oneDNN 2.6 printed them; the first run's reorder of weights is not repeated.
const std::string kReorder =
    "onednn_verbose,exec,cpu,reorder,jit:uni,undef,src_f32::blocked:abcd:f0 "
    "dst_f32:p:blocked:Acdb16a:f0,attr-scratchpad:user ,,8x3x3x3,0.00317383\n";
const std::string kConvolution =
    "onednn_verbose,exec,cpu,convolution,jit:avx512_core,forward_inference,src_f32::blocked:abcd:"
    "f0 "
    "wei_f32:p:blocked:Acdb16a:f0 bia_f32::blocked:a:f0 "
    "dst_f32:p:blocked:aBcd16b:f0,attr-post-ops:sum:1+eltwise_relu "
    ",alg:convolution_direct,mb2_ic3oc8_ih16oh16kh3sh1dh0ph1_iw16ow16kw3sw1dw0pw1,0.041\n";
const std::string kProduct =
    "onednn_verbose,v1,primitive,exec,cpu,matmul,brg:avx512_core,undef,src_f32::blocked:ab:f0 "
    "wei_f32::blocked:ab:f0 dst_f32::blocked:ab:f0,,,2x128:128x10:2x10,0.02\n";

TEST(Profiles, ReadsOneDnnsVerboseLinesRunByRun) {
  const Profile profile = read("onednn_verbose,info,oneDNN v2.6.3 (commit N/A)\nhello\n" +
                               kReorder + kConvolution + kProduct + kConvolution + kProduct);
  ASSERT_EQ(profile.events.size(), 2u);
  EXPECT_EQ(format_layer(*profile.events[0].layer),
            "conv batch=2 in=3x16x16 out=8 kernel=3x3 stride=1x1 pad=1x1 post=add+relu");
  EXPECT_EQ(format_layer(*profile.events[1].layer), "fc batch=2 in=128 out=10");
  EXPECT_EQ(profile.events[0].times.size(), 2u);
  EXPECT_THAT(profile.notes, ElementsAre(HasSubstr("1 lines before")));
}

TEST(Profiles, OneDnnsWindowsOverVolumesAndEmptyProblemsHaveNoLayer) {
  const std::string volume =
      "onednn_verbose,exec,cpu,convolution,jit,forward_inference,src wei dst,,alg:direct,"
      "mb2_ic3oc8_id4od4kd3sd1dd0pd1_ih16oh16kh3sh1dh0ph1_iw16ow16kw3sw1dw0pw1,0.041\n";
  const std::string norm =
      "onednn_verbose,exec,cpu,batch_normalization,jit,forward_inference,data,,flags:GS,"
      "mb2ic8id4ih16iw16,0.01\n";
  const std::string empty = "onednn_verbose,exec,cpu,binary,jit,undef,src,,alg:binary_add,,0.5\n";
  const Profile profile = read(volume + norm + empty);
  ASSERT_EQ(profile.events.size(), 3u);
  EXPECT_FALSE(profile.events[0].layer);
  EXPECT_EQ(format_layer(*profile.events[1].layer), "norm mode=batch batch=2 in=8x4x16x16");
  EXPECT_FALSE(profile.events[2].layer);
}

TEST(Profiles, ReadsTensorRtsNames) {
  const Profile profile = read(
      R"json([ { "count" : 2094 }
, { "name" : "Reformatting CopyNode for Input Tensor 0 to conv1 + relu1", "timeMs" : 16.15, "averageMs" : 0.0077, "medianMs" : 0.0075, "percentage" : 0.5 }
, { "name" : "conv1 + relu1", "timeMs" : 47.82, "averageMs" : 0.0228, "percentage" : 1.6 }
, { "name" : "PWN(PWN(sigmoid1), mul1)", "timeMs" : 4, "averageMs" : 0.002, "medianMs" : 0.002, "percentage" : 0.1 }
, { "name" : "Reformatting CopyNode for Output Tensor 0 to conv2", "timeMs" : 4, "averageMs" : 0.002, "percentage" : 0.1 }
, { "name" : "/a/Mul_output_0 copy", "timeMs" : 4, "averageMs" : 0.002, "percentage" : 0.1 } ])json");
  ASSERT_EQ(profile.events.size(), 5u);
  EXPECT_EQ(profile.events[3].op, kReorderOutput);
  EXPECT_THAT(profile.events[3].members, ElementsAre("conv2"));
  EXPECT_EQ(profile.events[4].op, kReorderOutput);
  EXPECT_THAT(profile.events[4].members, ElementsAre("/a/Mul_output_0"));
  EXPECT_EQ(profile.events[0].op, "reorder");
  EXPECT_THAT(profile.events[0].members, ElementsAre("conv1", "relu1"));
  EXPECT_THAT(profile.events[1].times, ElementsAre(microseconds(22.8)));
  EXPECT_THAT(profile.events[2].members, ElementsAre("sigmoid1", "mul1"));
}

TEST(Profiles, ReadsTensorFlowLitesTableAndCsv) {
  const Profile table = read(
      "Profiling Info for Benchmark Initialization:\n"
      "============================== Run Order ==============================\n"
      "\t [node type]\t [first]\t [avg ms]\t [%]\t [cdf%]\t [mem KB]\t[times called]\t[Name]\n"
      "\t AllocateTensors\t 0.1\t 0.1\t 100%\t 100%\t 0\t 1\tAllocateTensors/0\n\n"
      "Operator-wise Profiling Info for Regular Benchmark Runs:\n"
      "============================== Run Order ==============================\n"
      "\t [node type]\t [first]\t [avg ms]\t [%]\t [cdf%]\t [mem KB]\t[times called]\t[Name]\n"
      "\t CONV_2D\t 0.519\t 0.5\t 45%\t 45%\t 0.0\t 1\t[relu1;conv1]:0\n"
      "\t SOFTMAX\t 0.01\t 0.02\t 1%\t 46%\t 0.0\t 1\t[prob]:1\n\n"
      "============================== Top by Computation Time ==============================\n"
      "\t [node type]\t [first]\t [avg ms]\t [%]\t [cdf%]\t [mem KB]\t[times called]\t[Name]\n"
      "\t CONV_2D\t 0.519\t 0.5\t 45%\t 45%\t 0.0\t 1\t[relu1;conv1]:0\n");
  ASSERT_EQ(table.events.size(), 2u);
  EXPECT_EQ(table.events[0].op, "CONV_2D");
  EXPECT_THAT(table.events[0].members, ElementsAre("relu1", "conv1"));
  EXPECT_THAT(table.events[0].times, ElementsAre(milliseconds(0.5)));
  const Profile csv = read(
      "node type, first, avg_ms, %, cdf%, mem KB, times called, name\n"
      "CONV_2D, 0.519, 0.5, 45%, 45%, 0, 1, [relu1;conv1]:0\n");
  ASSERT_EQ(csv.events.size(), 1u);
  EXPECT_THAT(csv.events[0].members, ElementsAre("relu1", "conv1"));
}

TEST(Profiles, ReadsTensorFlowLitesTablesOfXnnpack) {
  // Newer tables are set with blanks; the log's prefix stands in front of the title.
  const Profile table = read(
      "INFO: Operator-wise Profiling Info for Regular Benchmark Runs:\n"
      "============================== Run Order ==============================\n"
      "                   [node type]   [first]  [avg ms]      [%]   [cdf%]  [mem KB]  [times "
      "called] "
      " [Name]\n"
      " Convolution (NHWC, F32) IGEMM     0.398     0.407   60.00%   60.00%     0.000              "
      " 1 "
      " Delegate/Convolution (NHWC, F32) IGEMM:0\n"
      "                       RESHAPE     0.001     0.002    1.00%   61.00%     0.000              "
      " 1 "
      " [model/flat]:5\n");
  ASSERT_EQ(table.events.size(), 2u);
  EXPECT_EQ(table.events[0].op, "CONV_2D");
  EXPECT_THAT(table.events[0].times, ElementsAre(milliseconds(0.407)));
  EXPECT_THAT(table.events[1].members, ElementsAre("model/flat"));
  // The CSV does not quote commas in a node type, and writes tabs for those in a name.
  const Profile csv = read(
      "node type, first, avg_ms, %, cdf%, mem KB, times called, name\n"
      "Convolution (NHWC, F32) IGEMM,0.16,0.2,50%,50%,0,1,Delegate/Convolution (NHWC\t F32) "
      "IGEMM:0\n"
      "Convolution (NHWC, F32) DWConv,0.1,0.1,25%,75%,0,1,Delegate/Convolution (NHWC\t F32) "
      "DWConv:1\n"
      "Fully Connected (NC, F32) GEMM,0.1,0.05,9%,84%,0,1,Delegate/Fully Connected (NC\t F32) "
      "GEMM:2\n"
      "Add (ND, F32),0.01,0.002,9%,93%,0,12,Delegate/Add (ND\t F32):0\n");
  ASSERT_EQ(csv.events.size(), 3u);
  EXPECT_EQ(csv.events[1].op, "DEPTHWISE_CONV_2D");
  EXPECT_THAT(csv.events[1].times, ElementsAre(milliseconds(0.1)));
  EXPECT_EQ(csv.events[2].op, "FULLY_CONNECTED");
  ASSERT_EQ(csv.notes.size(), 1u);
  EXPECT_THAT(csv.notes[0], ::testing::HasSubstr("1 rows left out"));
}

TEST(Profiles, ReadsCaffesForwardTimes) {
  const Profile profile = read(
      "I1120 10:00:00.000000  7 caffe.cpp:404]      conv1\tforward: 4.9 ms.\n"
      "I1120 10:00:00.000000  7 caffe.cpp:407]      conv1\tbackward: 5.7 ms.\n"
      "I1120 10:00:00.000000  7 caffe.cpp:404]      relu1\tforward: 0.1 ms.\n"
      "I1120 10:00:00.000000  7 caffe.cpp:412] Average Forward pass: 5.2 ms.\n");
  ASSERT_EQ(profile.events.size(), 2u);
  EXPECT_EQ(profile.events[0].name, "conv1");
  EXPECT_THAT(profile.events[0].times, ElementsAre(milliseconds(4.9)));
  EXPECT_THAT(profile.runs, ElementsAre(milliseconds(5.2)));
}

TEST(Profiles, ReadsPyTorchsOutermostOperators) {
  const Profile profile = read(R"json({"schemaVersion": 1, "traceEvents": [
{"ph": "X", "cat": "cpu_op", "name": "aten::conv2d", "pid": 1, "tid": 1, "ts": 10, "dur": 90, "args": {"Input Dims": [[2, 3, 16, 16], [8, 3, 3, 3], [8], [], []]}},
{"ph": "X", "cat": "cpu_op", "name": "aten::convolution", "pid": 1, "tid": 1, "ts": 12, "dur": 80, "args": {"Input Dims": []}},
{"ph": "X", "cat": "cpu_op", "name": "aten::relu_", "pid": 1, "tid": 1, "ts": 101, "dur": 9, "args": {"Input Dims": [[2, 8, 16, 16]]}},
{"ph": "X", "cat": "python_function", "name": "forward", "pid": 1, "tid": 1, "ts": 1, "dur": 200}]})json");
  ASSERT_EQ(profile.events.size(), 2u);
  EXPECT_EQ(profile.events[0].op, "conv2d");
  EXPECT_EQ(profile.events[0].inputs[0], (Shape{2, 3, 16, 16}));
  EXPECT_EQ(profile.events[1].op, "relu");
  const Profile legacy = read(
      R"json([{"name": "aten::conv2d", "ph": "X", "ts": 228, "dur": 4902, "tid": 1, "pid": "CPU functions", "args": {}},
      {"name": "aten::convolution", "ph": "X", "ts": 262, "dur": 4867, "tid": 1, "pid": "CPU functions", "args": {}}])json");
  EXPECT_EQ(legacy.events.size(), 1u);
  EXPECT_THAT(legacy.notes, Contains(HasSubstr("record_shapes")));
}

TEST(Profiles, ReadsTheAuthorsRawLines) {
  const Profile profile = read(
      "conv1 Conv2D [8, 55, 55, 96] filter: [11, 11, 3, 96] pad: [0, 0] strides: [1, 4, 4, 1] "
      "activation: relu inputs: [8, 227, 227, 3] time: 1.5 power: 90.5\n"
      "fc6 Dense [8, 4096] a: relu b: 1 inputs: [8, 9216] time: 0.8 power: 80\n"
      "fc7 Dense [8, 4096] a: relu b: x inputs: 4096 time: 0.8 power: 80\n"
      "pool1 Pool [8, 27, 27, 96] kernel: [3, 3] strides: [2, 2] inputs: [8, 55, 55, 96] time: 0.2 "
      "power: 70\n");
  ASSERT_EQ(profile.events.size(), 4u);
  EXPECT_EQ(format_layer(*profile.events[1].layer), "fc batch=8 in=9216 out=4096");
  EXPECT_EQ(format_layer(*profile.events[3].layer),
            "pool mode=max batch=8 in=96x55x55 kernel=3x3 stride=2x2 pad=0x0");
  EXPECT_EQ(format_layer(*profile.events[0].layer),
            "conv batch=8 in=3x227x227 out=96 kernel=11x11 stride=4x4 pad=0x0");
  EXPECT_THAT(profile.events[0].times, ElementsAre(milliseconds(1.5)));
  EXPECT_EQ(*profile.events[0].power, Watts(90.5));
}

TEST(Profiles, SaysWhatIsWrongWithBrokenFiles) {
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("hello\n"), HasSubstr("not a profile of a known tool"));
  EXPECT_THAT(error_of(kOnnxRuntime.substr(0, kOnnxRuntime.size() / 2)), HasSubstr("cut off"));
  EXPECT_THAT(error_of(R"json([{"cat":"Session","name":"model_loading_uri","dur":1}])json"),
              HasSubstr("no node was timed"));
  EXPECT_THAT(error_of(R"json([{"cat":"Node","name":"a_kernel_time","dur":-5}])json"),
              HasSubstr("makes no sense"));
  EXPECT_THAT(error_of(R"json([{"cat":"Node","name":"a_kernel_time","dur":1e300}])json"),
              HasSubstr("makes no sense"));
  EXPECT_THAT(error_of(R"json([{"cat":"Node","name":"a_kernel_time","dur":"x"}])json"),
              HasSubstr("no number in 'dur'"));
  EXPECT_THAT(
      error_of(R"json([{"name":"model_loading_uri","args":)json" + std::string(100000, '[')),
      HasSubstr("nested too deeply"));
  EXPECT_THAT(error_of(kConvolution.substr(0, 60) + "\n"), HasSubstr("cut off"));
}

TEST(Profiles, TakesOffWhatToolsAppendToNames) {
  EXPECT_THAT(possible_names("a/Relu_output_0_nchwc"), Contains("a/Relu_output_0"));
  EXPECT_THAT(possible_names("n/BatchNormalization_output_0_bn_nchwc"),
              Contains("n/BatchNormalization_output_0"));
  EXPECT_THAT(possible_names("a/MatMul_1/MatmulTransposeFusion//MatMulScaleFusion/"),
              Contains("a/MatMul_1"));
  EXPECT_THAT(possible_names("Gelu_token_17"), Contains("Gelu"));
}

}  // namespace
}  // namespace neuralpower
