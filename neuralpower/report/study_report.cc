// SPDX-License-Identifier: Apache-2.0
#include "neuralpower/report/study_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "neuralpower/base/error.h"
#include "neuralpower/report/json_text.h"
#include "neuralpower/report/table.h"

namespace neuralpower {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const StudyPoint& point) {
  return {{"terms", point.terms},
          {"accuracy", point.accuracy()},
          {"mape", point.metrics.mape},
          {"rmspe", point.metrics.rmspe},
          {"within10", point.metrics.within10}};
}

std::string render_json(const Study& study) {
  Json json;
  json["target"] = to_string(study.target);
  json["split"] = study.split;
  json["kinds"] = Json::object();
  for (const StudyOfKey& of : study.keys) {
    Json& kind = json["kinds"][of.key];
    kind["rows"] = of.rows;
    for (const StudyCurve& curve : of.curves) {
      Json& c = kind["methods"][curve.method];
      c["what"] = curve.what;
      for (const StudyPoint& point : curve.points) c["points"].push_back(to_json(point));
    }
    kind["best"] = to_json(of.comparison.best);
    kind["best"]["method"] = of.comparison.best_method;
    kind["similar"] = to_json(of.comparison.small);
    kind["similar"]["method"] = of.comparison.small_method;
    kind["similar"]["within"] = study.similar;
    kind["complexity_ratio"] = of.comparison.ratio();
  }
  json["notes"] = study.notes;
  return json_text(json);
}

std::string render_csv(const Study& study) {
  std::string out = "kind,rows,target,method,terms,accuracy,mape,rmspe,within10\n";
  for (const StudyOfKey& of : study.keys)
    for (const StudyCurve& curve : of.curves)
      for (const StudyPoint& p : curve.points)
        out += fmt::format("{},{},{},{},{:.4g},{:.4f},{:.4f},{:.4f},{:.2f}\n", of.key, of.rows,
                           to_string(study.target), curve.method, p.terms, p.accuracy(),
                           p.metrics.mape, p.metrics.rmspe, p.metrics.within10);
  return out;
}

std::string render_table(const Study& study, int width) {
  using Align = Table::Align;
  std::string out =
      fmt::format("{} against complexity, held out ({})\n\n", to_string(study.target), study.split);
  Table table({{"layers", Align::kLeft},
               {"method", Align::kLeft},
               {"terms"},
               {"accuracy %"},
               {"RMSPE %"},
               {"within 10 %"},
               {"rows"}});
  for (const StudyOfKey& of : study.keys) {
    if (&of != &study.keys.front()) table.add_rule();
    for (const StudyCurve& curve : of.curves)
      for (const StudyPoint& p : curve.points)
        table.add_row({of.key, curve.method, fmt::format("{:.1f}", p.terms),
                       fmt::format("{:.1f}", p.accuracy()), fmt::format("{:.1f}", p.metrics.rmspe),
                       fmt::format("{:.1f}", p.metrics.within10), std::to_string(of.rows)});
  }
  out += table.render(width) + "\n";
  for (const StudyOfKey& of : study.keys) {
    const StudyComparison& c = of.comparison;
    out += fmt::format("{}: best published kind of model {} with {:.1f} terms, {:.1f} %; ", of.key,
                       c.best_method, c.best.terms, c.best.accuracy());
    out += c.small.terms < c.best.terms
               ? fmt::format(
                     "{} with {:.1f} terms reaches {:.1f} %: {:.1f} times fewer terms "
                     "within {:g} points\n",
                     c.small_method, c.small.terms, c.small.accuracy(), c.ratio(), study.similar)
               : fmt::format("nothing smaller comes within {:g} points\n", study.similar);
  }
  for (const std::string& note : study.notes) out += "note: " + note + "\n";
  return out;
}

}  // namespace

std::string render_study(const Study& study, const RenderOptions& options) {
  switch (options.format) {
    case OutputFormat::kJson:
      return render_json(study);
    case OutputFormat::kCsv:
      return render_csv(study);
    case OutputFormat::kTable:
      return render_table(study, options.width);
    default:
      throw usage_error("a study is printed as table, json or csv");
  }
}

}  // namespace neuralpower
