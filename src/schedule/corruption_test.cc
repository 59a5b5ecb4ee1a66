// The verifier against damaged tables: what must be caught is caught, and what a plain second check says of any table,
// the verifier says too.
#include <gtest/gtest.h>

#include <random>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/testing/plain_check.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using enum ActionKind;

using Random = std::mt19937_64;

int below(Random& random, std::size_t bound) { return static_cast<int>(random() % bound); }

/// Every B as I and W, the W behind the next I where there is one: what zero-bubble schedules do.
Table split_backwards(Table table) {
  table.name += " split";
  for (auto& row : table.rows) {
    std::vector<Action> split;
    std::vector<Action> delayed;
    for (const Action action : row) {
      if (action.kind != kBackward) {
        split.push_back(action);
        continue;
      }
      split.push_back(make_action(kBackwardInput, action.stage, action.microbatch));
      split.insert(split.end(), delayed.begin(), delayed.end());
      delayed = {make_action(kBackwardWeight, action.stage, action.microbatch)};
    }
    split.insert(split.end(), delayed.begin(), delayed.end());
    row = split;
  }
  return table;
}

bool inside(const ScheduleRow& row, const ScheduleRequest& request) {
  return row.outside == nullptr || row.outside(request).empty();
}

/// The schedule for one, two and four ranks, each with the two least numbers of microbatches that it is made for; one
/// that searches only for two.
void add_tables(const ScheduleRow& row, std::vector<Table>& tables) {
  for (const int ranks : {1, 2, 4}) {
    if (row.searches && ranks != 2) continue;
    int found = 0;
    for (const int microbatches : {1, 4, 6, 8, 12, 16}) {
      const ScheduleRequest request = request_of(row, ranks, microbatches);
      if (found == 2 || !inside(row, request)) continue;
      tables.push_back(make_schedule(row, request));
      ++found;
    }
  }
}

/// Sound compute-only tables of all sorts.
std::vector<Table> sound_tables() {
  std::vector<Table> tables;
  for (const auto& row : schedules()) add_tables(row, tables);
  for (const char* name : {"forward", "interleaved", "bfs", "interleaved-zb"})
    tables.push_back(make_schedule(name, {2, 3, 2}));
  tables.push_back(split_backwards(make_schedule("1f1b", {3, 4, 1})));
  tables.push_back(split_backwards(make_schedule("gpipe", {2, 3, 1})));
  // A V over two ranks, one with overlapped pairs, and two opposite pipelines.
  tables.push_back(
      table_of(TableKind::kTrain, 4, 2, {"0F0 0F1 3F0 3B0 3F1 3B1 0B0 0B1", "1F0 2F0 1F1 2F1 2B0 1B0 2B1 1B1"}));
  tables.push_back(
      table_of(TableKind::kTrain, 2, 3, {"0F0 0F1 (0F2;0B0)OVERLAP_F_B 0B1 0B2", "1F0 1B0 1F1 1B1 1F2 1I2 1W2"}));
  tables.push_back(table_of(TableKind::kTrain, 2, 2, {"0F0 1F1 1B1 0B0", "1F0 0F1 1B0 0B1"}));
  return tables;
}

/// The tables, and each of them with its communication.
std::vector<Table> sound_tables_and_lowered() {
  std::vector<Table> tables = sound_tables();
  const std::size_t plain = tables.size();
  for (std::size_t i = 0; i < plain; ++i) {
    const Table& table = tables[i];
    tables.push_back(lower(table.kind == TableKind::kTrain ? insert_reduce_grad(table) : table));
    tables.back().name += " lowered";
  }
  return tables;
}

bool verified(const Table& table, ChannelModel model) {
  return user_error_of([&] { verify(table, {&model, 1}); }).empty();
}

std::string text_of(const Table& table) {
  std::string text = table.name + ":\n";
  for (const auto& row : table.rows) text += row_text(row) + "\n";
  return text;
}

/// A row with at least one action, and a position in it.
Place any_place(const Table& table, Random& random) {
  int rank = 0;
  do rank = below(random, table.rows.size());
  while (table.rows[static_cast<std::size_t>(rank)].empty());
  return {rank, below(random, table.rows[static_cast<std::size_t>(rank)].size())};
}

std::vector<Action>& row_at(Table& table, Place place) { return table.rows[static_cast<std::size_t>(place.rank)]; }

Action take(Table& table, Place place) {
  auto& row = row_at(table, place);
  const Action action = row[static_cast<std::size_t>(place.position)];
  row.erase(row.begin() + place.position);
  return action;
}

void put(Table& table, int rank, Action action, Random& random) {
  auto& row = table.rows[static_cast<std::size_t>(rank)];
  row.insert(row.begin() + below(random, row.size() + 1), action);
}

/// Whether a table in which the one stands before the other is broken; for an OPT where there is another stage to
/// compare with.
bool must_follow(Action later, Action earlier) {
  const bool same = later.stage == earlier.stage && later.microbatch == earlier.microbatch;
  switch (later.kind) {
    case kForward:
      return same && earlier.kind == kRecvForward;
    case kBackward:
    case kBackwardInput:
      return same && (earlier.kind == kForward || earlier.kind == kRecvBackward);
    case kBackwardWeight:
      return same && earlier.kind == kBackwardInput;
    case kSendForward:
      return same && earlier.kind == kForward;
    case kSendBackward:
      return same && (earlier.kind == kBackward || earlier.kind == kBackwardInput);
    case kReduceGrad:
    case kUpdate:
      return later.stage == earlier.stage && is_weight(earlier.kind);
    default:
      return false;
  }
}

/// Swaps two actions of a row of which the later needs the earlier. RETURNS: whether there were any.
bool swap_dependent(Table& table, Random& random) {
  const Place place = any_place(table, random);
  auto& row = row_at(table, place);
  std::vector<std::size_t> needed;
  const auto later = static_cast<std::size_t>(place.position);
  for (std::size_t i = 0; i < later; ++i)
    if (must_follow(row[later], row[i])) needed.push_back(i);
  if (needed.empty()) return false;
  std::swap(row[later], row[needed[static_cast<std::size_t>(below(random, needed.size()))]]);
  return true;
}

enum class Damage { kDropped, kDoubled, kMoved, kSwappedDependent, kSwapped, kShifted, kHoisted, kRenumbered };
constexpr int kDamages = 8;

/// Damages the table. RETURNS: whether the damage is one that breaks the meaning of any table; nothing if none was
/// done.
std::optional<bool> damage(Table& table, Damage kind, Random& random) {
  const bool replicable = table.kind == TableKind::kForward && table.name.find("lowered") == std::string::npos;
  const Place place = any_place(table, random);
  auto& row = row_at(table, place);
  const Action action = row[static_cast<std::size_t>(place.position)];
  switch (kind) {
    case Damage::kDropped:
      take(table, place);
      return action.kind != kReduceGrad || table.ranks > 1;
    case Damage::kDoubled:
      put(table, below(random, table.rows.size()), action, random);
      return true;
    case Damage::kMoved:
      if (table.ranks == 1) return std::nullopt;
      put(table, (place.rank + 1 + below(random, table.rows.size() - 1)) % table.ranks, take(table, place), random);
      return !replicable;
    case Damage::kSwappedDependent:
      if (!swap_dependent(table, random)) return std::nullopt;
      return table.kind != TableKind::kAsynchronous || table.stages > 1;
    case Damage::kSwapped:
      std::swap(row[static_cast<std::size_t>(place.position)],
                row[static_cast<std::size_t>(below(random, row.size()))]);
      return false;
    case Damage::kShifted:
      put(table, place.rank, take(table, place), random);
      return false;
    case Damage::kHoisted:
      if (!is_receive(action.kind)) return std::nullopt;
      take(table, place);
      row.insert(row.begin() + below(random, static_cast<std::size_t>(place.position) + 1), action);
      return false;
    case Damage::kRenumbered:
      row[static_cast<std::size_t>(place.position)].stage =
          static_cast<std::uint16_t>(below(random, static_cast<std::size_t>(table.stages) + 1));
      return false;
  }
  return std::nullopt;
}

TEST(Corruption, SoundTablesAreSoundToBoth) {
  for (const Table& table : sound_tables_and_lowered()) {
    for (const ChannelModel model : kAllChannelModels) {
      EXPECT_EQ(user_error_of([&] { verify(table, {&model, 1}); }), "") << text_of(table);
      EXPECT_TRUE(PlainCheck(table, model).sound()) << text_of(table);
    }
  }
}

TEST(Corruption, EveryVerdictIsThatOfThePlainCheck) {
  constexpr int kRounds = 50;
  Random random(1);
  int broken = 0;
  int harmless = 0;
  int by_model = 0;  // caught under one model of the medium and not under another
  for (const Table& table : sound_tables_and_lowered()) {
    for (int round = 0; round < kRounds * kDamages; ++round) {
      Table damaged = table;
      const auto must_fail = damage(damaged, static_cast<Damage>(round % kDamages), random);
      if (!must_fail) continue;
      int sound = 0;
      for (const ChannelModel model : kAllChannelModels) {
        const bool verdict = verified(damaged, model);
        ASSERT_EQ(verdict, PlainCheck(damaged, model).sound())
            << channel_model_text(model) << " " << text_of(table) << text_of(damaged);
        ASSERT_FALSE(verdict && *must_fail) << text_of(table) << text_of(damaged);
        sound += verdict ? 1 : 0;
      }
      ++(sound == 3 ? harmless : broken);
      by_model += sound == 1 || sound == 2 ? 1 : 0;
    }
  }
  RecordProperty("broken", broken);
  RecordProperty("harmless", harmless);
  RecordProperty("by_model", by_model);
  EXPECT_GT(broken, 30000);
  EXPECT_GT(harmless, 5000);
  EXPECT_GT(by_model, 100);
}

TEST(Corruption, DamageToLargeTablesIsCaught) {
  Random random(2);
  for (const auto& row : schedules()) {
    for (int round = 0; round < 400; ++round) {
      const auto request = request_of(row, 2 + below(random, 15), 1 + below(random, 64), 1 + round % 3);
      if (row.searches || !inside(row, request)) continue;
      Table table = make_schedule(row, request);
      if (round % 2 == 1) table = lower(table.kind == TableKind::kTrain ? insert_reduce_grad(table) : table);
      if (round % 2 == 1) table.name += " lowered";
      const auto must_fail = damage(table, static_cast<Damage>(round % 4), random);
      if (!must_fail || !*must_fail) continue;
      EXPECT_NE(user_error_of([&] { verify(table); }), "") << text_of(table);
    }
  }
}

}  // namespace
}  // namespace triaxis
