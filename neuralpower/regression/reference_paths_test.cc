// SPDX-License-Identifier: Apache-2.0
// The whole cross-validated path against optima found by another solver in extended precision, on
// two matrices of the kind this library is for: a third of the columns copies of others, values up
// to 2.5e11, condition numbers up to 1.5e9 without the copies. testdata/README.md tells where they
// come from.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "neuralpower/base/text.h"
#include "neuralpower/regression/cross_validation.h"
#include "neuralpower/regression/duplicate_columns.h"
#include "neuralpower/regression/optimality_certificate.h"

namespace neuralpower {
namespace {

using Rows = std::vector<std::vector<double>>;

// Numbers of a test file; lines that start with a letter are headers.
Rows read(const std::string& name) {
  const std::string path =
      std::string(NEURALPOWER_SOURCE_DIR) + "/neuralpower/regression/testdata/" + name;
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  Rows rows;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || std::isalpha(static_cast<unsigned char>(line[0])) != 0) continue;
    rows.emplace_back();
    for (const std::string_view field : split(line, ',')) {
      rows.back().push_back(parse_double(trim(field)).value());
    }
  }
  return rows;
}

// All products of at most `degree` of the values, in lexicographic order within a degree.
void append_monomials(const std::vector<double>& base, int degree, std::vector<double>& out) {
  for (int d = 1; d <= degree; ++d) {
    std::vector<std::size_t> chosen(static_cast<std::size_t>(d), 0);
    while (true) {
      double product = 1;
      for (const std::size_t i : chosen) product *= base[i];
      out.push_back(product);
      std::size_t last = chosen.size();
      while (last > 0 && chosen[last - 1] + 1 == base.size()) --last;
      if (last == 0) break;
      const std::size_t next = chosen[last - 1] + 1;
      for (std::size_t i = last - 1; i < chosen.size(); ++i) chosen[i] = next;
    }
  }
}

struct Reference {
  std::string name;
  std::size_t rows = 0;
  std::vector<double> x, y;
  std::vector<std::uint32_t> folds;
  Rows path, fold_mse;

  std::size_t cols() const { return x.size() / rows; }
  MatrixView terms() const { return {x.data(), rows, cols()}; }
  FoldMoments moments() const {
    return accumulate_moments(terms(), {y.data(), rows, 1}, {}, folds, 10);
  }
};

Reference load(const std::string& name) {
  Reference reference;
  reference.name = name;
  for (const std::vector<double>& c : read("configurations.csv")) {
    const double n = c[0], ho = c[1], wo = c[2], co = c[3], kh = c[4], kw = c[5], ci = c[6];
    const double hi = c[13], wi = c[14];
    std::vector<double> base = {n, ho, wo, kw, ci, co, hi};
    if (name == "power") {
      for (std::size_t i = 0; i < 7; ++i) base.push_back(std::log2(base[i]));
      append_monomials(base, 2, reference.x);
    } else {
      append_monomials(base, 3, reference.x);
    }
    const double macs = ho * wo * co * kh * kw * ci;
    reference.x.insert(reference.x.end(),
                       {macs, n * macs, n * ho * wo * kh * kw * ci, n * ho * wo * co,
                        kh * kw * ci * co, n * hi * wi * ci, n * wi * ci, n * hi * ci});
    ++reference.rows;
  }
  for (const auto& row : read(name + ".csv")) reference.y.push_back(row[0]);
  for (const auto& row : read("folds.csv")) {
    reference.folds.push_back(static_cast<std::uint32_t>(row[0]) - 1);
  }
  reference.path = read(name + "_path.csv");
  reference.fold_mse = read(name + "_fold_mse.csv");
  return reference;
}

class ReferencePath : public testing::TestWithParam<const char*> {};

TEST_P(ReferencePath, IsReachedAtEveryPenaltyAndFold) {
  const Reference reference = load(GetParam());
  ASSERT_EQ(reference.cols(), 127u);
  const CrossValidation cv = cross_validate(reference.moments());
  ASSERT_EQ(cv.path.size(), reference.path.size());
  std::size_t least = 0;
  for (std::size_t k = 0; k < cv.path.size(); ++k) {
    SCOPED_TRACE(testing::Message() << "penalty " << k + 1);
    const std::vector<double>& optimum = reference.path[k];
    const auto expect_close = [](double ours, double theirs, double tolerance) {
      EXPECT_NEAR(ours / theirs, 1, tolerance);
    };
    expect_close(cv.path.lambda[k], optimum[1], 1e-13);
    EXPECT_EQ(static_cast<double>(cv.path.nonzeros[k]), optimum[2]);
    expect_close(cv.cv_mse[k], optimum[3], 1e-11);
    expect_close(cv.cv_mse_error[k], optimum[4], 1e-10);
    expect_close(cv.path.mean_square[k], optimum[5], 1e-11);
    expect_close(cv.path.objective[k], optimum[6], 1e-12);
    EXPECT_NEAR(cv.path.intercept[k], optimum[9], 1e-8 * (1 + std::abs(optimum[9])));
    EXPECT_LE(cv.kkt[k], 1e-13);
    EXPECT_LE(cv.gap[k], 1e-11);
    for (std::size_t f = 0; f < cv.folds; ++f) {
      expect_close(cv.fold_mse[f * cv.path.size() + k], reference.fold_mse[f][k], 1e-9);
    }
    if (reference.path[k][3] < reference.path[least][3]) least = k;
  }
  EXPECT_EQ(cv.lambda_min, least);
  const bool is_power = reference.name == "power";
  EXPECT_EQ(cv.lambda_min + 1, is_power ? 74u : 46u);
  EXPECT_EQ(cv.lambda_1se + 1, is_power ? 63u : 26u);
}

TEST_P(ReferencePath, IsOptimalByTheRowsAlone) {
  const Reference reference = load(GetParam());
  const LassoPath path = fit_lasso_path(reference.moments().total());
  for (const std::size_t k : {0, 20, 45, 73, 99}) {
    const Certificate certificate =
        certify(reference.terms(), reference.y, {}, path.coefficients_at(k), path.lambda[k]);
    EXPECT_LE(certificate.kkt, 1e-11) << k;
    EXPECT_LE(certificate.gap, 1e-9) << k;
    EXPECT_NEAR(certificate.objective / path.objective[k], 1, 1e-12) << k;
  }
}

TEST_P(ReferencePath, TrainingRowsOfEveryFoldAreFittedAsIfAlone) {
  const Reference reference = load(GetParam());
  const FoldMoments moments = reference.moments();
  PathOptions options;
  for (const auto& row : reference.path) options.lambdas.push_back(row[1]);
  for (std::size_t f = 0; f < 10; f += 3) {
    std::vector<double> x, y;
    for (std::size_t r = 0; r < reference.rows; ++r) {
      if (reference.folds[r] == f) continue;
      x.insert(x.end(), reference.terms().row(r), reference.terms().row(r) + reference.cols());
      y.push_back(reference.y[r]);
    }
    const LassoPath path = fit_lasso_path(moments.training(f), options);
    for (const std::size_t k : {45, 99}) {
      const Certificate certificate = certify({x.data(), y.size(), reference.cols()}, y, {},
                                              path.coefficients_at(k), path.lambda[k]);
      EXPECT_LE(certificate.kkt, 1e-11) << f << ' ' << k;
      EXPECT_LE(certificate.gap, 1e-9) << f << ' ' << k;
    }
  }
}

TEST_P(ReferencePath, CopiesAreFoundAndChangeNothing) {
  const Reference reference = load(GetParam());
  const FoldMoments moments = reference.moments();
  const DuplicateColumns copies = find_duplicate_columns(moments.total());
  EXPECT_EQ(copies.kept.size(), reference.name == "power" ? 97u : 89u);
  FoldMoments distinct;
  for (const Moments& fold : moments.folds)
    distinct.folds.push_back(select_terms(fold, copies.kept));
  const CrossValidation with = cross_validate(moments), without = cross_validate(distinct);
  EXPECT_EQ(with.path.objective, without.path.objective);
  EXPECT_EQ(with.path.nonzeros, without.path.nonzeros);
  EXPECT_EQ(with.cv_mse, without.cv_mse);
}

INSTANTIATE_TEST_SUITE_P(Matrices, ReferencePath, testing::Values("runtime", "power"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace neuralpower
