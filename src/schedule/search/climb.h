// From good policies to better ones, a random change at a time.
#pragma once

#include <random>

#include "schedule/search/dispatch.h"
#include "schedule/search/row_timer.h"

namespace triaxis {

/// The best rows that a search of one placement has seen.
class RowSearch {
 public:
  /// VALID UNTIL: the problem goes.
  explicit RowSearch(const SearchProblem& problem);

  /// Keeps the rows if they are the best so far. RETURNS: how good they are.
  RowValue offer(const Rows& rows);

  /// The same for the rows that the policy makes.
  RowValue rate(const Policy& policy) { return offer(dispatcher_.run(policy)); }

  /// Rates `tries` policies, each a random change of the best of those before. The changes are drawn with a seed.
  void climb(Policy policy, RowValue value, int tries);

  /// The same for rows themselves, of the policy or, without one, the best: moves an action of a row, `tries` times.
  /// Takes what is no worse than what it had some moves ago (late acceptance: Burke and Bykov 2017), at first than
  /// `slack` times what it starts from, so that it leaves what only looks best.
  void climb_rows(const Policy* policy, double slack, int tries);

  /// Whether nothing can be better.
  bool done() const;

  const Rows& best() const { return best_; }
  const RowValue& best_value() const { return best_value_; }

 private:
  bool move_in_a_row(Rows& rows);
  bool within_capacity(const std::vector<Action>& row) const;
  void change(Policy& policy);
  void change_once(Policy& policy);
  void move(int& limit, int most);
  int below(int count) { return static_cast<int>(random_() % static_cast<std::uint64_t>(count)); }

  const SearchProblem& problem_;
  Dispatcher dispatcher_;
  RowTimer timer_;
  double bound_;
  std::mt19937_64 random_{1};
  Rows best_;
  RowValue best_value_;
};

}  // namespace triaxis
