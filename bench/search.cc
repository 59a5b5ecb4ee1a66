// What `auto` gains on the best schedule made by hand with as many stages a rank, one copy of the weights and the same
// limit, over a grid of sizes, unequal stages, send times, limits and both objectives. Exits with 1 if it is ever
// worse.
#include "schedule/search/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/registry.h"
#include "schedule/search/handmade.h"
#include "schedule/search/lower_bound.h"
#include "schedule/search/problem.h"

namespace triaxis {
namespace {

/// Sets costs of stages of which the first is lighter and the last heavier, or all are of any weight.
void set_stages(ScheduleRequest& request, std::string_view kind, std::mt19937& random) {
  const int stages = request.ranks * request.stages_per_rank;
  std::vector<double> weights(static_cast<std::size_t>(stages), 1);
  if (kind != "even") weights.back() = 1.5;
  if (kind == "light to heavy") weights.front() = 0.5;
  if (kind == "any")
    for (double& weight : weights) weight = 0.5 + static_cast<double>(random() % 1000) / 1000;
  request.costs.forward = request.costs.backward_input = request.costs.backward_weight = weights;
  for (double& cost : request.costs.backward_input) cost *= 1.2;
  for (double& cost : request.costs.backward_weight) cost *= 0.8;
}

/// The best of those made by hand that keep the limit; infinite if there is none.
struct ByHand {
  double objective = std::numeric_limits<double>::infinity();
  std::string name;
};

ByHand best_by_hand(const ScheduleRequest& request) {
  ByHand best;
  for (const Table& table : handmade_tables(request)) {
    if (!within_limit(table, request)) continue;
    const double objective = objective_of(table, request);
    if (objective < best.objective) best = {objective, table.name};
  }
  return best;
}

/// The least that any placement of the stages allows.
double bound_of(const ScheduleRequest& request) {
  const double loop = lower_bound({request, loop_placement(request.ranks, request.stages_per_rank)});
  const double snake = lower_bound({request, snake_placement(request.ranks, request.stages_per_rank)});
  return std::min(loop, snake);
}

/// A row of the result: cases that have a limit and an objective in common.
class Summary {
 public:
  void add(const ScheduleRequest& request) {
    const auto start = std::chrono::steady_clock::now();
    const double found = objective_of(make_schedule(find_schedule("auto"), request), request);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    slowest_ = std::max(slowest_, taken.count());
    ++cases_;
    if (found <= bound_of(request) * (1 + 1e-9)) ++at_bound_;
    const ByHand hand = best_by_hand(request);
    if (hand.name.empty() || hand.name == "naive") {
      ++alone_;
      return;
    }
    const double gain = 1 - found / hand.objective;
    if (gain < -1e-9) ++worse_;
    gains_ += gain;
    largest_ = std::max(largest_, gain);
  }

  std::string text() const {
    const int compared = cases_ - alone_;
    return fmt::format("{} | {} | {:.1f} % | {:.1f} % | {} | {} | {:.2f} s", cases_, alone_,
                       compared == 0 ? 0 : 100 * gains_ / compared, 100 * largest_, worse_, at_bound_, slowest_);
  }

  bool worse() const { return worse_ > 0; }

 private:
  int cases_ = 0;
  int alone_ = 0;
  int worse_ = 0;
  int at_bound_ = 0;
  double gains_ = 0;
  double largest_ = 0;
  double slowest_ = 0;
};

Summary summary_of(int stages_per_rank, Objective objective, double share) {
  Summary summary;
  std::mt19937 random(1);
  for (const int ranks : {2, 4, 8, 16}) {
    for (const int microbatches : {2 * ranks, 4 * ranks}) {
      for (const double send : {0.0, 0.2}) {
        for (const std::string_view kind : {"even", "heavy last", "light to heavy", "any"}) {
          ScheduleRequest request{ranks, microbatches, stages_per_rank};
          set_stages(request, kind, random);
          request.costs.send = send;
          request.memory_limit = std::max(1.0, share * ranks) * stages_per_rank;
          request.objective = objective;
          summary.add(request);
        }
      }
    }
  }
  return summary;
}

int run() {
  fmt::print(
      "| stages a rank | objective | limit, of 1F1B's | cases | only naive or none fits | mean gain | largest | "
      "worse | at the lower bound | slowest |\n|---|---|---|---|---|---|---|---|---|---|\n");
  bool worse = false;
  for (const int stages : {1, 2}) {
    for (const Objective objective : {Objective::kMakespan, Objective::kPeriod}) {
      for (const double share : {0.5, 1.0, 1.5, std::numeric_limits<double>::infinity()}) {
        const Summary summary = summary_of(stages, objective, share);
        fmt::print("| {} | {} | {} | {} |\n", stages, objective == Objective::kPeriod ? "period" : "makespan",
                   std::isinf(share) ? "none" : fmt::format("{:g}", share), summary.text());
        std::fflush(stdout);
        worse = worse || summary.worse();
      }
    }
  }
  return worse ? 1 : 0;
}

}  // namespace
}  // namespace triaxis

int main() { return triaxis::run(); }
