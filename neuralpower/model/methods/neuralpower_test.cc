// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/model/methods/neuralpower.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include "neuralpower/base/error.h"
#include "neuralpower/features/features.h"
#include "neuralpower/model/device_model.h"
#include "neuralpower/model/methods/neuralpower_terms.h"
#include "neuralpower/model/prediction/predict.h"
#include "neuralpower/model/training/train.h"
#include "neuralpower/model/training/training_data.h"
#include "neuralpower/network/layer_text.h"
#include "neuralpower/regression/error_metrics.h"
#include "neuralpower/regression/folds.h"

namespace neuralpower {
namespace {

// A small generator of our own: the same rows on every machine.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  int between(int low, int high) {
    return low + static_cast<int>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  double uniform() { return static_cast<double>(next() >> 11) / 9007199254740992.0; }

 private:
  std::uint64_t state_;
};

std::string random_conv(Draw& draw) {
  const int side = draw.between(7, 56), kernel = 2 * draw.between(0, 2) + 1;
  return fmt::format("conv batch={} in={}x{}x{} out={} kernel={} stride={} pad={}",
                     draw.between(1, 32), 16 * draw.between(1, 16), side, side,
                     draw.between(8, 256), kernel, draw.between(1, 2), kernel / 2);
}

double feature(const LayerConfig& layer, const char* term) {
  return Term::parse(term, model_key(layer)).evaluate(extract_features(layer));
}

// A device we made up: a launch cost, operations and bytes, twice as slow for wide inputs.
double planted_ms(const LayerConfig& layer) {
  const double sum = 0.05 + 2e-9 * feature(layer, "macs") + 1e-8 * feature(layer, "in_bytes");
  return sum * (feature(layer, "Ci") > 100 ? 2 : 1);
}
double planted_watts(const LayerConfig& layer) {
  const double rate = feature(layer, "macs") / planted_ms(layer) * 1e-9;
  return 20 + 60 * rate / (rate + 0.2);
}

std::vector<Sample> planted_samples(std::size_t count, double noise, std::uint64_t seed = 7,
                                    const std::function<std::string(Draw&)>& text = random_conv) {
  Draw draw(seed);
  std::vector<Sample> samples;
  while (samples.size() < count) {
    Sample sample;
    sample.layer = parse_layer(text(draw));
    sample.runtime =
        milliseconds(planted_ms(sample.layer) * std::exp(noise * (draw.uniform() - 0.5)));
    sample.power = Watts(planted_watts(sample.layer));
    samples.push_back(std::move(sample));
  }
  return samples;
}

TrainOptions options_with(unsigned threads) {
  TrainOptions options;
  options.device = "made up";
  options.method = "neuralpower";
  options.threads = threads;
  return options;
}

TEST(NeuralPowerMethod, RecoversAPlantedModel) {
  const DeviceModel model = train_device_model(planted_samples(600, 0.02), options_with(2));
  const LayerModel& runtime = *model.layers.at("conv").runtime;
  EXPECT_LT(runtime.report.mape, 3);
  EXPECT_LT(model.layers.at("conv").power->report.mape, 3);
  // The step at Ci = 100 is among the terms, by name.
  const auto& terms = runtime.regimes[0].log_terms;
  EXPECT_TRUE(std::any_of(terms.begin(), terms.end(), [](const WeightedTerm& t) {
    return t.term.find("[Ci>100") != std::string::npos ||
           t.term.find("[Ci<=100") != std::string::npos;
  }));
  for (const WeightedTerm& t : runtime.regimes[0].terms) EXPECT_GT(t.coefficient, 0) << t.term;
}

TEST(NeuralPowerMethod, WithoutStructureTheSumSuffices) {
  std::vector<Sample> samples = planted_samples(300, 0);
  for (Sample& s : samples) s.runtime = milliseconds(0.1 + 1e-9 * feature(s.layer, "macs"));
  const DeviceModel model = train_device_model(samples, options_with(1));
  const LayerModel& runtime = *model.layers.at("conv").runtime;
  EXPECT_LT(runtime.report.rmspe, 0.1);
  EXPECT_LE(runtime.report.terms, 8);
}

// Many boxes on top of the sum, little noise: the Lasso over the products beats boosting's own
// coefficients, and the model still is text that says what it predicts.
TEST(NeuralPowerMethod, RefitsWhereThatIsBetter) {
  std::vector<Sample> samples = planted_samples(900, 0.01);
  for (Sample& sample : samples) {
    double factor = 1;
    for (const auto& [term, knot, change] : {std::tuple{"Co", 60.0, 1.3},
                                             {"Ci", 180.0, 0.8},
                                             {"Ho", 20.0, 1.25},
                                             {"N", 10.0, 0.7},
                                             {"Co", 150.0, 1.2},
                                             {"kh", 2.0, 1.4},
                                             {"Hi", 40.0, 0.85}})
      if (feature(sample.layer, term) > knot) factor *= change;
    sample.runtime = sample.runtime * factor;
  }
  const DeviceModel model = train_device_model(samples, options_with(2));
  const std::string& note = model.layers.at("conv").runtime->report.note;
  EXPECT_NE(note.find("Lasso"), std::string::npos) << note;
  double worst = 0;
  const Predictor predictor(model);
  for (const Sample& sample : samples)
    worst = std::max(
        worst, std::abs(predictor.predict_layer(sample.layer).runtime->value / sample.runtime - 1));
  EXPECT_LT(worst, 0.25);
}

// Short layers that take one time and then another, long ones that do not: what the long ones tell
// is not lost in the noise of the short ones.
TEST(NeuralPowerMethod, ShortRuntimesThatAreNotSureCountLess) {
  std::vector<Sample> samples = planted_samples(900, 0.02);
  Draw draw(11);
  for (Sample& sample : samples) sample.runtime = sample.runtime + milliseconds(2 * draw.uniform());
  const auto errors_of_long = [&](bool weights) {
    NeuralPowerOptions options;
    options.noise_weights = weights;
    const auto groups = group_by_key(samples);
    const KeyData& data = groups.at("conv");
    const auto folds = make_folds(data.rows.size(), 10, 1);
    FitInput input;
    input.key = data.key;
    input.features = {data.features.data(), data.rows.size(), data.feature_count};
    input.values = data.runtime_ms;
    input.fold_of_row = folds;
    input.fold_count = 10;
    input.threads = 2;
    const FitResult fit = fit_neuralpower(input, options);
    double square = 0, count = 0;
    for (std::size_t i = 0; i < data.rows.size(); ++i)
      if (data.runtime_ms[i] > 8) {
        square += std::pow(fit.held_out[i] / data.runtime_ms[i] - 1, 2);
        ++count;
      }
    return std::sqrt(square / count);
  };
  EXPECT_LT(errors_of_long(true), errors_of_long(false));
}

TEST(NeuralPowerMethod, ThreadsChangeNothing) {
  const auto samples = planted_samples(200, 0.2);
  EXPECT_EQ(to_json_text(train_device_model(samples, options_with(1))),
            to_json_text(train_device_model(samples, options_with(4))));
}

TEST(NeuralPowerMethod, JsonKeepsEveryBit) {
  const auto samples = planted_samples(200, 0.2);
  DeviceModel model = train_device_model(samples, options_with(2));
  DeviceModel read = parse_device_model(to_json_text(model));
  EXPECT_EQ(to_json_text(read), to_json_text(model));
  const Predictor before(std::move(model)), after(std::move(read));
  for (const Sample& s : samples) {
    const LayerPrediction x = before.predict_layer(s.layer), y = after.predict_layer(s.layer);
    EXPECT_EQ(x.runtime->value, y.runtime->value);
    EXPECT_EQ(x.power->value, y.power->value);
    EXPECT_EQ(x.energy->low, y.energy->low);
    EXPECT_EQ(x.energy->value.value(), (y.power->value * y.runtime->value).value());
  }
}

TEST(NeuralPowerMethod, PredictsWhatItWasFittedTo) {
  // The formula of the model file is the one that training built from its columns.
  const auto samples = planted_samples(400, 0.02);
  const Predictor predictor(train_device_model(samples, options_with(2)));
  for (const Sample& s : samples) {
    const double ratio = predictor.predict_layer(s.layer).runtime->value / s.runtime;
    EXPECT_NEAR(ratio, 1, 0.15);
  }
}

TEST(NeuralPowerMethod, FewRowsGiveAPlainModel) {
  for (const std::size_t rows : {5u, 8u, 20u, 39u, 60u}) {
    const Predictor predictor(train_device_model(planted_samples(rows, 0.3), options_with(1)));
    const LayerModel& runtime = *predictor.model().layers.at("conv").runtime;
    if (rows < 40) {
      EXPECT_LE(runtime.report.terms, 8);
    }
    for (const Sample& s : planted_samples(100, 0, 99)) {
      const LayerPrediction p = predictor.predict_layer(s.layer);
      EXPECT_GT(p.runtime->value, Seconds(0));
      EXPECT_LT(p.runtime->value / s.runtime, 10);
      EXPECT_GE(p.power->value, Watts(20));
      EXPECT_LE(p.power->value, Watts(80));
    }
  }
}

// RMSPE on fresh layers after fitting the rows of `samples`.
double error_of(const std::vector<Sample>& samples, const NeuralPowerOptions& options) {
  const KeyData data = group_by_key(samples).at("conv");
  FitInput input;
  input.key = data.key;
  input.features = data.feature_view();
  input.values = data.runtime_ms;
  const LayerFormula formula(fit_neuralpower(input, options).model);
  std::vector<double> truth, predicted;
  for (const Sample& s : planted_samples(300, 0, 99)) {
    truth.push_back(in_milliseconds(s.runtime));
    predicted.push_back(formula.evaluate(extract_features(s.layer)));
  }
  return error_metrics(truth, predicted).rmspe;
}

TEST(NeuralPowerMethod, FewRowsDoNotLoseToTheSmallSum) {
  NeuralPowerOptions plain;
  plain.full_costs = plain.corrections = false;
  for (const std::size_t rows : {10u, 20u, 40u, 80u, 160u})
    for (const std::uint64_t seed : {7u, 8u, 9u}) {
      const auto samples = planted_samples(rows, 0.3, seed);
      EXPECT_LT(error_of(samples, {}), 1.1 * error_of(samples, plain) + 1) << rows << " " << seed;
    }
}

TEST(NeuralPowerMethod, AVectorIsNotFreeWhereOnlyMatricesWereMeasured) {
  const auto text = [](Draw& draw) {
    return fmt::format("fc batch={} in={} out={}", draw.between(2, 32), draw.between(100, 4000),
                       draw.between(100, 4000));
  };
  const Predictor predictor(
      train_device_model(planted_samples(120, 0.1, 7, text), options_with(1)));
  const LayerConfig vector = parse_layer("fc batch=1 in=2000 out=2000");
  const double ratio =
      in_milliseconds(predictor.predict_layer(vector).runtime->value) / planted_ms(vector);
  EXPECT_GT(ratio, 0.5);
  EXPECT_LT(ratio, 2);
}

TEST(NeuralPowerMethod, StaysPhysicalFarOutside) {
  const auto samples = planted_samples(300, 0.1);
  const Predictor predictor(train_device_model(samples, options_with(2)));
  Draw draw(5);
  for (int i = 0; i < 200; ++i) {
    const LayerConfig config = parse_layer(
        fmt::format("conv batch={} in={}x{}x{} out={} kernel={} stride={} pad={}",
                    10 * draw.between(1, 32), 10 * draw.between(3, 256), 10 * draw.between(7, 56),
                    10 * draw.between(7, 56), 10 * draw.between(8, 256), 10 * draw.between(1, 5),
                    10 * draw.between(1, 2), 10 * draw.between(0, 2)));
    const LayerPrediction p = predictor.predict_layer(config);
    EXPECT_TRUE(std::isfinite(p.runtime->value.value()));
    const double truth = planted_ms(config), ms = in_milliseconds(p.runtime->value);
    EXPECT_GT(ms, truth / 8) << format_layer(config);
    EXPECT_LT(ms, truth * 8) << format_layer(config);
    EXPECT_GE(p.power->value, Watts(20));
    EXPECT_LE(p.power->value, Watts(80));
    EXPECT_FALSE(p.warnings.empty());
  }
}

TEST(NeuralPowerMethod, LargerBatchesTakeLonger) {
  const Predictor predictor(train_device_model(planted_samples(300, 0.1), options_with(2)));
  double before = 0;
  for (int batch = 1; batch <= 4096; batch *= 4) {
    const double ms =
        in_milliseconds(predictor
                            .predict_layer(parse_layer(fmt::format(
                                "conv batch={} in=64x28x28 out=64 kernel=3 stride=1 pad=1", batch)))
                            .runtime->value);
    EXPECT_GT(ms, before * 1.2) << batch;
    before = ms;
  }
}

TEST(NeuralPowerMethod, IntervalsCoverNineInTen) {
  const Predictor predictor(train_device_model(planted_samples(400, 0.4), options_with(2)));
  int inside = 0;
  const auto fresh = planted_samples(400, 0.4, 1234);
  for (const Sample& s : fresh) {
    const auto runtime = *predictor.predict_layer(s.layer).runtime;
    inside += runtime.low <= s.runtime && s.runtime <= runtime.high;
  }
  EXPECT_GT(inside, 400 * 0.85);
  EXPECT_LT(inside, 400 * 0.97);
}

TEST(NeuralPowerMethod, RefusesWhatIsNotPositive) {
  auto samples = planted_samples(20, 0);
  samples[3].runtime = Seconds(0);
  EXPECT_THROW(train_device_model(samples, options_with(1)), Error);
}

TEST(NeuralPowerTerms, EveryKindHasCandidatesThatParse) {
  for (const char* key : {"conv", "deconv", "fc", "matmul", "attention", "recurrent.lstm", "pool",
                          "norm.batch", "activation.relu", "add", "mul", "concat", "softmax",
                          "reduce", "move.transpose", "embedding", "dropout"}) {
    const CandidateTerms candidates = candidate_terms(key);
    EXPECT_GE(candidates.small, 3u) << key;
    EXPECT_LT(candidates.small, candidates.costs.size()) << key;
    for (const std::string& name : candidates.costs)
      EXPECT_NO_THROW(Term::parse(name, key)) << key << " " << name;
    for (const std::string& name : candidates.quantities)
      EXPECT_NO_THROW(Term::parse(name, key)) << key << " " << name;
    const auto names = feature_names(key, Target::kPower);
    for (const std::string& name : candidates.powers)
      EXPECT_NO_THROW(Term::parse(name, names, key)) << key << " " << name;
    for (const std::string& name : candidates.rates) {
      EXPECT_NO_THROW(Term::parse(name, names, key)) << key << " " << name;
      EXPECT_THROW(Term::parse(name, key), Error) << "runtime must not see itself";
    }
  }
}

}  // namespace
}  // namespace neuralpower
