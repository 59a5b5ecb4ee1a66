#include "schedule/passes/reduce_grad.h"

namespace triaxis {

Table insert_reduce_grad(Table table) {
  check(table.kind == TableKind::kTrain, "only a train table has gradients to reduce");
  std::vector<std::size_t> last(static_cast<std::size_t>(table.stages));  // position of the stage's last W or B
  for (auto& row : table.rows) {
    for (std::size_t position = 0; position < row.size(); ++position) {
      check(row[position].kind != ActionKind::kReduceGrad, "the table reduces its gradients already");
      if (is_weight(row[position].kind)) last[row[position].stage] = position;
    }
    const std::size_t end = row.size();
    for (std::size_t position = 0; position < end; ++position) {
      const Action action = row[position];
      if (is_weight(action.kind) && last[action.stage] == position)
        row.push_back(make_action(ActionKind::kReduceGrad, action.stage));
    }
  }
  return table;
}

}  // namespace triaxis
