// SPDX-License-Identifier: Apache-2.0
// The cross-validated Lasso path of a matrix in a file, timed; docs/regression.md explains it.
//
// usage: lasso_cv X.csv y.csv folds.csv [--threads N] [--repeat R] [--columns P]
//
// Plain numbers, no header; folds, and the indices lambda_min and lambda_1se in the output, count
// from 1. A file ending in .f64 holds row-major doubles, X's with P columns.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/regression/cross_validation.h"

namespace neuralpower {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::size_t threads = 1, repeat = 1, columns = 0;
};

struct Table {
  std::vector<double> values;
  std::size_t rows = 0, cols = 0;
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

Table read_table(const std::string& path, std::size_t binary_columns) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw bad_input("cannot be read").in_file(path);
  Table table;
  if (path.ends_with(".f64")) {
    in.seekg(0, std::ios::end);
    const auto bytes = static_cast<std::size_t>(in.tellg());
    in.seekg(0);
    if (binary_columns == 0) throw usage_error(".f64 needs --columns P").in_file(path);
    if (bytes % (sizeof(double) * binary_columns) != 0) {
      throw bad_input("not a whole number of rows").in_file(path);
    }
    table.cols = binary_columns;
    table.rows = bytes / (sizeof(double) * binary_columns);
    table.values.resize(table.rows * table.cols);
    in.read(reinterpret_cast<char*>(table.values.data()), static_cast<std::streamsize>(bytes));
    if (!in) throw bad_input("cannot be read to its end").in_file(path);
    return table;
  }
  std::string line;
  while (std::getline(in, line)) {
    if (trim(line).empty()) continue;
    const std::size_t before = table.values.size();
    for (const std::string_view field : split(line, ',')) {
      const auto value = parse_double(trim(field));
      if (!value) {
        throw bad_input("row " + std::to_string(table.rows + 1) + ", column " +
                        std::to_string(table.values.size() - before + 1) +
                        ": not a finite number: " + std::string(field))
            .in_file(path);
      }
      table.values.push_back(*value);
    }
    const std::size_t cols = table.values.size() - before;
    if (table.rows > 0 && cols != table.cols) {
      throw bad_input("row " + std::to_string(table.rows + 1) + " has " + std::to_string(cols) +
                      " columns, the first has " + std::to_string(table.cols))
          .in_file(path);
    }
    table.cols = cols;
    ++table.rows;
  }
  return table;
}

template <typename T>
void print_array(const char* name, const std::vector<T>& values, const char* end) {
  std::printf("\"%s\": [", name);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::printf("%s%s", i > 0 ? ", " : "", format_double(static_cast<double>(values[i])).c_str());
  }
  std::printf("]%s", end);
}

void run(const Arguments& arguments) {
  const Table terms = read_table(arguments.files[0], arguments.columns);
  const Table target = read_table(arguments.files[1], 1);
  const Table fold_numbers = read_table(arguments.files[2], 1);
  if (target.cols != 1) throw bad_input("one column is expected").in_file(arguments.files[1]);
  std::vector<std::uint32_t> folds;
  std::uint32_t fold_count = 0;
  for (std::size_t r = 0; r < fold_numbers.values.size(); ++r) {
    const double fold = fold_numbers.values[r];
    if (!(fold >= 1 && fold <= 1e6) || fold != std::floor(fold)) {
      throw bad_input("row " + std::to_string(r + 1) + ": folds are whole numbers from 1")
          .in_file(arguments.files[2]);
    }
    folds.push_back(static_cast<std::uint32_t>(fold) - 1);
    fold_count = std::max(fold_count, folds.back() + 1);
  }
  const auto threads = static_cast<unsigned>(arguments.threads);
  CrossValidation cv;
  std::vector<double> seconds;
  for (std::size_t i = 0; i < arguments.repeat; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const FoldMoments moments = accumulate_moments(
        MatrixView(terms.values.data(), terms.rows, terms.cols),
        MatrixView(target.values.data(), target.rows, 1), {}, folds, fold_count, threads);
    cv = cross_validate(moments, {}, 0, threads);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::printf("{");
  print_array("lambda", cv.path.lambda, ",\n");
  print_array("objective", cv.path.objective, ",\n");
  print_array("nonzeros", cv.path.nonzeros, ",\n");
  print_array("kkt", cv.kkt, ",\n");
  print_array("gap", cv.gap, ",\n");
  print_array("cv_mse", cv.cv_mse, ",\n");
  std::printf("\"lambda_min\": %zu, \"lambda_1se\": %zu, \"converged\": %s,\n", cv.lambda_min + 1,
              cv.lambda_1se + 1, cv.converged ? "true" : "false");
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
