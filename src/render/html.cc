#include "render/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "render/markup.h"
#include "render/memory.h"
#include "render/page/page.h"
#include "render/page_text.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

/// A rank's blocks, its updates (start, end, stage, number) and its memory, list by list. Lanes: 0 the whole height, 1
/// and 2 the halves that a pair shares.
Json json_of_rank(const Table& table, const Timeline& timeline, int rank) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  const auto& spans = timeline.spans[static_cast<std::size_t>(rank)];
  std::string kinds;
  std::string lanes;
  std::vector<int> stages, microbatches, held;
  std::vector<double> starts, ends, times;
  Json updates = Json::array();
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    for (int i = begin; i < end; ++i) {
      const Action action = row[static_cast<std::size_t>(i)];
      const Span span = spans[static_cast<std::size_t>(i)];
      if (action.kind == ActionKind::kUpdate)
        updates.push_back({span.start, span.end, action.stage, action.microbatch});
      if (!is_compute(action.kind) || span.end <= span.start) continue;
      kinds += kind_text(action.kind);
      lanes += end - begin == 1 ? '0' : (i == begin ? '1' : '2');
      stages.push_back(action.stage);
      microbatches.push_back(action.microbatch);
      starts.push_back(span.start);
      ends.push_back(span.end);
    }
  }
  for (const MemoryPoint& point : memory_of_rank(table, timeline, rank)) {
    times.push_back(point.time);
    held.push_back(point.activations);
  }
  return {{"kinds", kinds},
          {"lanes", lanes},
          {"stages", stages},
          {"microbatches", microbatches},
          {"starts", starts},
          {"ends", ends},
          {"updates", std::move(updates)},
          {"times", times},
          {"held", held}};
}

std::vector<int> peaks_of(const Json& rows) {
  std::vector<int> peaks;
  for (const Json& row : rows) {
    const auto held = row["held"].get<std::vector<int>>();
    peaks.push_back(held.empty() ? 0 : *std::max_element(held.begin(), held.end()));
  }
  return peaks;
}

/// First start and last end of compute.
Span extent_of(const Json& rows) {
  std::optional<Span> extent;
  for (const Json& row : rows) {
    if (row["starts"].empty()) continue;
    const Span span{row["starts"].front().get<double>(), row["ends"].back().get<double>()};
    extent = extent ? Span{std::min(extent->start, span.start), std::max(extent->end, span.end)} : span;
  }
  return extent.value_or(Span{});
}

std::string percent(double ratio) { return fmt::format("{:.1f} %", 100 * ratio); }

/// "4 (least 1)", or "4" where all are equal.
std::string most_and_least(const std::vector<int>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return *least == *most ? fmt::format("{}", *most) : fmt::format("{} (least {})", *most, *least);
}

/// A column of the table of figures.
struct Figure {
  std::string_view name;
  std::string_view hint;
  std::string value;  // empty: the schedule has none
};

std::vector<Figure> figures_of(const PageSchedule& schedule, const std::vector<int>& peaks) {
  const auto& [table, timeline, period, activation] = schedule;
  std::vector<Figure> figures = {
      {"schedule", "", escaped(table.name)},
      {"ranks", "", fmt::to_string(table.ranks)},
      {"stages", "", fmt::to_string(table.stages)},
      {"microbatches", "", fmt::to_string(table.microbatches)},
      {"makespan", "first start to last end", fmt::format("{:g}", timeline.makespan)},
      {"bubble", "idle time as a share of ranks x makespan", percent(timeline.bubble_ratio)},
      {"peak activations", "of one stage for one microbatch, the most that a rank holds at once",
       most_and_least(peaks)},
      {"period", "of a step when step follows step, or from update to update", ""},
      {"bubble of the period", "idle time as a share of ranks x period", ""},
      {"versions of weights", "of one stage, the most that a rank holds at once", ""},
      {"staleness", "the most updates that the weights of a gradient are behind", ""}};
  const std::size_t optional = figures.size() - 4;
  if (const auto bubble = period_bubble_ratio(table, timeline, period)) {
    figures[optional].value = fmt::format("{:g}", *period);
    figures[optional + 1].value = percent(*bubble);
  }
  if (table.kind == TableKind::kAsynchronous) {
    const Verification verification = verify(table);
    figures[optional + 2].value = most_and_least(verification.weight_versions);
    figures[optional + 3].value = most_and_least(verification.staleness);
  }
  return figures;
}

/// The table of figures, without the columns of which no schedule has a value.
std::string figures_table(const std::vector<std::vector<Figure>>& schedules) {
  const auto shown = [&](std::size_t column) {
    return std::any_of(schedules.begin(), schedules.end(),
                       [&](const auto& figures) { return !figures[column].value.empty(); });
  };
  std::string head;
  std::vector<std::string> rows(schedules.size());
  for (std::size_t column = 0; column < schedules.front().size(); ++column) {
    if (!shown(column)) continue;
    const Figure& figure = schedules.front()[column];
    head += figure.hint.empty() ? fmt::format("<th>{}</th>", figure.name)
                                : fmt::format("<th title=\"{}\">{}</th>", figure.hint, figure.name);
    for (std::size_t i = 0; i < schedules.size(); ++i) {
      const std::string& value = schedules[i][column].value;
      rows[i] += fmt::format("<td>{}</td>", value.empty() ? "–" : value);
    }
  }
  return fmt::format("<tr>{}</tr>\n<tr>{}</tr>\n", head, fmt::join(rows, "</tr>\n<tr>"));
}

Json json_of(const PageSchedule& schedule) {
  const auto& [table, timeline, period, activation] = schedule;
  Json rows = Json::array();
  for (int rank = 0; rank < table.ranks; ++rank) rows.push_back(json_of_rank(table, timeline, rank));
  const Span extent = extent_of(rows);
  const std::vector<int> peaks = peaks_of(rows);
  return {{"name", table.name},
          {"ranks", table.ranks},
          {"stages", table.stages},
          {"microbatches", table.microbatches},
          {"makespan", timeline.makespan},
          {"bubble_ratio", timeline.bubble_ratio},
          {"begin", extent.start},
          {"end", extent.end},
          {"peaks", peaks},
          {"unit", activation},
          {"figures", fmt::format("makespan {:g}, bubble {}, peak activations {}", timeline.makespan,
                                  percent(timeline.bubble_ratio), *std::max_element(peaks.begin(), peaks.end()))},
          {"rows", std::move(rows)}};
}

/// The kinds that the schedules have.
std::string kinds_of(const Json& schedules) {
  std::set<char> kinds;
  for (const Json& schedule : schedules) {
    for (const Json& row : schedule["rows"]) {
      const auto& text = row["kinds"].get_ref<const std::string&>();
      kinds.insert(text.begin(), text.end());
      if (!row["updates"].empty()) kinds.insert('O');
    }
  }
  return {kinds.begin(), kinds.end()};
}

}  // namespace

std::string schedule_page(std::span<const PageSchedule> schedules, std::string_view note) {
  Json all = Json::array();
  std::string title;
  std::vector<std::vector<Figure>> figures;
  for (const PageSchedule& schedule : schedules) {
    all.push_back(json_of(schedule));
    title += (title.empty() ? "" : " / ") + escaped(schedule.table.name);
    figures.push_back(figures_of(schedule, all.back()["peaks"].get<std::vector<int>>()));
  }
  const std::string note_line = note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>\n", escaped(note));
  const PageParts parts = schedule_parts();
  return fmt::format(fmt::runtime(parts.frame), fmt::arg("title", title), fmt::arg("style", parts.style),
                     fmt::arg("figures", figures_table(figures)), fmt::arg("note", note_line),
                     fmt::arg("legend", page_legend(kinds_of(all))), fmt::arg("schedules", embedded_json(all)),
                     fmt::arg("script", parts.script));
}

}  // namespace triaxis
