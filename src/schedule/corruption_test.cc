// The verifier against damaged tables: what must be caught is caught, and what a plain second check says of any table,
// the verifier says too.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/testing/damage.h"
#include "schedule/testing/plain_check.h"
#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using enum ActionKind;

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
      const ScheduleRequest request = request_of(row, ranks, microbatches, row.default_stages_per_rank);
      if (found == 2 || !inside(row, request)) continue;
      tables.push_back(make_schedule(row, request));
      ++found;
    }
  }
}

/// An update for each microbatch, one for two, and two stages on a rank that update in turn.
void add_asynchronous_tables(std::vector<Table>& tables) {
  const auto add = [&](VersionRule rule, const std::vector<std::string>& rows) {
    tables.push_back(table_of(TableKind::kAsynchronous, 2, 4, rows));
    tables.back().name = fmt::format("asynchronous {}", version_rule_text(rule));
    tables.back().version_rule = rule;
  };
  const std::vector<std::string> each = {"0F0 0F1 0B0 0OPT0 0F2 0B1 0OPT1 0F3 0B2 0OPT2 0B3 0OPT3",
                                         "1F0 1B0 1OPT0 1F1 1B1 1OPT1 1F2 1B2 1OPT2 1F3 1B3 1OPT3"};
  add(VersionRule::kStash, each);
  add(VersionRule::kVertical, each);
  add(VersionRule::kDouble, {"0F0 0F1 0B0 0F2 0I1 0W1 0OPT0 0F3 0B2 0B3 0OPT1",  //
                             "1F0 1B0 1F1 1B1 1OPT0 1F2 1I2 1F3 1W2 1B3 1OPT1"});
  add(VersionRule::kStash, {"0F0 1F0 0F1 1F1 1I0 0I0 1W0 1OPT0 0W0 0OPT0 0F2 1F2 1B1 0B1 1OPT1 0OPT1 0F3 1F3 1B2 0B2 "
                            "1B3 0B3 0OPT2 1OPT2"});
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
  add_asynchronous_tables(tables);
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

TEST(Corruption, SoundTablesAreSoundToBoth) {
  for (const Table& table : sound_tables_and_lowered()) {
    for (const ChannelModel model : kAllChannelModels) {
      EXPECT_EQ(user_error_of([&] { verify(table, {&model, 1}); }), "") << text_of(table);
      EXPECT_TRUE(PlainCheck(table, model).sound()) << text_of(table);
    }
  }
}

/// What became of damages.
struct Tally {
  int broken = 0;
  int harmless = 0;
  int by_model = 0;  // broken under one model of the medium and not under another
};

/// Holds the verifier's verdict to the plain check's under every model. RETURNS: whether every model finds it sound.
bool judge(const Table& table, Tally& tally) {
  int sound = 0;
  for (const ChannelModel model : kAllChannelModels) {
    const bool verdict = verified(table, model);
    EXPECT_EQ(verdict, PlainCheck(table, model).sound()) << channel_model_text(model) << " " << text_of(table);
    sound += verdict ? 1 : 0;
  }
  ++(sound == 3 ? tally.harmless : tally.broken);
  tally.by_model += sound == 1 || sound == 2 ? 1 : 0;
  return sound == 3;
}

/// Damages the table over and over, sometimes two damages at once, and judges what comes of it.
void judge_damages(const Table& table, int rounds, Damager& damager, Tally& tally) {
  for (int round = 0; round < rounds * kDamages; ++round) {
    Table damaged = table;
    const auto must_fail = damager.damage(damaged, static_cast<Damage>(round % kDamages));
    if (!must_fail) continue;
    const bool twice = round % 4 == 0;
    if (twice) damager.damage(damaged, static_cast<Damage>(damager.below(kDamages)));
    const bool sound = judge(damaged, tally);
    ASSERT_FALSE(sound && *must_fail && !twice) << text_of(table) << text_of(damaged);
  }
}

TEST(Corruption, EveryVerdictIsThatOfThePlainCheck) {
  constexpr int kRounds = 40;
  Damager damager(1);
  Tally all;
  std::map<std::string, Tally> tallies;  // by the table's name
  for (const Table& table : sound_tables_and_lowered()) {
    Tally& tally = tallies[table.name];
    judge_damages(table, kRounds, damager, tally);
    if (HasFailure()) return;
  }
  for (const auto& [name, tally] : tallies) {
    all = {all.broken + tally.broken, all.harmless + tally.harmless, all.by_model + tally.by_model};
  }
  for (const auto& row : schedules()) {
    EXPECT_GT(tallies.at(std::string(row.name)).broken, row.searches ? 300 : 1000) << row.name;
    EXPECT_GT(tallies.at(fmt::format("{} lowered", row.name)).broken, row.searches ? 300 : 1000) << row.name;
  }
  RecordProperty("broken", all.broken);
  RecordProperty("harmless", all.harmless);
  RecordProperty("by_model", all.by_model);
  EXPECT_GT(all.broken, 30000);
  EXPECT_GT(all.harmless, 5000);
  EXPECT_GT(all.by_model, 100);
}

/// The places of the actions that `wanted` names.
std::vector<Place> places_of(const Table& table, bool (*wanted)(ActionKind)) {
  std::vector<Place> places;
  for (int rank = 0; rank < table.ranks; ++rank) {
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int position = 0; position < static_cast<int>(row.size()); ++position)
      if (wanted(row[static_cast<std::size_t>(position)].kind)) places.push_back({rank, position});
  }
  return places;
}

/// The table with the action at the place replaced by others.
Table with_instead(Table table, Place place, const std::vector<Action>& others) {
  auto& row = table.rows[static_cast<std::size_t>(place.rank)];
  const auto at = row.erase(row.begin() + place.position);
  row.insert(at, others.begin(), others.end());
  return table;
}

TEST(Corruption, EveryUpdateIsNeededOnceInItsPlace) {
  const auto is_update = [](ActionKind kind) { return kind == kUpdate; };
  int caught = 0;
  for (const Table& table : sound_tables_and_lowered()) {
    if (table.kind != TableKind::kAsynchronous) continue;
    for (const Place place : places_of(table, is_update)) {
      const Action update = table.rows[static_cast<std::size_t>(place.rank)][static_cast<std::size_t>(place.position)];
      std::vector<Table> damaged = {with_instead(table, place, {}), with_instead(table, place, {update, update})};
      for (int number = -1; number <= table.microbatches; ++number) {
        if (number == update.microbatch) continue;
        damaged.push_back(with_instead(table, place, {make_action(kUpdate, update.stage, number)}));
      }
      for (int rank = 0; rank < table.ranks; ++rank) {
        if (rank == place.rank) continue;
        damaged.push_back(with_instead(table, place, {}));
        damaged.back().rows[static_cast<std::size_t>(rank)].push_back(update);
      }
      for (const Table& broken : damaged) {
        ASSERT_FALSE(verified(broken, ChannelModel::kPerDirection)) << text_of(broken);
        ASSERT_FALSE(PlainCheck(broken, ChannelModel::kPerDirection).sound()) << text_of(broken);
        ++caught;
      }
    }
  }
  EXPECT_GT(caught, 300);
}

// Receives that move up in their rows, several of a table: whether they hold up others depends on the medium.
TEST(Corruption, HoistedReceivesAreJudgedUnderEveryMedium) {
  Damager damager(3);
  Tally tally;
  for (const Table& table : sound_tables_and_lowered()) {
    if (places_of(table, is_receive).empty()) continue;
    for (int round = 0; round < 60; ++round) {
      Table hoisted = table;
      for (int count = 0; count <= round % 3; ++count)
        while (!damager.damage(hoisted, Damage::kHoisted)) continue;
      judge(hoisted, tally);
    }
  }
  EXPECT_GT(tally.broken, 1000);
  EXPECT_GT(tally.harmless, 300);
  EXPECT_GT(tally.by_model, 200);
}

TEST(Corruption, DamageToLargeTablesIsCaught) {
  Damager damager(2);
  int caught = 0;
  for (const auto& row : schedules()) {
    for (int round = 0; round < 400; ++round) {
      const auto request = request_of(row, 2 + damager.below(15), 1 + damager.below(64), 1 + round % 3);
      if (row.searches || !inside(row, request)) continue;
      Table table = make_schedule(row, request);
      if (round % 2 == 1) table = lower(table.kind == TableKind::kTrain ? insert_reduce_grad(table) : table);
      const auto must_fail = damager.damage(table, static_cast<Damage>(round % 4));
      if (!must_fail || !*must_fail) continue;
      EXPECT_NE(user_error_of([&] { verify(table); }), "") << text_of(table);
      ++caught;
    }
  }
  EXPECT_GT(caught, 2000);
}

}  // namespace
}  // namespace triaxis
