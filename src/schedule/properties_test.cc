// Every schedule, over all sizes: it can be executed on every medium, it keeps the bits, and it does what its row in
// the registry promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <set>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/period.h"
#include "schedule/testing/tables.h"
#include "schedule/timing.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

/// Numbers of microbatches at which schedules change: about multiples of the ranks, and some others up to 64.
std::set<int> sampled_microbatches(int ranks) {
  std::set<int> sample = {1, 2, 3, 5, 11, 29, 64};
  for (const int at : {ranks, 2 * ranks, 4 * ranks})
    for (const int near : {at - 1, at, at + 1})
      if (near >= 1 && near <= 64) sample.insert(near);
  return sample;
}

std::set<int> all_microbatches(int /*ranks*/) {
  std::set<int> all;
  for (int microbatches = 1; microbatches <= 64; ++microbatches) all.insert(microbatches);
  return all;
}

void for_requests(std::set<int> (*microbatches_at)(int ranks),
                  const std::function<void(const ScheduleRow&, const ScheduleRequest&)>& body) {
  for (const auto& row : schedules()) {
    for (int ranks = 1; ranks <= 16; ++ranks) {
      for (const int microbatches : microbatches_at(ranks)) {
        for (int chunks = 1; chunks <= (row.many_stages_per_rank ? 4 : 1); ++chunks) {
          const ScheduleRequest request = request_of(row, ranks, microbatches, chunks);
          if (row.searches || (row.outside != nullptr && !row.outside(request).empty())) continue;
          SCOPED_TRACE(std::string(row.name) + " " + std::to_string(ranks) + " " + std::to_string(microbatches) + " " +
                       std::to_string(request.stages_per_rank));
          body(row, request);
        }
      }
    }
  }
}

void expect_promised_versions(const ScheduleRow& row, const ScheduleRequest& request, int rank, int versions) {
  const int promised = row.weight_versions == nullptr ? 1 : row.weight_versions(request, rank);
  const bool full =
      row.kind != TableKind::kAsynchronous || (request.microbatches >= 4 * request.ranks && promised <= request.ranks);
  if (full) {
    EXPECT_EQ(versions, promised);
  } else {
    EXPECT_LE(versions, std::max(promised, 2));  // an update of few microbatches makes one that nobody takes
  }
}

TEST(EverySchedule, IsExecutableAndKeepsTheBitsItsPeakAndItsVersions) {
  for_requests(all_microbatches, [](const ScheduleRow& row, const ScheduleRequest& request) {
    const Verification plain = verify(make_schedule(row, request));
    EXPECT_EQ(plain.ordered_weights, row.replicas == 1);
    EXPECT_EQ(plain.replicas, row.replicas);
    for (int rank = 0; rank < request.ranks; ++rank) {
      const int peak = plain.ranks[static_cast<std::size_t>(rank)].activations;
      const int promised = row.peak_activations(request, rank);
      EXPECT_LE(peak, promised);
      if (row.peak_exact) {
        EXPECT_EQ(peak, promised);
      }
      expect_promised_versions(row, request, rank, plain.weight_versions[static_cast<std::size_t>(rank)]);
    }
  });
}

TEST(EverySchedule, LaysItsStagesOutInALoopASnakeOrTwoWays) {
  for_requests(sampled_microbatches, [](const ScheduleRow& row, const ScheduleRequest& request) {
    const Table table = make_schedule(row, request);
    const int ranks = request.ranks;
    for (int rank = 0; rank < ranks; ++rank) {
      const bool snake = row.stages_text == "2 in a V" || row.stages_text == "2 for each wave";
      std::vector<int> stages;
      for (int chunk = 0; chunk < request.stages_per_rank; ++chunk)
        stages.push_back(chunk * ranks + (snake && chunk % 2 == 1 ? ranks - 1 - rank : rank));
      if (row.replicas == 2) stages = {std::min(rank, ranks - 1 - rank), std::max(rank, ranks - 1 - rank)};
      EXPECT_EQ(stages_of_rank(table, rank), stages);
    }
  });
}

TEST(EverySchedule, IsExecutableOnEveryMedium) {
  for_requests(sampled_microbatches, [](const ScheduleRow& row, const ScheduleRequest& request) {
    if (row.many_stages_per_rank && (request.ranks + request.microbatches + request.stages_per_rank) % 3 != 0) return;
    const Table table = make_schedule(row, request);
    const bool train = table.kind == TableKind::kTrain;
    const Verification plain = verify(table);
    const Verification lowered = verify(lower(train ? insert_reduce_grad(table) : table));
    EXPECT_EQ(lowered.lowered, request.ranks > 1);
    EXPECT_EQ(lowered.reduces_gradients, train);
    // Where both directions of a V, or of a ring of two, share a channel, an I may overtake an F.
    for (const ChannelUse& channel : lowered.channels) EXPECT_TRUE(channel.in_order || request.stages_per_rank > 1);
    for (std::size_t rank = 0; rank < plain.ranks.size(); ++rank)
      EXPECT_EQ(lowered.ranks[rank].activations, plain.ranks[rank].activations);
  });
}

/// What the rank with the least idle time and the one with the most are idle, over what the row says.
std::pair<double, double> idle(const ScheduleRow& row, const Table& table, const Costs& times) {
  const Timeline timeline = time_table(table, times);
  const auto [least, most] = std::minmax_element(timeline.busy.begin(), timeline.busy.end());
  const double whole = row.bubble_of == BubbleOf::kFlush ? timeline.makespan : period_of(table, times).value();
  const double share = row.bubble_of == BubbleOf::kFlush ? 1 : share_of_period(table);
  return {whole - share * *most, whole - share * *least};
}

bool speaks_for(CostsOf promised, const StageCosts& costs) {
  if (promised == CostsOf::kAny) return true;
  const double backward = costs.backward_input + costs.backward_weight;
  if (promised == CostsOf::kForwardNoLonger) return costs.forward <= backward;
  return costs.forward == costs.backward_input && costs.forward == costs.backward_weight;
}

/// From how many microbatches on the middle half of the updates is steady, and there are enough of them.
int fewest_for_a_period(const ScheduleRequest& request, const Table& table) {
  const int of_update = static_cast<int>(std::lround(share_of_period(table) * table.microbatches));
  return 4 * std::max(request.ranks, of_update);
}

TEST(EverySchedule, IdlesAsItsClosedFormSays) {
  constexpr StageCosts kAll[] = {{1, 1, 1}, {1, 1.25, 0.75}, {2, 0.5, 1.5}, {3, 0.5, 0.25}, {0.25, 2, 3}};
  for_requests(all_microbatches, [&](const ScheduleRow& row, const ScheduleRequest& request) {
    const Table table = make_schedule(row, request);
    if (row.bubble == nullptr) return;
    if (row.kind == TableKind::kAsynchronous && request.microbatches < fewest_for_a_period(request, table)) return;
    for (const StageCosts& costs : kAll) {
      if (!speaks_for(row.bubble_costs, costs)) continue;
      const Costs times{{costs.forward}, {costs.backward_input}, {costs.backward_weight}, 0, {}};
      const double promised = row.bubble(request, costs);
      const auto [least, most] = idle(row, table, times);
      EXPECT_LE(most, promised + 1e-9);
      if (row.bubble_exact(request)) {
        EXPECT_NEAR(least, promised, 1e-9);
      }
    }
  });
}

TEST(EverySchedule, IsRefusedOutsideItsDomainWithWhatWouldBeValid) {
  for (const auto& row : schedules()) {
    if (row.outside == nullptr) continue;
    for (int ranks = 1; ranks <= 6; ++ranks) {
      for (int microbatches = 1; microbatches <= 14; ++microbatches) {
        for (int stages = 1; stages <= 4; ++stages) {
          const ScheduleRequest request = request_of(row, ranks, microbatches, stages);
          const std::string valid = row.outside(request);
          if (valid.empty()) continue;
          EXPECT_THAT(user_error_of([&] { make_schedule(row, request); }), ::testing::HasSubstr(valid)) << row.name;
        }
      }
    }
  }
}

TEST(EverySchedule, OfMillionsOfActionsIsMadeInTime) {
  using Clock = std::chrono::steady_clock;
  for (const auto& row : schedules()) {
    if (row.searches) continue;
    const auto start = Clock::now();
    const Table table = make_schedule(row, request_of(row, 64, 2048, 8));
    const std::chrono::duration<double> taken = Clock::now() - start;
    EXPECT_LT(taken.count(), 2) << row.name;
    EXPECT_EQ(table.rows.size(), 64U);
  }
}

}  // namespace
}  // namespace triaxis
