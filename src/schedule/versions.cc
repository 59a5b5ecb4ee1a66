#include "schedule/versions.h"

#include <fmt/format.h>

#include <algorithm>

namespace triaxis {
namespace {

using enum ActionKind;

/// One number for each microbatch of each stage.
class PerMicrobatch {
 public:
  explicit PerMicrobatch(const Table& table)
      : microbatches_(static_cast<std::size_t>(table.microbatches)),
        values_(static_cast<std::size_t>(table.stages) * microbatches_) {}

  int& at(int stage, int microbatch) {
    return values_[static_cast<std::size_t>(stage) * microbatches_ + static_cast<std::size_t>(microbatch)];
  }
  int at(int stage, int microbatch) const {
    return values_[static_cast<std::size_t>(stage) * microbatches_ + static_cast<std::size_t>(microbatch)];
  }

 private:
  std::size_t microbatches_;
  std::vector<int> values_;
};

/// Calls body(Place, Action) for every action, row by row.
template <typename Body>
void for_each_action(const Table& table, Body body) {
  for (int rank = 0; rank < table.ranks; ++rank) {
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int position = 0; position < static_cast<int>(row.size()); ++position)
      body(Place{rank, position}, row[static_cast<std::size_t>(position)]);
  }
}

/// The rank of each stage. Throws unless each has one.
std::vector<int> ranks_of_stages(const Table& table) {
  std::vector<int> ranks(static_cast<std::size_t>(table.stages), -1);
  for_each_action(table, [&](Place place, Action action) {
    int& owner = ranks[action.stage];
    if (owner < 0) owner = place.rank;
    if (owner == place.rank) return;
    throw table_error(table, place,
                      fmt::format("its stage is on rank {} too; in an asynchronous table a stage has one rank, since "
                                  "copies that update on their own would drift apart",
                                  owner));
  });
  return ranks;
}

class Versions {
 public:
  Versions(const Table& table, const TableIndex& index)
      : table_(table), index_(index), rank_of_(ranks_of_stages(table)), newest_(table), update_(table) {}

  std::vector<RankVersions> run() {
    read_updates();
    compare_updates();
    for (int stage = 0; stage < table_.stages; ++stage)
      for (int microbatch = 0; microbatch < table_.microbatches; ++microbatch) check_taken(stage, microbatch);
    std::vector<RankVersions> result(table_.rows.size());
    add_staleness(result);
    add_held(result);
    return result;
  }

 private:
  RankVersions& of_stage(std::vector<RankVersions>& ranks, int stage) const {
    return ranks[static_cast<std::size_t>(rank_of_[static_cast<std::size_t>(stage)])];
  }

  /// Fills newest_ and update_ from each stage's row.
  void read_updates() {
    struct Progress {
      int updates = 0;
      Place unapplied;  // the last W or B since the newest update
    };
    std::vector<Progress> stages(static_cast<std::size_t>(table_.stages));
    for_each_action(table_, [&](Place place, Action action) {
      Progress& stage = stages[action.stage];
      if (action.kind == kForward) newest_.at(action.stage, action.microbatch) = stage.updates;
      if (is_weight(action.kind)) {
        update_.at(action.stage, action.microbatch) = stage.updates;
        stage.unapplied = place;
      }
      if (action.kind != kUpdate) return;
      if (action.microbatch != stage.updates)
        throw table_error(table_, place, fmt::format("is update {} of its stage, counted from 0", stage.updates));
      if (!stage.unapplied.found())
        throw table_error(table_, place, "has no gradient to apply: no W or B of its stage since the update before");
      ++stage.updates;
      stage.unapplied = {};
    });
    for (const Progress& stage : stages)
      if (stage.unapplied.found())
        throw table_error(table_, stage.unapplied, "its gradient is lost: no OPT of its stage follows");
  }

  void compare_updates() const {
    for (int stage = 1; stage < table_.stages; ++stage) {
      for (int microbatch = 0; microbatch < table_.microbatches; ++microbatch) {
        const int here = update_.at(stage, microbatch);
        const int first = update_.at(0, microbatch);
        if (here == first) continue;
        throw table_error(table_, index_.weight(stage, microbatch),
                          fmt::format("is of update {} here and of update {} on stage 0", here, first));
      }
    }
  }

  /// The version that the microbatch takes on the stage.
  int taken(int stage, int microbatch) const {
    switch (table_.version_rule) {
      case VersionRule::kStash:
        return newest_.at(stage, microbatch);
      case VersionRule::kVertical:
        return newest_.at(0, microbatch);
      case VersionRule::kDouble:
        return std::max(0, update_.at(stage, microbatch) - 1);
    }
    return 0;
  }

  void check_taken(int stage, int microbatch) const {
    const int version = taken(stage, microbatch);
    if (version <= newest_.at(stage, microbatch)) return;
    throw table_error(
        table_, index_.find(kForward, stage, microbatch),
        fmt::format("takes version {} of the weights (rule {}), and {} does not stand before it", version,
                    version_rule_text(table_.version_rule), action_text(make_action(kUpdate, stage, version - 1))));
  }

  void add_staleness(std::vector<RankVersions>& ranks) const {
    for (int stage = 0; stage < table_.stages; ++stage) {
      int& most = of_stage(ranks, stage).staleness;
      for (int microbatch = 0; microbatch < table_.microbatches; ++microbatch)
        most = std::max(most, update_.at(stage, microbatch) - taken(stage, microbatch));
    }
  }

  void add_held(std::vector<RankVersions>& ranks) const {
    // A version that a forward takes is taken by its backward, later in the row, too, so counting backwards is enough.
    // Each update has a microbatch of its own, so versions that are taken are fewer than microbatches.
    PerMicrobatch to_come(table_);  // [stage][version]
    for (int stage = 0; stage < table_.stages; ++stage)
      for (int microbatch = 0; microbatch < table_.microbatches; ++microbatch)
        ++to_come.at(stage, taken(stage, microbatch));
    struct Held {
      int newest = 0;
      int older = 0;  // versions that are not the newest and still to be taken
    };
    std::vector<Held> stages(static_cast<std::size_t>(table_.stages));
    for_each_action(table_, [&](Place place, Action action) {
      Held& held = stages[action.stage];
      if (is_weight(action.kind)) {
        const int version = taken(action.stage, action.microbatch);
        if (--to_come.at(action.stage, version) == 0 && version != held.newest) --held.older;
      } else if (action.kind == kUpdate) {
        if (to_come.at(action.stage, held.newest) > 0) ++held.older;
        ++held.newest;
        int& most = ranks[static_cast<std::size_t>(place.rank)].held;
        most = std::max(most, 1 + held.older);
      }
    });
  }

  const Table& table_;
  const TableIndex& index_;
  std::vector<int> rank_of_;  // [stage]
  PerMicrobatch newest_;      // updates of the stage before the microbatch's F
  PerMicrobatch update_;      // the update that takes the microbatch's gradient
};

}  // namespace

std::vector<RankVersions> check_versions(const Table& table, const TableIndex& index) {
  return Versions(table, index).run();
}

}  // namespace triaxis
