// SPDX-License-Identifier: Apache-2.0
// The cross-validated Lasso path of a matrix in a file, timed; docs/regression.md explains it.
//
// usage: lasso_cv X.csv y.csv folds.csv [--threads N] [--repeat R] [--columns P]
//
// Plain numbers, no header; folds, and the indices lambda_min and lambda_1se in the output, count
// from 1. A file ending in .f64 holds row-major doubles, X's with P columns. "kkt" and "gap" are
// the largest over the path on all rows and those of the folds; "seconds" count from data in
// memory, and from the file where "streamed" is true.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/matrix_file.h"
#include "benchmarks/peak_memory.h"
#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/regression/cross_validation.h"

namespace neuralpower {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::size_t threads = 1, repeat = 1, columns = 0;
};

Arguments parse_arguments(std::span<char* const> words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    std::size_t* number = word == "--threads"   ? &arguments.threads
                          : word == "--repeat"  ? &arguments.repeat
                          : word == "--columns" ? &arguments.columns
                                                : nullptr;
    if (number == nullptr) {
      if (word.starts_with("--")) throw usage_error("unknown option " + std::string(word));
      arguments.files.emplace_back(word);
      continue;
    }
    const auto value = i + 1 < words.size() ? parse_int(words[i + 1]) : std::nullopt;
    if (!value || *value < 1) throw usage_error(std::string(word) + " needs a positive number");
    *number = static_cast<std::size_t>(*value);
    ++i;
  }
  if (arguments.files.size() != 3) {
    throw usage_error(
        "usage: lasso_cv X.csv y.csv folds.csv [--threads N] [--repeat R]"
        " [--columns P]");
  }
  return arguments;
}

// One column from a file, which must have no other.
std::vector<double> read_column(const std::string& path) {
  Table table = read_table(path, 1);
  if (table.rows > 0 && table.cols != 1) throw bad_input("one column is expected").in_file(path);
  return std::move(table.values);
}

std::vector<std::uint32_t> read_folds(const std::string& path, std::size_t& fold_count) {
  std::vector<std::uint32_t> folds;
  fold_count = 0;
  for (const double fold : read_column(path)) {
    if (!(fold >= 1 && fold <= 1e6) || fold != std::floor(fold)) {
      throw bad_input("row " + std::to_string(folds.size() + 1) +
                      ": folds are whole numbers from 1")
          .in_file(path);
    }
    folds.push_back(static_cast<std::uint32_t>(fold) - 1);
    fold_count = std::max<std::size_t>(fold_count, folds.back() + 1);
  }
  return folds;
}

template <typename T>
void print_array(const char* name, const std::vector<T>& values, const char* end) {
  std::printf("\"%s\": [", name);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::printf("%s%s", i > 0 ? ", " : "", format_double(static_cast<double>(values[i])).c_str());
  }
  std::printf("]%s", end);
}

// A binary matrix larger than this is read anew in every repetition, a block at a time, so that
// memory does not grow with the rows; the reading then counts.
constexpr std::size_t kHeldInMemory = std::size_t{64} << 20;
constexpr std::size_t kStreamedRows = 2048;

FoldMoments stream_moments(BinaryRows& matrix, std::size_t columns, std::span<const double> target,
                           std::span<const std::uint32_t> folds, std::size_t fold_count,
                           unsigned threads) {
  FoldMomentsBuilder builder(columns, 1, fold_count);
  matrix.rewind();
  for (std::size_t start = 0; start < target.size(); start += kStreamedRows) {
    const std::size_t rows = std::min(kStreamedRows, target.size() - start);
    const std::vector<double>& block = matrix.next(rows);
    builder.add({{block.data(), block.size() / columns, columns},
                 {target.data() + start, rows, 1},
                 {},
                 folds.subspan(start, rows)},
                threads);
  }
  return builder.finish();
}

void run(const Arguments& arguments) {
  const std::string& matrix_file = arguments.files[0];
  const std::vector<double> target = read_column(arguments.files[1]);
  std::size_t fold_count = 0;
  const std::vector<std::uint32_t> folds = read_folds(arguments.files[2], fold_count);
  std::optional<BinaryRows> on_disk;
  Table in_memory;
  if (is_binary(matrix_file)) {
    on_disk.emplace(matrix_file, arguments.columns);
    if (on_disk->rows() * arguments.columns * sizeof(double) <= kHeldInMemory) on_disk.reset();
  }
  if (!on_disk) in_memory = read_table(matrix_file, arguments.columns);
  const std::size_t rows = on_disk ? on_disk->rows() : in_memory.rows;
  if (target.size() != rows || folds.size() != rows) {
    throw bad_input(std::to_string(rows) + " rows of terms, " + std::to_string(target.size()) +
                    " targets and " + std::to_string(folds.size()) + " fold numbers")
        .in_file(matrix_file);
  }
  const auto threads = static_cast<unsigned>(arguments.threads);
  CrossValidation cv;
  std::vector<double> seconds, processor_seconds;
  for (std::size_t i = 0; i < arguments.repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();
    cv = on_disk ? cross_validate(stream_moments(*on_disk, arguments.columns, target, folds,
                                                 fold_count, threads),
                                  {}, 0, threads)
                 : cross_validate_rows({{in_memory.values.data(), rows, in_memory.cols},
                                        {target.data(), rows, 1},
                                        {},
                                        folds},
                                       fold_count, {}, 0, threads);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    processor_seconds.push_back(static_cast<double>(std::clock() - processor_start) /
                                CLOCKS_PER_SEC);
  }
  std::printf("{");
  print_array("lambda", cv.path.lambda, ",\n");
  print_array("objective", cv.path.objective, ",\n");
  print_array("nonzeros", cv.path.nonzeros, ",\n");
  print_array("kkt", cv.kkt, ",\n");
  print_array("gap", cv.gap, ",\n");
  print_array("cv_mse", cv.cv_mse, ",\n");
  std::printf(
      "\"lambda_min\": %zu, \"lambda_1se\": %zu, \"converged\": %s, \"streamed\": "
      "%s,\n\"peak_megabytes\": %.1f, ",
      cv.lambda_min + 1, cv.lambda_1se + 1, cv.converged ? "true" : "false",
      on_disk ? "true" : "false", peak_megabytes());
  print_array("processor_seconds", processor_seconds, ",\n");
  print_array("seconds", seconds, "}\n");
}

}  // namespace
}  // namespace neuralpower

int main(int argc, char** argv) {
  try {
    neuralpower::run(neuralpower::parse_arguments({argv + 1, static_cast<std::size_t>(argc - 1)}));
    return 0;
  } catch (const neuralpower::Error& error) {
    std::cerr << "lasso_cv: error: " << error.what() << '\n';
    return 2;
  }
}
