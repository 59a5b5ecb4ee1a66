// Makes rows by running the ranks in time: whenever a rank is free, a policy says what it does next of what could
// start.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "schedule/search/progress.h"

namespace triaxis {

/// What a rank does next. The limits per stage and rank are what a search turns.
struct Policy {
  enum class First : std::uint8_t { kBackward, kForward, kAlternate };

  First first = First::kBackward;  // of an F and an I that could both start
  bool deepest_forward = true;     // of Fs the one of the rank's last stage, else of its first
  bool deepest_backward = false;   // of Is the same
  /// Of several Fs or Is that of the lowest microbatch comes first; depth decides between equals.
  bool oldest = false;
  double patience_weight = 0;   // a W waits for an F or I that comes within this share of its cost
  double patience_forward = 0;  // an F waits for an I in the same way
  std::vector<int> ahead;       // [stage]: the most microbatches between their F and their I
  std::vector<int> behind;      // [rank]: from so many on whose W waits, a W comes first
  std::vector<double> start;    // [rank]: when it begins
};

class Dispatcher {
 public:
  /// VALID UNTIL: the problem goes.
  explicit Dispatcher(const SearchProblem& problem);

  /// Never holds more than the problem's capacity, and never comes to a stop: see may_hold.
  /// REQUIRES: every `ahead` and `behind` is at least 1.
  Rows run(const Policy& policy);

 private:
  struct Event {
    double time;
    int rank;
    bool operator>(const Event& other) const { return time != other.time ? time > other.time : rank > other.rank; }
  };
  struct RankState {
    double free = 0;
    int held = 0;
    int pending = 0;  // whose W waits
    bool forward_last = false;
  };
  /// What could be done next and when it can start.
  struct Choice {
    int stage = -1;
    int microbatch = 0;
    double time = 0;
  };

  void reset();
  void decide(const Policy& policy, int rank, double now);
  Choice next_forward(const Policy& policy, int rank, double now) const;
  Choice next_input(const Policy& policy, int rank, double now) const;
  int next_weight(int rank) const;
  int unfinished_first(int rank) const;
  bool may_hold(int rank, int stage) const;
  void start(ActionKind kind, int stage, double now);
  bool better(const Choice& a, const Choice& b, bool deepest, bool oldest, double now) const;

  const SearchProblem& problem_;
  double rounding_;
  Progress progress_;
  std::vector<RankState> ranks_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Rows rows_;
};

}  // namespace triaxis
