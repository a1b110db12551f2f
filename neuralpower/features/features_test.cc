// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/features/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <set>

#include "neuralpower/base/error.h"
#include "neuralpower/features/lane_kernels.h"
#include "neuralpower/features/published_terms.h"
#include "neuralpower/features/real_math.h"
#include "neuralpower/features/sum_chain.h"
#include "neuralpower/features/sum_program.h"
#include "neuralpower/features/term.h"
#include "neuralpower/network/layer_text.h"

namespace neuralpower {
namespace {

double value(const char* layer, const char* term) {
  const LayerConfig config = parse_layer(layer);
  return Term::parse(term, model_key(config)).evaluate(extract_features(config));
}

constexpr const char* kConv = "conv batch=8 in=64x56x48 out=128 kernel=3x5 stride=2x1 pad=1x2";

TEST(Features, CarryTheNamesOfThePaper) {
  EXPECT_EQ(value(kConv, "N"), 8);
  EXPECT_EQ(value(kConv, "Ci"), 64);
  EXPECT_EQ(value(kConv, "Ho"), 28);
  EXPECT_EQ(value(kConv, "Wo"), 48);
  EXPECT_EQ(value(kConv, "kh*kw"), 15);
  EXPECT_EQ(value(kConv, "N*Ho*Wo*Co*kh*kw*Ci"), value(kConv, "macs"));
  EXPECT_EQ(value("fc batch=2 in=256x6x6 out=10", "N*Co*Hi*Wi*Ci"), 2 * 10 * 256 * 36);
  EXPECT_EQ(value("fc batch=2 in=4096 out=10", "Ci"), 4096);
  EXPECT_EQ(value("concat batch=2 in=3x4x5+7x4x5", "N*C*c2"), 2 * 10 * 7);
  EXPECT_EQ(value("pool mode=adaptive_avg batch=2 in=3x14x14 out=7x7", "kh"), 2);
}

TEST(Features, EveryKindHasAsManyValuesAsNames) {
  for (const char* text :
       {kConv, "deconv batch=1 in=4x4x4 out=2 kernel=2 stride=2", "fc batch=2 in=4 out=10",
        "matmul batch=2 m=3 k=4 n=5", "pool mode=max batch=1 in=3x8x8 kernel=2 stride=2",
        "norm mode=lrn batch=1 in=8x4x4 size=5", "activation mode=relu batch=8 in=10",
        "add batch=1 in=4", "concat batch=2 in=3x4x5+7x4x5", "softmax batch=1 in=10",
        "dropout batch=1 in=10", "reduce mode=mean batch=2 in=3x4 to=2x3",
        "move mode=slice batch=2 in=3x4 to=2x2", "embedding batch=2 in=7 rows=10 width=4",
        "recurrent mode=gru batch=2 in=3x4 hidden=5",
        "attention batch=2 heads=2 queries=8 width=4"}) {
    const LayerConfig config = parse_layer(text);
    const auto values = extract_features(config);
    EXPECT_EQ(values.size(), feature_names(model_key(config)).size()) << text;
    EXPECT_FALSE(values.empty()) << text;
    for (double v : values) EXPECT_TRUE(std::isfinite(v) && v >= 0) << text;
    std::set<std::string_view> unique;
    for (std::string_view name : feature_names(model_key(config))) unique.insert(name);
    EXPECT_EQ(unique.size(), values.size()) << text;
  }
}

TEST(Terms, MultiplyPowersAndLogarithms) {
  EXPECT_EQ(value(kConv, "1"), 1);
  EXPECT_DOUBLE_EQ(value(kConv, "N^2*log2(Ci)"), 64 * 6);
  EXPECT_DOUBLE_EQ(value(kConv, "Ci^-0.5"), 0.125);
  EXPECT_THROW(value(kConv, "Nope"), Error);
  EXPECT_THROW(value(kConv, "N^x"), Error);
  EXPECT_THROW(value(kConv, "sin(N)"), Error);
}

TEST(Terms, KnowStepsRampsAndPadding) {
  // kConv: N 8, Ci 64, 56 x 48, Co 128, 3 x 5, stride 2 x 1, pad 1 x 2: 28 x 48.
  EXPECT_EQ(value(kConv, "[Ci>63.5]"), 1);
  EXPECT_EQ(value(kConv, "[Ci<=63.5]"), 0);
  EXPECT_EQ(value(kConv, "[kh*kw==15]*macs"), value(kConv, "macs"));
  EXPECT_EQ(value(kConv, "[Ci%16==0]"), 1);
  EXPECT_EQ(value(kConv, "[Ci%10!=4]"), 0);
  EXPECT_DOUBLE_EQ(value(kConv, "ramp(log2(Ci),4,8)"), 0.5);
  EXPECT_EQ(value(kConv, "ramp(Ci,100,200)"), 0);
  EXPECT_DOUBLE_EQ(value(kConv, "ramp(Ci,68,60)"), 0.5);  // falls
  EXPECT_EQ(value(kConv, "up(Ho,14)"), 28);
  EXPECT_EQ(value(kConv, "up(Ho*Wo,1000)/2"), 1000);
  EXPECT_EQ(value(kConv, "over(Co,Ci)"), 64);
  EXPECT_EQ(value(kConv, "over(Ci,Co)"), 0);
  EXPECT_EQ(value(kConv, "min(Ci,Co)*max(kh,kw)"), 64 * 5);
  EXPECT_DOUBLE_EQ(value(kConv, "log2(Ci/Co)"), -1);
  EXPECT_DOUBLE_EQ(value(kConv, "N/(Ci*Co)"), 8.0 / (64 * 128));
  EXPECT_EQ(value(kConv, "Hr"), 27 * 2 + 3);
  EXPECT_EQ(value(kConv, "Hp*Wp"), 58 * 52);
}

TEST(Terms, NothingIsGuessed) {
  for (const char* text :
       {"",       "*N",      "N*",         "N**N",         "N N",      "[Ci]", "[Ci>]",
        "[Ci>x]", "Ci>3",    "ramp(Ci,1)", "ramp(Ci,1,1)", "up(Ci,0)", "Ci%0", "log2(Ci",
        "log2()", "min(Ci)", "over(Ci,Co", "(N",           "N)",       "time", "cost",
        "N+1",    "nan",     "N^inf",      "[Ci>nan]"})
    EXPECT_THROW(Term::parse(text, "conv"), Error) << text;
  EXPECT_THROW(Term::parse(std::string(10000, '('), "conv"), Error);
  std::string longest = "N";
  for (int i = 0; i < 1000; ++i) longest += "*N";
  EXPECT_THROW(Term::parse(longest, "conv"), Error);
}

TEST(SumPrograms, AgreeWithTheirTerms) {
  const LayerConfig config = parse_layer(kConv);
  const std::vector<double> features = extract_features(config);
  const char* names[] = {"1",
                         "macs*[kh==3]*[kw==5]*[sh*sw>1]",
                         "N*Ho*Wo*kh*kw*up(Ci/groups,8)*up(Co,8)",
                         "in_bytes/sh/sw",
                         "[Ci>30.5]*ramp(log2(Ci),4.5,8)",
                         "[Ci>30.5]*ramp(log2(Ci),4.5,8)*[Co<=200]*ramp(log2(macs/bytes),9,2)",
                         "log2(Ci)^2*Ho^3",
                         "3*N*2",
                         "[Wo%4>=1]",
                         "min([Ci>1],[Co>1])*[N<9]*[N!=8]"};
  std::vector<SumProgram::Addend> addends;
  double expected[2] = {0, 0};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    const double coefficient = 1.0 + static_cast<double>(i);
    addends.push_back({Term::parse(names[i], "conv"), coefficient, i % 2});
    expected[i % 2] += coefficient * addends.back().term.evaluate(features);
  }
  double sums[2];
  SumProgram(addends, 2).evaluate(features.data(), sums);
  EXPECT_DOUBLE_EQ(sums[0], expected[0]);
  EXPECT_DOUBLE_EQ(sums[1], expected[1]);
}

TEST(RealMath, AgreesWithTheStandardLibrary) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-300, 300), power(-750, 715);
  for (int i = 0; i < 100000; ++i) {
    const double x = std::pow(10, i % 2 ? exponent(random) : exponent(random) / 300);
    EXPECT_NEAR(real_math::log2_of(x), std::log2(x), 5e-16 * std::abs(std::log2(x)));
    EXPECT_NEAR(real_math::ln_of(x), std::log(x), 5e-16 * std::abs(std::log(x)));
    const double y = i % 2 ? power(random) : power(random) / 1000;
    const double e = std::exp(y);
    if (std::isinf(e)) {
      EXPECT_EQ(real_math::exp_of(y), e);
    } else {
      EXPECT_NEAR(real_math::exp_of(y), e, std::max(5e-16 * e, 5e-324));
    }
  }
  for (int k = 0; k < 60; ++k) EXPECT_EQ(real_math::log2_of(std::ldexp(1.0, k)), k);
  EXPECT_EQ(real_math::log2_of(0), 0);
  EXPECT_EQ(real_math::ln_of(-3), 0);
  EXPECT_EQ(real_math::exp_of(0), 1);
}

// Every kind of node, values and steps in all numbers, on every vector target of this machine.
TEST(SumPrograms, HaveTheSameBitsSideBySide) {
  const std::vector<std::string> names = {"1",
                                          "macs",
                                          "N*Ho*Wo",
                                          "N*Ho*Wo*kh*kw*up(Ci/groups,8)*up(Co,6)",
                                          "N*Ho*Co^2",
                                          "[Ci>30.5]",
                                          "[Ci>30.5]*[Co<=200]*[kh>=3]*[sh<2]*[kw!=3]*[Wo==28]*N",
                                          "ramp(log2(Ci),4.5,8)*[N>3]",
                                          "ramp(ln(Ci),2,8)*ramp(log2(macs/bytes),9,2)*[Wo%4>=1]",
                                          "ramp(Ci,2,80)*ramp(Co,3,500)*ramp(N,1,60)*[Wo%4>=1]",
                                          "ramp(Ci,2,80)*ramp(Co,3,500)*ramp(N,1,60)*ramp(Hi,3,50)",
                                          "intensity^0.5",
                                          "Ho^3",
                                          "over(in_bytes,1e6)*min(Ci,Co)/max(Ho,7)",
                                          "min([Ci>1],ramp(Co,3,90))*[N<9]",
                                          "in_bytes/pw",
                                          "2.5*Ho*Wo*Ci*Co*N*kh*kw*sh*sw*groups",
                                          "macs/Co",
                                          "in_bytes/Co",
                                          "up(Co,6)/Co",
                                          "up(Co,327680)/Co",
                                          "bytes/Ci",
                                          "flops/Ci",
                                          "out_bytes/pw",
                                          "Wo/(N*Ho*Wo)",
                                          "Co/(N*Ho*Wo)"};
  std::vector<SumAddend> addends;
  for (std::size_t i = 0; i < names.size(); ++i)
    addends.push_back({Term::parse(names[i], "conv"), 0.1 + static_cast<double>(i), i % 2});
  const SumProgram program(addends, 2);
  constexpr std::size_t kLanes = SumProgram::kLanes;
  std::mt19937_64 random(5);
  const auto pick = [&](int high) {
    return std::to_string(1 + random() % static_cast<unsigned>(high));
  };
  SumChain chain;
  chain.append(program);
  std::array<std::vector<double>, kLanes> layers;
  for (auto& layer : layers)
    layer = extract_features(parse_layer("conv batch=" + pick(64) + " in=" + pick(90) +
                                         "x28x31 out=" + pick(600) + " kernel=" + pick(5) +
                                         " stride=" + pick(3)));
  struct alignas(64) Row {
    double values[kLanes];
  };
  std::vector<Row> columns(layers[0].size()), room(chain.room() / kLanes + 1), sums(2);
  std::vector<const double*> at;
  for (std::size_t f = 0; f < columns.size(); ++f) {
    for (std::size_t l = 0; l < kLanes; ++l) columns[f].values[l] = layers[l][f];
    at.push_back(columns[f].values);
  }
  double* const results[2] = {sums[0].values, sums[1].values};
  for (const LaneKernels* kernels : supported_lane_kernels()) {
    chain.evaluate(0, at.data(), room[0].values, results, *kernels);
    for (std::size_t l = 0; l < kLanes; ++l) {
      double alone[2];
      program.evaluate(layers[l].data(), alone);
      EXPECT_EQ(sums[0].values[l], alone[0]) << kernels->name;
      EXPECT_EQ(sums[1].values[l], alone[1]) << kernels->name;
    }
    for (std::size_t l = 0; l < kLanes; ++l) sums[0].values[l] = static_cast<double>(l) - 16;
    kernels->correct(sums[1].values, sums[0].values, 0.3, -9, 12);
    for (std::size_t l = 0; l < kLanes; ++l) {
      double alone[2];
      program.evaluate(layers[l].data(), alone);
      EXPECT_EQ(sums[1].values[l], alone[1] * real_math::exp_of(std::clamp(
                                                  static_cast<double>(l) - 16 + 0.3, -9.0, 12.0)))
          << kernels->name;
    }
  }
}

// What programs in a chain have in common is computed once; sums keep the bits they have alone.
TEST(SumChains, AProgramTakesFromThoseBeforeIt) {
  const auto program = [](const std::vector<std::string>& names) {
    std::vector<SumAddend> addends;
    for (const std::string& name : names) addends.push_back({Term::parse(name, "conv"), 0.3, 0});
    return SumProgram(addends, 1);
  };
  const std::string shared = "log2(macs/bytes)*[up(Co,16)/Co>1.1]*ramp(log2(Ci),2,7)";
  const std::vector<SumProgram> programs = {
      program({shared, "macs", "Ho^3"}), program({shared}),
      program({"Ho^3", "Co*[up(Co,16)/Co>1.1]*[N<9]", shared, "ln(bytes/macs)"})};
  constexpr std::size_t kLanes = SumProgram::kLanes;
  SumChain chain;
  for (const SumProgram& p : programs) chain.append(p);
  const std::size_t before = chain.room();
  chain.append(programs[0]);
  EXPECT_EQ(chain.room(), before) << "nothing in it is new";

  struct alignas(64) Row {
    double values[kLanes];
  };
  std::array<std::vector<double>, kLanes> layers;
  for (std::size_t l = 0; l < kLanes; ++l)
    layers[l] = extract_features(parse_layer("conv batch=" + std::to_string(1 + l % 12) +
                                             " in=24x28x31 kernel=3 out=" + std::to_string(5 + l)));
  std::vector<Row> columns(layers[0].size()), room(chain.room() / kLanes + 1), sums(1);
  std::vector<const double*> at;
  for (std::size_t f = 0; f < columns.size(); ++f) {
    for (std::size_t l = 0; l < kLanes; ++l) columns[f].values[l] = layers[l][f];
    at.push_back(columns[f].values);
  }
  double* const result[1] = {sums[0].values};
  for (const LaneKernels* kernels : supported_lane_kernels())
    for (std::size_t p = 0; p < programs.size(); ++p) {
      chain.evaluate(p, at.data(), room[0].values, result, *kernels);
      for (std::size_t l = 0; l < kLanes; ++l) {
        double one[1];
        programs[p].evaluate(layers[l].data(), one);
        EXPECT_EQ(sums[0].values[l], one[0]) << kernels->name << " " << p;
      }
    }
}

// Quotients with one divisor are made of its reciprocal; they must be those of a division.
TEST(SumPrograms, QuotientsAreRoundedAsDivisionsAre) {
  const std::vector<SumAddend> addends = {{Term::parse("macs/Co", "conv"), 1, 0},
                                          {Term::parse("bytes/Co", "conv"), 1, 1},
                                          {Term::parse("up(Ci,6)", "conv"), 1, 2}};
  const SumProgram program(addends, 3);
  constexpr std::size_t kLanes = SumProgram::kLanes;
  const auto names = feature_names("conv");
  const auto at = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  struct alignas(64) Row {
    double values[kLanes];
  };
  Row x, z, y, w, sums[3], room[40];
  SumChain chain;
  chain.append(program);
  ASSERT_LE(chain.room(), 40 * kLanes);
  std::vector<const double*> columns(names.size(), nullptr);
  columns[at("macs")] = x.values;
  columns[at("bytes")] = z.values;
  columns[at("Co")] = y.values;
  columns[at("Ci")] = w.values;
  double* const results[3] = {sums[0].values, sums[1].values, sums[2].values};
  std::mt19937_64 random(9);
  const auto any = [&](int exponents) {  // any mantissa, short and long ones
    const std::uint64_t bits = random() >> (random() % 60);
    return std::ldexp(static_cast<double>(bits | 1), static_cast<int>(random() % 2) * -exponents);
  };
  for (int trial = 0; trial < 5000; ++trial) {
    for (std::size_t l = 0; l < kLanes; ++l) {
      x.values[l] = any(30);
      z.values[l] = static_cast<double>(random() % 100000);
      y.values[l] = trial % 2 ? any(30) : static_cast<double>(random() % 3000);
      w.values[l] = static_cast<double>(random() % 3000);
    }
    for (const LaneKernels* kernels : supported_lane_kernels()) {
      chain.evaluate(0, columns.data(), room[0].values, results, *kernels);
      for (std::size_t l = 0; l < kLanes; ++l) {
        const double by = y.values[l];
        ASSERT_EQ(sums[0].values[l], by != 0 ? x.values[l] / by : 0) << x.values[l] << "/" << by;
        ASSERT_EQ(sums[1].values[l], by != 0 ? z.values[l] / by : 0) << z.values[l] << "/" << by;
        ASSERT_EQ(sums[2].values[l], std::ceil(w.values[l] / 6) * 6);
      }
    }
  }
}

TEST(PublishedTerms, CountsAreThePapers) {
  const auto count = [](const char* key, Target target) {
    return published_terms(key, target, published_degree(key, target)).size();
  };
  EXPECT_EQ(count("conv", Target::kRuntime), 127u);
  EXPECT_EQ(count("conv", Target::kPower), 127u);
  EXPECT_EQ(count("fc", Target::kRuntime), 21u);
  EXPECT_EQ(count("fc", Target::kPower), 65u);
  EXPECT_EQ(count("pool", Target::kRuntime), 86u);
  EXPECT_EQ(count("norm.lrn", Target::kPower), 93u);
  EXPECT_EQ(count("concat", Target::kRuntime), 15u);
  EXPECT_EQ(count("concat", Target::kPower), 70u);
  EXPECT_EQ(count("dropout", Target::kRuntime), 7u);
}

TEST(PublishedTerms, EveryNameIsATermOfItsKey) {
  for (const char* key : {"conv", "fc", "pool", "norm.batch", "concat", "dropout",
                          "activation.relu", "softmax", "add", "deconv"})
    for (Target target : {Target::kRuntime, Target::kPower})
      for (const std::string& name : published_terms(key, target, published_degree(key, target)))
        EXPECT_NO_THROW(Term::parse(name, key)) << key << " " << name;
}

}  // namespace
}  // namespace neuralpower
