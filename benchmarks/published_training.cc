// SPDX-License-Identifier: Apache-2.0
// The published training at the published size: 858 convolutions, 216 poolings, 116 fully connected
// layers; runtime and power; polynomials of degree 1 to 4, each with its own Lasso path of 100
// penalties and ten folds; the degree and the penalty of least error.
//
//   published_training [--threads 2] [--repeat 3] [--seed 1]
//
// The rows are drawn from a seed, shaped like layers of real networks, with runtimes and powers of
// a made-up device and 5 % noise: no data is needed, and every run does the same work. Prints for
// each kind and target the terms of degree 4, the degree chosen and its CV error, then seconds
// elapsed and of the processor, the least of the repetitions, and the largest violation of the
// optimality conditions.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/features/features.h"
#include "neuralpower/features/published_terms.h"
#include "neuralpower/model/methods/method.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/regression/cross_validation.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  int one_of(std::initializer_list<int> values) { return values.begin()[below(values.size())]; }
  double noise() {  // about normal: a sum of twelve uniforms
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random_() >> 11) * 0x1p-53;
    return sum;
  }

 private:
  std::mt19937_64 random_;
};

std::string draw_layer(const std::string& kind, Draw& draw) {
  const int batch = draw.one_of({1, 2, 4, 8, 16, 32, 64, 128});
  const int channels = draw.one_of({3, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512});
  if (kind == "fc")
    return fmt::format("fc batch={} in={} out={}", batch,
                       draw.one_of({256, 512, 1024, 2048, 4096, 9216, 25088}),
                       draw.one_of({10, 100, 512, 1000, 2048, 4096}));
  const int side = draw.one_of({7, 13, 14, 27, 28, 32, 55, 56, 112, 224});
  if (kind == "pool") {
    const int kernel = draw.one_of({2, 3});
    return fmt::format("pool mode=max batch={} in={}x{}x{} kernel={} stride=2", batch, channels,
                       side, side, kernel);
  }
  const int kernel = draw.one_of({1, 3, 3, 5, 7});
  return fmt::format("conv batch={} in={}x{}x{} out={} kernel={} stride={} pad={}", batch, channels,
                     side, side, draw.one_of({16, 32, 64, 96, 128, 256, 384, 512}), kernel,
                     draw.one_of({1, 1, 2}), kernel / 2);
}

struct Data {
  std::string key;
  std::vector<double> features, runtime_ms, power_w;
  std::vector<std::uint32_t> folds;
  MatrixView view() const {
    return {features.data(), runtime_ms.size(), features.size() / runtime_ms.size()};
  }
};

Data draw_data(const std::string& kind, std::size_t rows, Draw& draw, std::uint64_t seed) {
  Data data;
  data.key = kind;
  const Term flops = Term::parse("flops", kind), bytes = Term::parse("bytes", kind);
  while (data.runtime_ms.size() < rows) {
    const LayerConfig layer = parse_layer(draw_layer(kind, draw));
    const auto x = extract_features(layer);
    const double compute = flops.evaluate(x) / 4e9, memory = bytes.evaluate(x) / 2e8;
    const double ms = (0.05 + compute + memory) * std::exp(0.05 * draw.noise());
    data.features.insert(data.features.end(), x.begin(), x.end());
    data.runtime_ms.push_back(ms);
    data.power_w.push_back((60 + 120 * compute / (0.05 + compute + memory)) *
                           std::exp(0.05 * draw.noise()));
  }
  data.folds = make_folds(rows, 10, seed);
  return data;
}

struct Training {
  int degree = 0;
  std::size_t terms = 0, most_terms = 0;
  double error = 0, kkt = 0;
};

Training train(const Data& data, Target target, unsigned threads) {
  const std::vector<double>& values = target == Target::kRuntime ? data.runtime_ms : data.power_w;
  const MatrixView y(values.data(), values.size(), 1);
  Training best;
  for (int degree = 1; degree <= 4; ++degree) {
    std::vector<Term> terms;
    for (const std::string& name : published_terms(data.key, target, degree))
      terms.push_back(Term::parse(name, data.key));
    const std::vector<double> columns = evaluate_terms(terms, data.view());
    const RowBlock rows{{columns.data(), values.size(), terms.size()}, y, {}, data.folds};
    const CrossValidation cv = cross_validate_rows(rows, 10, {}, 0, threads);
    best.most_terms = terms.size();
    best.kkt = std::max(best.kkt, *std::max_element(cv.kkt.begin(), cv.kkt.end()));
    const double error = std::sqrt(cv.cv_mse[cv.lambda_min]);
    if (best.degree != 0 && error >= best.error) continue;
    best.degree = degree;
    best.error = error;
    best.terms = cv.path.nonzeros[cv.lambda_min];
  }
  return best;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int run(int argc, char** argv) {
  unsigned threads = 2;
  int repeat = 3;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    const auto value = parse_int(argv[i + 1]);
    if (!value || *value < 1) throw usage_error(option + " needs a number from 1 on");
    if (option == "--threads") {
      threads = static_cast<unsigned>(*value);
    } else if (option == "--repeat") {
      repeat = static_cast<int>(*value);
    } else if (option == "--seed") {
      seed = static_cast<std::uint64_t>(*value);
    } else {
      throw usage_error("published_training [--threads 2] [--repeat 3] [--seed 1]");
    }
  }
  Draw draw(seed);
  const Data sets[] = {draw_data("conv", 858, draw, seed), draw_data("pool", 216, draw, seed),
                       draw_data("fc", 116, draw, seed)};
  double elapsed = 1e300, processor = 1e300, kkt = 0;
  for (int r = 0; r < repeat; ++r) {
    const auto start = std::chrono::steady_clock::now();
    const double processor_start = processor_seconds();
    std::string report;
    for (const Data& data : sets)
      for (const Target target : {Target::kRuntime, Target::kPower}) {
        const double part = processor_seconds();
        const Training t = train(data, target, threads);
        kkt = std::max(kkt, t.kkt);
        report += fmt::format(
            "{:5} {:8} {:4} rows, degree 4 has {:4} terms; degree {} wins: {} terms, CV RMSE "
            "{:.4g} "
            "{}; {:.3f} s of the processor\n",
            data.key, to_string(target), data.runtime_ms.size(), t.most_terms, t.degree, t.terms,
            t.error, target == Target::kRuntime ? "ms" : "W", processor_seconds() - part);
      }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    elapsed = std::min(elapsed, took.count());
    processor = std::min(processor, processor_seconds() - processor_start);
    if (r + 1 == repeat) std::cout << report;
  }
  std::cout << fmt::format(
      "all: {:.3f} s elapsed, {:.3f} s of the processor, {} threads; largest KKT violation "
      "{:.1e}\n",
      elapsed, processor, threads, kkt);
  return 0;
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  try {
    return neuralpower::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "published_training: " << error.what() << "\n";
    return 2;
  }
}
