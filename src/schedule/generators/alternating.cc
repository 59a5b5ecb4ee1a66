#include "schedule/generators/alternating.h"

#include <algorithm>
#include <cstdint>

namespace triaxis {
namespace {

struct Slot {
  std::int64_t time;
  Action action;
};

}  // namespace

void fill_alternating(int stages, int group, const std::vector<StageStream>& streams, std::vector<Action>& row) {
  std::vector<Slot> slots;
  for (const StageStream& stream : streams) {
    for (int j = 0; j < stream.count; ++j) {
      const std::int64_t start = std::int64_t{2} * stages * (j / group) + 2 * (j % group);
      const int microbatch = stream.first + j;
      slots.push_back({start + stream.stage, make_action(ActionKind::kForward, stream.stage, microbatch)});
      slots.push_back(
          {start + 2 * stages - 1 - stream.stage, make_action(ActionKind::kBackward, stream.stage, microbatch)});
    }
  }
  std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.time < b.time; });
  row.reserve(slots.size());
  for (const Slot& slot : slots) row.push_back(slot.action);
}

}  // namespace triaxis
