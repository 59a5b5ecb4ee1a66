#include "render/explorer_tables.h"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "schedule/registry.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kRanks = {2, 3, 4, 5, 6, 7, 8};
constexpr std::array kMicrobatches = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32};
constexpr std::array kStagesPerRank = {1, 2, 3, 4};

using Words = std::vector<std::uint16_t>;

std::uint16_t word(int value) {
  check(value >= 0 && value <= UINT16_MAX, "a number of the explorer does not fit 16 bits");
  return static_cast<std::uint16_t>(value);
}

int kind_number(ActionKind kind) {
  switch (kind) {
    case ActionKind::kForward:
      return 0;
    case ActionKind::kBackwardInput:
      return 1;
    case ActionKind::kBackwardWeight:
      return 2;
    case ActionKind::kBackward:
      return 3;
    case ActionKind::kUpdate:
      return 4;
    default:
      check(false, "the explorer has no such action");
      return 0;
  }
}

std::uint16_t packed(Action action) {
  check(action.microbatch >= 0 && action.microbatch < 32 && action.stage < 32, "the grid has at most 32 of everything");
  return word(action.microbatch | action.stage << 5 | kind_number(action.kind) << 10 |
              (action.with_next ? 1 << 13 : 0));
}

void append(const Table& table, Words& words) {
  const Verification verification = verify(table);
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    words.push_back(word(static_cast<int>(table.rows[rank].size())));
    words.push_back(word(verification.ranks[rank].activations));
    words.push_back(word(verification.weight_versions[rank]));
  }
  for (const auto& row : table.rows)
    for (const Action action : row) words.push_back(packed(action));
}

/// Where the table begins in the words, or what would be valid.
Json place_of(const ScheduleRow& row, const ScheduleRequest& request, Words& words) {
  const std::string valid = row.outside == nullptr ? "" : row.outside(request);
  if (!valid.empty()) return valid;
  const std::size_t begin = words.size();
  append(make_schedule(row, request), words);
  return begin;
}

Json json_of(const ScheduleRow& row, Words& words) {
  Json tables = Json::array();
  for (const int ranks : kRanks) {
    for (const int microbatches : kMicrobatches) {
      for (const int stages : kStagesPerRank) {
        if (row.many_stages_per_rank || stages == row.default_stages_per_rank)
          tables.push_back(
              place_of(row, {.ranks = ranks, .microbatches = microbatches, .stages_per_rank = stages}, words));
      }
    }
  }
  return {{"name", row.name},
          {"summary", row.summary},
          {"source", row.source},
          {"kind", kind_text(row.kind)},
          {"stages_per_rank", row.default_stages_per_rank},
          {"any_stages_per_rank", row.many_stages_per_rank},
          {"replicas", row.replicas},
          {"searches", row.searches},
          {"tables", std::move(tables)}};
}

std::string base64(const Words& words) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(words.size() * 8 / 3 + 4);
  std::uint32_t bits = 0;
  int count = 0;  // bits not yet written
  for (const std::uint16_t word : words) {
    for (const int byte : {word & 255, word >> 8}) {
      bits = bits << 8 | static_cast<std::uint32_t>(byte);
      for (count += 8; count >= 6; count -= 6) text += kDigits[bits >> (count - 6) & 63];
    }
  }
  if (count > 0) text += kDigits[bits << (6 - count) & 63];
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

}  // namespace

Json explorer_tables(std::span<const ScheduleRow> rows) {
  Words words;
  Json list = Json::array();
  for (const ScheduleRow& row : rows) list.push_back(json_of(row, words));
  return {{"ranks", kRanks},
          {"microbatches", kMicrobatches},
          {"chunks", kStagesPerRank},
          {"schedules", std::move(list)},
          {"words", base64(words)}};
}

}  // namespace triaxis
