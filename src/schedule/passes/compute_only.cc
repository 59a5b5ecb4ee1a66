#include "schedule/passes/compute_only.h"

namespace triaxis {

Table compute_only(Table table) {
  const auto dropped = [](Action action) { return !is_compute(action.kind) && action.kind != ActionKind::kUpdate; };
  for (auto& row : table.rows) std::erase_if(row, dropped);
  return table;
}

}  // namespace triaxis
