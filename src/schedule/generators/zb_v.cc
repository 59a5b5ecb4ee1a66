// ZB-V (Qi et al. 2024, arXiv:2405.15362; phases as in PyTorch's ScheduleZBVZeroBubble): two stages a rank, laid out as
// a V, so that the rank with the first stage has the last one, too. A microbatch's last forward and first backward meet
// on rank 0, and every rank holds its activations equally long: no bubble within 1F1B's memory.
#include <algorithm>

#include "schedule/generators/generators.h"

namespace triaxis {
namespace {

/// One arm of the V on a rank; adds the next microbatch of each kind, if the table has it.
class Arm {
 public:
  Arm(std::vector<Action>& row, int microbatches, int stage) : row_(row), microbatches_(microbatches), stage_(stage) {}

  void forward() { add(ActionKind::kForward, forwards_++); }
  void input() { add(ActionKind::kBackwardInput, inputs_++); }
  void weight() { add(ActionKind::kBackwardWeight, weights_++); }
  void backward() {
    input();
    weight();
  }

  int forwards() const { return forwards_; }
  bool owes_weights() const { return weights_ < inputs_; }

 private:
  void add(ActionKind kind, int microbatch) {
    if (microbatch < microbatches_) row_.push_back(make_action(kind, stage_, microbatch));
  }

  std::vector<Action>& row_;
  int microbatches_;
  int stage_;
  int forwards_ = 0;
  int inputs_ = 0;
  int weights_ = 0;
};

/// For at least 2p - 1 microbatches; where there are fewer, the others' turns stay empty, so that the table can be
/// executed as the whole one can.
void fill(Arm& down, Arm& up, int rank, int ranks, int microbatches) {
  for (int i = 0; i < 2 * (ranks - rank) - 1; ++i) down.forward();
  for (int i = 0; i < rank; ++i) {
    up.forward();
    down.forward();
  }
  for (int i = rank; i < ranks; ++i) {
    up.forward();
    up.backward();
  }
  while (up.forwards() < microbatches) {
    if (down.forwards() < microbatches) down.forward();
    down.backward();
    up.forward();
    up.backward();
  }
  for (int i = 0; i < rank; ++i) {
    down.input();
    up.input();
  }
  for (int i = rank; i < ranks; ++i) down.backward();
  while (up.owes_weights()) up.weight();
  while (down.owes_weights()) down.weight();
}

}  // namespace

void generate_zb_v(const ScheduleRequest& request, Table& table) {
  for (int rank = 0; rank < request.ranks; ++rank) {
    auto& row = table.rows[static_cast<std::size_t>(rank)];
    Arm down(row, request.microbatches, rank);
    Arm up(row, request.microbatches, table.stages - 1 - rank);
    fill(down, up, rank, request.ranks, std::max(request.microbatches, 2 * request.ranks - 1));
  }
}

}  // namespace triaxis
