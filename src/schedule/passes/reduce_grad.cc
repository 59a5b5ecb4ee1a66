#include "schedule/passes/reduce_grad.h"

#include <algorithm>

namespace triaxis {

Table insert_reduce_grad(Table table) {
  check(table.kind == TableKind::kTrain, "only a train table has gradients to reduce");
  for (auto& row : table.rows) {
    // From the last action backwards, a stage's first W or B is its last.
    std::vector<int> finished;
    for (auto action = row.rbegin(); action != row.rend(); ++action) {
      check(action->kind != ActionKind::kReduceGrad, "the table reduces its gradients already");
      const bool seen = std::find(finished.begin(), finished.end(), action->stage) != finished.end();
      if (is_weight(action->kind) && !seen) finished.push_back(action->stage);
    }
    for (auto stage = finished.rbegin(); stage != finished.rend(); ++stage)
      row.push_back(make_action(ActionKind::kReduceGrad, *stage));
  }
  return table;
}

}  // namespace triaxis
