// SPDX-License-Identifier: Apache-2.0
// Small random layers of every kind, for checking back-ends: odd sizes, groups, depthwise, dilated,
// asymmetric padding, fused activations and sums.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/network/mode_names.h"
#include "neuralpower/network/work.h"

namespace neuralpower {

class RandomLayers {
 public:
  explicit RandomLayers(std::uint64_t seed) : random_(seed) {}

  // The next layer whose sizes fit together.
  LayerConfig next() {
    while (true) {
      try {
        LayerConfig layer = parse_layer(text());
        if (count_work(layer).flops < 20'000'000) return layer;
      } catch (const Error&) {  // a kernel larger than its input, say
      }
    }
  }

 private:
  std::int64_t upto(std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(1, most)(random_);
  }
  std::string number(std::int64_t most) { return std::to_string(upto(most)); }
  template <typename T>
  T one_of(std::vector<T> choices) {
    return choices[static_cast<std::size_t>(upto(static_cast<std::int64_t>(choices.size())) - 1)];
  }
  std::string pad() {
    if (upto(3) == 1) return "pad=0,1,2,1";
    return upto(2) == 1 ? "pad=" + std::to_string(upto(3) - 1) : "pad=1x2";
  }
  std::string image() { return channels() + "x" + number(17) + "x" + number(17); }
  std::string channels() {
    return std::to_string(one_of<std::int64_t>({1, 2, 3, 8, 16, 24, 32, 48, 64, upto(70)}));
  }
  std::string window() { return "kernel=" + number(5) + "x" + number(5); }

  std::string text() {
    const std::string batch = " batch=" + number(3);
    switch (upto(16)) {
      case 1:
      case 2:
        return "conv" + batch + " in=" + image() + " out=" + channels() + " " + window() +
               " stride=" + number(2) + " " + pad() + " dilation=" + number(2) +
               one_of<std::string>({"", "", " post=activation+add", " post=norm+relu",
                                    " post=norm+add+relu", " post=mul", " dtype=bf16"});
      case 3: {  // grouped
        const std::int64_t groups = upto(4);
        return "conv" + batch + " in=" + std::to_string(groups * upto(20)) + "x" + number(15) +
               "x" + number(15) + " out=" + std::to_string(groups * upto(20)) + " " + window() +
               " " + pad() + " groups=" + std::to_string(groups);
      }
      case 4: {  // depthwise
        const std::string c = channels();
        return "conv" + batch + " in=" + c + "x" + number(20) + "x" + number(20) + " out=" + c +
               " kernel=" + one_of<std::string>({"3", "5", "3x1"}) + " stride=" + number(2) + " " +
               pad() + " groups=" + c;
      }
      case 5:
        return "deconv" + batch + " in=" + image() + " out=" + channels() + " " + window() +
               " stride=" + number(3) + " pad=" + std::to_string(upto(2) - 1);
      case 6:
        return "fc" + batch + " in=" + one_of<std::string>({number(300), image()}) +
               " out=" + number(200) + one_of<std::string>({"", "", " post=relu", " dtype=bf16"});
      case 7:
        return "matmul" + batch + " m=" + number(40) + " k=" + number(60) + " n=" + number(40);
      case 8:
        // Kernels of at least 2: no window lies in the padding alone.
        return "pool mode=" + one_of<std::string>({"max", "avg"}) + batch + " in=" + image() +
               " kernel=" + std::to_string(1 + upto(4)) + "x" + std::to_string(1 + upto(4)) +
               " stride=" + number(3) + " " +
               one_of<std::string>({"pad=0", "pad=0", "pad=1", "pad=0,1,1,0"}) +
               one_of<std::string>({"", "", " ceil=1"});
      case 9: {
        const std::int64_t out = upto(4), times = upto(4);
        const std::string size = std::to_string(out * times);
        return "pool mode=" + one_of<std::string>({"adaptive_avg", "adaptive_max"}) + batch +
               " in=" + channels() + "x" + size + "x" + size + " out=" + std::to_string(out) + "x" +
               std::to_string(out);
      }
      case 10:
        return "norm mode=" + one_of<std::string>({"batch", "lrn"}) + batch + " in=" + image();
      case 11:
        return "norm mode=layer" + batch + " in=" + number(20) + "x" + number(100);
      case 12:
        return "activation mode=" +
               std::string(one_of(std::vector<std::string_view>(kActivationModes.begin(),
                                                                kActivationModes.end()))) +
               batch + " in=" + one_of<std::string>({number(3000), image()});
      case 13:
        return one_of<std::string>({"add", "mul", "sub", "div", "max", "min", "less", "greater"}) +
               batch + " in=" + image() + " inputs=2" + one_of<std::string>({"", " broadcast=1"});
      case 14: {
        const std::string size = "x" + number(9) + "x" + number(9);
        return "concat" + batch + " in=" + channels() + size + "+" + channels() + size +
               one_of<std::string>({"", "+" + channels() + size});
      }
      case 15:
        return "softmax" + batch +
               " in=" + one_of<std::string>({number(2000), channels() + "x3x2 axis=1"});
      default: {
        const std::string c = channels();
        return "reduce mode=" +
               one_of<std::string>({"mean", "sum", "max", "min", "prod", "l1", "l2"}) +
               " batch=2 in=" + c + "x5x6 to=2x" + c + one_of<std::string>({"", "x1x1"});
      }
    }
  }

  std::mt19937_64 random_;
};

}  // namespace neuralpower
