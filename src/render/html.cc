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

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

/// A rank's blocks and its memory, list by list. Lanes: 0 the whole height, 1 and 2 the halves that a pair shares.
Json json_of_rank(const Table& table, const Timeline& timeline, int rank) {
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  const auto& spans = timeline.spans[static_cast<std::size_t>(rank)];
  std::string kinds;
  std::string lanes;
  std::vector<int> stages, microbatches, held;
  std::vector<double> starts, ends, times;
  for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
    end = cell_end(row, begin);
    for (int i = begin; i < end; ++i) {
      const Action action = row[static_cast<std::size_t>(i)];
      const Span span = spans[static_cast<std::size_t>(i)];
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
  return {{"kinds", kinds},   {"lanes", lanes}, {"stages", stages}, {"microbatches", microbatches},
          {"starts", starts}, {"ends", ends},   {"times", times},   {"held", held}};
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

Json json_of(const PageSchedule& schedule) {
  const auto& [table, timeline, activation] = schedule;
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

/// A row of the table of figures.
std::string figures_row(const Json& schedule) {
  const auto peaks = schedule["peaks"].get<std::vector<int>>();
  const auto [least, most] = std::minmax_element(peaks.begin(), peaks.end());
  const std::string peak = *least == *most ? fmt::format("{}", *most) : fmt::format("{} (least {})", *most, *least);
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:g}</td><td>{}</td><td>{}</td></tr>\n",
                     escaped(schedule["name"].get<std::string>()), schedule["ranks"].get<int>(),
                     schedule["stages"].get<int>(), schedule["microbatches"].get<int>(),
                     schedule["makespan"].get<double>(), percent(schedule["bubble_ratio"].get<double>()), peak);
}

/// The kinds that the schedules have.
std::string kinds_of(const Json& schedules) {
  std::set<char> kinds;
  for (const Json& schedule : schedules) {
    for (const Json& row : schedule["rows"]) {
      const auto& text = row["kinds"].get_ref<const std::string&>();
      kinds.insert(text.begin(), text.end());
    }
  }
  return {kinds.begin(), kinds.end()};
}

}  // namespace

std::string schedule_page(std::span<const PageSchedule> schedules, std::string_view note) {
  Json all = Json::array();
  for (const PageSchedule& schedule : schedules) all.push_back(json_of(schedule));
  std::string title;
  std::string figures;
  for (const Json& schedule : all) {
    title += (title.empty() ? "" : " / ") + escaped(schedule["name"].get<std::string>());
    figures += figures_row(schedule);
  }
  const std::string note_line = note.empty() ? "" : fmt::format("<p class=\"note\">{}</p>\n", escaped(note));
  const PageParts parts = schedule_parts();
  return fmt::format(fmt::runtime(parts.frame), fmt::arg("title", title), fmt::arg("style", parts.style),
                     fmt::arg("figures", figures), fmt::arg("note", note_line),
                     fmt::arg("legend", page_legend(kinds_of(all))), fmt::arg("schedules", embedded_json(all)),
                     fmt::arg("script", parts.script));
}

}  // namespace triaxis
