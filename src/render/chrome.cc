#include "render/chrome.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "render/memory.h"

namespace triaxis {
namespace {

/// Chrome's name of a colour for the kind. Perfetto goes by the event's name instead, without its digits.
std::string_view colour_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::kForward:
      return "rail_response";
    case ActionKind::kBackward:
      return "good";
    case ActionKind::kBackwardInput:
      return "thread_state_running";
    case ActionKind::kBackwardWeight:
      return "olive";
    case ActionKind::kRecompute:
      return "yellow";
    case ActionKind::kUpdate:
      return "black";
    default:
      return "grey";
  }
}

void append_action(std::string& text, int rank, Action action, Span span) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, R"(,
{{"ph":"X","pid":{},"tid":0,"ts":{},"dur":{},"name":"{}","cat":"{}","cname":"{}","args":{{"stage":{})",
                 rank, span.start, span.end - span.start, action_text(action), kind_text(action.kind),
                 colour_of(action.kind), action.stage);
  if (has_microbatch(action.kind))
    fmt::format_to(out, R"(,"{}":{})", action.kind == ActionKind::kUpdate ? "update" : "microbatch", action.microbatch);
  text += "}}";
}

void append_rank(std::string& text, const Table& table, const Timeline& timeline, int rank) {
  auto out = std::back_inserter(text);
  fmt::format_to(out, R"({}
{{"ph":"M","pid":{},"name":"process_name","args":{{"name":"rank {}"}}}},
{{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}},
{{"ph":"M","pid":{},"tid":0,"name":"thread_name","args":{{"name":"compute"}}}})",
                 rank == 0 ? "" : ",", rank, rank, rank, rank, rank);
  const auto& row = table.rows[static_cast<std::size_t>(rank)];
  for (std::size_t i = 0; i < row.size(); ++i)
    append_action(text, rank, row[i], timeline.spans[static_cast<std::size_t>(rank)][i]);
  for (const MemoryPoint& point : memory_of_rank(table, timeline, rank)) {
    fmt::format_to(out, R"(,
{{"ph":"C","pid":{},"ts":{},"name":"activations","args":{{"held":{}}}}})",
                   rank, point.time, point.activations);
  }
}

}  // namespace

std::string chrome_trace(const Table& table, const Timeline& timeline) {
  const nlohmann::ordered_json about = {{"schedule", table.name},        {"ranks", table.ranks},
                                        {"stages", table.stages},        {"microbatches", table.microbatches},
                                        {"makespan", timeline.makespan}, {"bubble_ratio", timeline.bubble_ratio}};
  std::string text = fmt::format(R"({{"displayTimeUnit":"ns","otherData":{},"traceEvents":[)",
                                 about.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  for (int rank = 0; rank < table.ranks; ++rank) append_rank(text, table, timeline, rank);
  return text + "\n]}\n";
}

}  // namespace triaxis
