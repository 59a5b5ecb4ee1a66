#include "schedule/passes/reduce_grad.h"

namespace triaxis {

Table insert_reduce_grad(Table table) {
  check(table.kind == TableKind::kTrain, "only a train table has gradients to reduce");
  for (auto& row : table.rows) {
    std::vector<int> finished;  // stages, the last to finish at the end
    for (const Action action : row) {
      check(action.kind != ActionKind::kReduceGrad, "the table reduces its gradients already");
      if (!is_weight(action.kind)) continue;
      std::erase(finished, action.stage);
      finished.push_back(action.stage);
    }
    for (const int stage : finished) row.push_back(make_action(ActionKind::kReduceGrad, stage));
  }
  return table;
}

}  // namespace triaxis
