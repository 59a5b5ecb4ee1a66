#include "cli/schedule_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schedule/csv.h"
#include "schedule/passes/compute_only.h"
#include "schedule/registry.h"

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json json_of_rows(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json cells = Json::array();
    for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
      end = cell_end(row, begin);
      cells.push_back(cell_text(row, begin, end));
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace

std::vector<int> peaks_of(const Verification& verification) {
  std::vector<int> peaks;
  for (const RankPeak& rank : verification.ranks) peaks.push_back(rank.activations);
  return peaks;
}

std::string table_json(const TimedTable& timed) {
  const Table& table = timed.table;
  Json json = {{"name", table.name},
               {"kind", kind_text(table.kind)},
               {"ranks", table.ranks},
               {"stages", table.stages},
               {"replicas", timed.verification.replicas},
               {"microbatches", table.microbatches},
               {"makespan", timed.timeline.makespan},
               {"busy", timed.timeline.busy},
               {"bubble_ratio", timed.timeline.bubble_ratio},
               {"period", json_of(timed.period)},
               {"period_bubble_ratio", json_of(period_bubble_ratio(timed.table, timed.timeline, timed.period))},
               {"peak_activations", peaks_of(timed.verification)},
               {"weight_versions", timed.verification.weight_versions},
               {"staleness", timed.verification.staleness}};
  if (table.kind == TableKind::kAsynchronous) json["versions"] = version_rule_text(table.version_rule);
  json["ordered_weights"] = timed.verification.ordered_weights;
  json["rows"] = json_of_rows(compute_only(table));
  return json.dump() + "\n";
}

std::string registry_text() {
  std::size_t width = 0;
  for (const ScheduleRow& row : schedules()) width = std::max(width, row.name.size());
  std::string text;
  for (const ScheduleRow& row : schedules()) {
    text += fmt::format(
        "{0:<{1}} {2}\n{3:{1}} stages a rank: {4}; p and m: {5}; copies of the weights: {6}\n"
        "{3:{1}} bubble: {7}; peak activations: {8}\n{3:{1}} {9}\n",
        row.name, width, row.summary, "", row.stages_text, row.domain_text, row.copies_text, row.bubble_text,
        row.peak_text, row.source);
  }
  return text + "p ranks, m microbatches, v stages a rank; F, I, W: times of a stage's forward and its two backwards\n";
}

std::string registry_json() {
  Json list = Json::array();
  for (const ScheduleRow& row : schedules()) {
    list.push_back({{"name", row.name},
                    {"kind", kind_text(row.kind)},
                    {"summary", row.summary},
                    {"source", row.source},
                    {"stages_per_rank", row.default_stages_per_rank},
                    {"many_stages_per_rank", row.many_stages_per_rank},
                    {"replicas", row.replicas},
                    {"searches", row.searches},
                    {"domain", row.domain_text},
                    {"copies", row.copies_text},
                    {"bubble", row.bubble_text},
                    {"peak_activations", row.peak_text}});
  }
  return Json{{"schedules", list}}.dump() + "\n";
}

}  // namespace triaxis
