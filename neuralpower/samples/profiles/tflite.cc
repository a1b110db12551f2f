// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's benchmark_model --enable_op_profiling, as CSV (--op_profiling_output_file, or
// --profiling_output_csv_file) or as the table it prints. Rows stand under a header with "node
// type", "avg ms" and "name"; the sections "Top by Computation Time" and "Summary by node type" say
// the same again and are passed over, so is the initialisation. A name lists the tensors that an
// operation writes: "[model/relu;model/conv]:12".
//
// The columns are set apart by tabs, by runs of blanks (newer tables) or by commas; in the last
// case a comma within a node type is not quoted, and one within a name is a tab: "Convolution
// (NHWC, F32) IGEMM,0.16,0.2,...,Delegate/Convolution (NHWC\t F32) IGEMM:0".
//
// What XNNPACK runs is called by its own words and has no tensor's name ("Delegate/..."): nodes are
// found by their operation, in order. Several delegates use the same names; a row that was called
// more than once a run is the mean of different operators, and is left out.
#include <algorithm>
#include <array>
#include <map>

#include "neuralpower/base/error.h"
#include "neuralpower/base/text.h"
#include "neuralpower/samples/csv_table.h"
#include "neuralpower/samples/profiles/formats.h"
#include "neuralpower/samples/profiles/lines.h"

namespace neuralpower {
namespace {

// "[avg ms]", "avg_ms" and "avg ms" are one column.
std::string column_name(std::string_view text) {
  std::string name;
  for (const char c : to_lower(trim(text)))
    if (c != '[' && c != ']') name += c == '_' ? ' ' : c;
  return name;
}

enum class Separator { kTab, kComma, kBlanks };

Separator separator_of(std::string_view header) {
  if (header.find('\t') != std::string_view::npos) return Separator::kTab;
  return header.find(',') != std::string_view::npos ? Separator::kComma : Separator::kBlanks;
}

// Fields with at least two blanks between them.
std::vector<std::string> split_runs_of_blanks(std::string_view line) {
  std::vector<std::string> fields;
  for (line = trim(line); !line.empty();) {
    const std::size_t end = std::min(line.find("  "), line.size());
    fields.emplace_back(line.substr(0, end));
    line = trim(line.substr(end));
  }
  return fields;
}

std::vector<std::string> fields_of(std::string_view line, Separator separator) {
  if (separator == Separator::kBlanks) return split_runs_of_blanks(line);
  std::vector<std::string> fields;
  if (separator == Separator::kComma) {
    for (const std::string& field : split_csv_line(line)) fields.emplace_back(trim(field));
  } else {
    for (const std::string_view field : split(trim(line), '\t')) fields.emplace_back(trim(field));
  }
  return fields;
}

// As many fields as there are columns: what is too much are commas within the first one.
std::vector<std::string> rejoin_first(std::vector<std::string> fields, std::size_t columns) {
  while (columns > 0 && fields.size() > columns) {
    fields[0] += ", " + fields[1];
    fields.erase(fields.begin() + 1);
  }
  return fields;
}

// TensorFlow Lite's word for an operator of XNNPACK: "Convolution (NHWC, F32) DWConv".
std::string word_of_xnnpack(const std::string& type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kWords = {{
      {"Convolution", "CONV_2D"},
      {"Deconvolution", "TRANSPOSE_CONV"},
      {"Fully Connected", "FULLY_CONNECTED"},
      {"Max Pooling", "MAX_POOL_2D"},
      {"Average Pooling", "AVERAGE_POOL_2D"},
      {"Global Average Pooling", "MEAN"},
      {"Softmax", "SOFTMAX"},
      {"Add", "ADD"},
      {"Multiply", "MUL"},
      {"HardSwish", "HARD_SWISH"},
  }};
  const std::string_view word = trim(std::string_view(type).substr(0, type.find('(')));
  if (word == "Convolution" && type.ends_with("DWConv")) return "DEPTHWISE_CONV_2D";
  const auto found = std::find_if(kWords.begin(), kWords.end(),
                                  [&](const auto& row) { return row.first == word; });
  return found == kWords.end() ? type : std::string(found->second);
}

class Reader {
 public:
  Reader() { profile_.software = "TensorFlow Lite"; }

  void take(std::string_view line) {
    const std::string low = to_lower(line);
    if (low.find("profiling info for") != std::string::npos)
      initialising_ = low.find("initialization") != std::string::npos;
    const bool title = line.find("=====") != std::string_view::npos;
    if (title || low.starts_with("top by") || low.starts_with("summary by"))
      in_run_order_ = low.find("run order") != std::string::npos;
    if (low.find("node type") != std::string::npos && low.find("avg") != std::string::npos) {
      columns_.clear();
      separator_ = separator_of(line);
      const auto names = fields_of(line, separator_);
      for (std::size_t i = 0; i < names.size(); ++i) columns_[column_name(names[i])] = i;
      return;
    }
    if (title || trim(line).empty() || columns_.empty() || !in_run_order_ || initialising_) return;
    take_row(rejoin_first(fields_of(line, separator_), columns_.size()));
  }

  Profile finish() {
    if (merged_ > 0)
      profile_.notes.push_back(std::to_string(merged_) +
                               " rows left out: each is the mean of several operators that "
                               "delegates call by the same name");
    return std::move(profile_);
  }

 private:
  std::string field(const std::vector<std::string>& fields, const char* column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() || found->second >= fields.size() ? "" : fields[found->second];
  }

  void take_row(const std::vector<std::string>& fields) {
    const auto ms = parse_double(field(fields, "avg ms"));
    if (!ms || !columns_.contains("name")) return;  // counts and sums below the table
    if (*ms < 0 || *ms > 1e8) throw bad_input("a time of " + format_double(*ms) + " ms");
    ProfileEvent event;
    event.op = field(fields, "node type");
    event.name = field(fields, "name");
    event.times = {milliseconds(*ms)};
    if (event.name.starts_with("Delegate/")) {
      if (parse_double(field(fields, "times called")).value_or(1) > 1) {
        ++merged_;
        return;
      }
      event.op = word_of_xnnpack(event.op);
      profile_.events.push_back(std::move(event));
      return;
    }
    std::string_view list = event.name;
    if (list.starts_with("[")) list = list.substr(1, list.rfind(']') - 1);
    for (std::string_view member : split(list, ';'))
      if (!trim(member).empty()) event.members.emplace_back(trim(member));
    profile_.events.push_back(std::move(event));
  }

  Profile profile_;
  Separator separator_ = Separator::kTab;
  int merged_ = 0;
  std::map<std::string, std::size_t> columns_;
  bool in_run_order_ = true, initialising_ = false;
};

}  // namespace

bool is_tflite_profile(std::string_view beginning) {
  const std::string text = to_lower(beginning);
  return text.find("node type") != std::string::npos &&
         (text.find("avg ms") != std::string::npos || text.find("avg_ms") != std::string::npos);
}

Profile read_tflite_profile(std::istream& in) {
  Reader reader;
  for_each_line(in, [&](std::string_view line) { reader.take(line); });
  return reader.finish();
}

}  // namespace neuralpower
