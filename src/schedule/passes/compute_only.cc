#include "schedule/passes/compute_only.h"

namespace triaxis {

Table compute_only(Table table) {
  for (auto& row : table.rows) std::erase_if(row, [](Action action) { return !is_compute(action.kind); });
  return table;
}

}  // namespace triaxis
