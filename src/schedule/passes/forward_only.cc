#include "schedule/passes/forward_only.h"

#include <algorithm>
#include <iterator>

namespace triaxis {

Table forward_only(const Table& table) {
  Table forward = table;
  forward.name = table.name + ", forward only";
  forward.kind = TableKind::kForward;
  for (std::size_t rank = 0; rank < table.rows.size(); ++rank) {
    std::vector<Action>& row = forward.rows[rank];
    row.clear();
    std::copy_if(table.rows[rank].begin(), table.rows[rank].end(), std::back_inserter(row),
                 [](const Action& action) { return action.kind == ActionKind::kForward; });
    for (Action& action : row) action.with_next = false;
  }
  return forward;
}

}  // namespace triaxis
