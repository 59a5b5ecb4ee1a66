#include "layers/workspace.h"

#include <algorithm>
#include <array>
#include <vector>

#include "spec/activation.h"

namespace triaxis {
namespace {

std::vector<std::array<std::int64_t, 3>> shapes(const Model& model, const WorkspaceShape& shape) {
  const std::int64_t tokens = shape.batch * model.seq_len;
  const std::int64_t local = shape.slice.local;
  const std::int64_t wide = std::max(model.ffn_hidden, 3 * model.heads * model.head_dim) / shape.slice.shards;
  std::vector<std::array<std::int64_t, 3>> all = {{local, tokens, model.hidden},
                                                  {local, tokens, wide},
                                                  {1, tokens, model.hidden},
                                                  {1, tokens, model.hidden},
                                                  {1, tokens, model.hidden}};
  if (shape.head) {
    all.push_back({local, tokens, vocabulary_width(model, shape.slice.shards)});
    all.push_back({1, 1, tokens});
    all.push_back({local, 2, tokens});
  }
  return all;
}

}  // namespace

std::size_t Workspace::footprint(const Model& model, const WorkspaceShape& shape, DType dtype) {
  std::size_t bytes = 0;
  for (const auto& s : shapes(model, shape)) bytes += Arena::footprint(dtype, s[0] * s[1] * s[2]);
  return bytes;
}

Workspace::Workspace(const Model& model, const WorkspaceShape& shape, DType dtype, MemoryLedger& ledger)
    : arena_(ledger, Category::kWorkspace, footprint(model, shape, dtype)) {
  const std::int64_t tokens = shape.batch * model.seq_len;
  std::vector<View> views;
  for (const auto& s : shapes(model, shape)) views.push_back(arena_.allocate(dtype, s));
  partial = views[0];
  wide = views[1];
  middle = views[2].reshape({tokens, model.hidden});
  gradient = views[3].reshape({tokens, model.hidden});
  output = views[4].reshape({tokens, model.hidden});
  if (!shape.head) return;
  logits = views[5];
  maximum = views[6].reshape({tokens});
  sums = views[7];
}

}  // namespace triaxis
