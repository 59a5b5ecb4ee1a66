#include "cost/flops.h"

#include "spec/parameter.h"

namespace triaxis {
namespace {

/// FLOPs that a CPU core does while one byte comes from memory; the order of magnitude is what matters.
constexpr double kFlopsPerByte = 10;

double matrix_elements(const Model& model, const Block& block) {
  if (block.kind == BlockKind::kEmbedding) return 0;
  double count = 0;
  for (const ParameterSpec& row : parameters_of(model, block)) {
    if (row.shape.size() == 2) count += static_cast<double>(elements(row));
  }
  return count;
}

double attention_forward(const Model& model, std::int64_t batch) {
  const auto seq = static_cast<double>(model.seq_len);
  const double pairs = static_cast<double>(batch) * seq * (seq + 1) / 2;
  return 4 * static_cast<double>(model.heads * model.head_dim) * pairs;
}

/// Float32 values that a block's elementwise work reads or writes a token, forward and backward, beside its products.
double moved_values(const Model& model, const Block& block) {
  const auto h = static_cast<double>(model.hidden);
  const double norm = 2 * h + 6 * h;                              // x, y; then dy, x, residual, dx and dy, x for gamma
  if (block.kind == BlockKind::kEmbedding) return 3 * h + 6 * h;  // two rows, y; then twice dy added to a row
  if (block.kind == BlockKind::kHead) return norm + 4 * static_cast<double>(model.vocab);  // max, sums; in place
  const auto inner = static_cast<double>(model.heads * model.head_dim);
  const auto ffn = static_cast<double>(model.ffn_hidden);
  const double residual = 3 * h;
  const double gelu = 2 * ffn + 3 * ffn;
  const double biases = 3 * inner + ffn + 2 * h;
  return 2 * norm + 2 * residual + gelu + biases;
}

}  // namespace

BlockFlops block_flops(const Model& model, const Block& block, std::int64_t batch) {
  const double products = 2 * static_cast<double>(batch * model.seq_len) * matrix_elements(model, block);
  BlockFlops flops{products, products, products};
  if (block.kind == BlockKind::kLayer) {
    const double attention = attention_forward(model, batch);
    flops.forward += attention;
    flops.input_gradient += 2 * attention;
  }
  return flops;
}

double model_flops_per_token(const Model& model) {
  double sum = 0;
  for (const Block& block : blocks_of(model)) sum += block_flops(model, block, 1).total();
  return sum / static_cast<double>(model.seq_len);
}

std::vector<double> block_costs(const Model& model) {
  std::vector<double> costs;
  for (const Block& block : blocks_of(model)) {
    const double bytes = 4 * static_cast<double>(model.seq_len) * moved_values(model, block);
    costs.push_back(block_flops(model, block, 1).total() + kFlopsPerByte * bytes);
  }
  return costs;
}

}  // namespace triaxis
