// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's benchmark_model --enable_op_profiling, as CSV (--op_profiling_output_file, or
// --profiling_output_csv_file) or as the table it prints. Rows stand under a header with "node
// type", "avg ms" and "name"; the sections "Top by Computation Time" and "Summary by node type" say
// the same again and are passed over, so is the initialisation. A name lists the tensors that an
// operation writes: "[model/relu;model/conv]:12".
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

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  if (line.find('\t') == std::string_view::npos) {
    for (const std::string& field : split_csv_line(line)) fields.emplace_back(trim(field));
    return fields;
  }
  for (std::string_view field : split(trim(line), '\t')) fields.emplace_back(trim(field));
  return fields;
}

class Reader {
 public:
  void take(std::string_view line) {
    const std::string low = to_lower(line);
    if (low.find("profiling info for") != std::string::npos)
      initialising_ = low.find("initialization") != std::string::npos;
    const bool title = line.find("=====") != std::string_view::npos;
    if (title || low.starts_with("top by") || low.starts_with("summary by"))
      in_run_order_ = low.find("run order") != std::string::npos;
    if (low.find("node type") != std::string::npos && low.find("avg") != std::string::npos) {
      columns_.clear();
      const auto names = fields_of(line);
      for (std::size_t i = 0; i < names.size(); ++i) columns_[column_name(names[i])] = i;
      return;
    }
    if (title || trim(line).empty() || columns_.empty() || !in_run_order_ || initialising_) return;
    take_row(fields_of(line));
  }

  Profile profile;

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
    std::string_view list = event.name;
    if (list.starts_with("[")) list = list.substr(1, list.rfind(']') - 1);
    for (std::string_view member : split(list, ';'))
      if (!trim(member).empty()) event.members.emplace_back(trim(member));
    profile.events.push_back(std::move(event));
  }

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
  reader.profile.software = "TensorFlow Lite";
  for_each_line(in, [&](std::string_view line) { reader.take(line); });
  return std::move(reader.profile);
}

}  // namespace neuralpower
