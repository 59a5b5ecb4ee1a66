#include "tensor/kernel_checks.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace triaxis {
namespace {

void check_size(const View& view, DType dtype, std::int64_t size, std::string_view what) {
  check_dtype(view, dtype);
  check(view.size() == size, what);
}

void check_vocabulary(const LogitsShape& shape) {
  check(shape.first_id >= 0 && shape.vocab > 0, "first_id >= 0 and vocab > 0");
}

LogitsShape check_logits(DType dtype, const View& logits, std::int64_t first_id, std::int64_t vocab) {
  check_dtype(logits, dtype);
  check(logits.rank == 3, "logits are [shards, tokens, width]");
  const LogitsShape shape{logits.dim(0), logits.dim(1), logits.dim(2), first_id, vocab};
  check_vocabulary(shape);
  return shape;
}

}  // namespace

RowShape row_shape(const View& x) {
  check(x.rank >= 1, "a tensor of at least one dimension");
  const std::int64_t columns = x.dim(-1);
  return {columns == 0 ? 0 : x.size() / columns, columns};
}

std::int64_t check_elementwise(DType dtype, std::initializer_list<View> views) {
  const std::int64_t size = views.begin()->size();
  for (const View& view : views) check_size(view, dtype, size, "operands of one size");
  return size;
}

void check_token_ids(const TokenIds& ids) {
  const std::int64_t tokens = ids.batch * ids.seq;
  check_size(ids.sequences, DType::kI64, ids.batch, "sequences [batch]");
  check_size(ids.positions, DType::kI32, tokens, "positions [tokens]");
  check_size(ids.document_starts, DType::kI32, tokens, "document_starts [tokens]");
}

void check_dropout(const Dropout& dropout, std::int64_t tokens) {
  check(dropout.probability >= 0 && dropout.probability < 1, "a dropout probability in [0, 1)");
  if (dropout.probability == 0) return;
  if (dropout.ids == nullptr) throw std::logic_error("dropout needs token ids");
  check_token_ids(*dropout.ids);
  check(dropout.ids->batch * dropout.ids->seq == tokens, "ids for every token of the dropout");
}

RowShape check_residual_forward(DType dtype, const View& residual, const View& x, const View& bias,
                                const Dropout& dropout, const View& y) {
  check_elementwise(dtype, {residual, x, y});
  const RowShape shape = row_shape(x);
  if (!bias.empty()) check_size(bias, dtype, shape.columns, "bias [h]");
  check_dropout(dropout, shape.rows);
  return shape;
}

RowShape check_dropout_backward(DType dtype, const View& dy, const Dropout& dropout, const View& dx) {
  check_elementwise(dtype, {dy, dx});
  const RowShape shape = row_shape(dy);
  check_dropout(dropout, shape.rows);
  return shape;
}

RowShape check_bias_backward(DType dtype, const View& dy, const View& dbias) {
  check_dtype(dy, dtype);
  check(dy.rank == 3, "dy is [shards, tokens, n]");
  check_size(dbias, dtype, dy.dim(0) * dy.dim(2), "dbias [shards, n]");
  return {dy.dim(1), dy.dim(2)};
}

RowShape check_layernorm_forward(DType dtype, const View& x, const View& gamma, const View& beta, const View& y,
                                 const View& mean, const View& rstd) {
  check_elementwise(dtype, {x, y});
  const RowShape shape = row_shape(x);
  check_size(gamma, dtype, shape.columns, "gamma [h]");
  check_size(beta, dtype, shape.columns, "beta [h]");
  check_size(mean, dtype, shape.rows, "mean [tokens]");
  check_size(rstd, dtype, shape.rows, "rstd [tokens]");
  return shape;
}

RowShape check_layernorm_backward_input(DType dtype, const View& dy, const View& x, const View& gamma, const View& mean,
                                        const View& rstd, const View& residual, const View& dx) {
  check_elementwise(dtype, {dy, x, dx});
  const RowShape shape = row_shape(x);
  check_size(gamma, dtype, shape.columns, "gamma [h]");
  check_size(mean, dtype, shape.rows, "mean [tokens]");
  check_size(rstd, dtype, shape.rows, "rstd [tokens]");
  if (!residual.empty()) check_size(residual, dtype, x.size(), "residual [tokens, h]");
  return shape;
}

RowShape check_layernorm_backward_weight(DType dtype, const View& dy, const View& x, const View& mean, const View& rstd,
                                         const View& dgamma, const View& dbeta) {
  check_elementwise(dtype, {dy, x});
  const RowShape shape = row_shape(x);
  check_size(mean, dtype, shape.rows, "mean [tokens]");
  check_size(rstd, dtype, shape.rows, "rstd [tokens]");
  check_size(dgamma, dtype, shape.columns, "dgamma [h]");
  check_size(dbeta, dtype, shape.columns, "dbeta [h]");
  return shape;
}

void check_attention_forward(DType dtype, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                             const Dropout& dropout, const View& out, const View& lse) {
  check(shape.shards > 0 && shape.heads > 0 && shape.head_dim > 0, "a shard, a head and a channel at least");
  check_token_ids(ids);
  const std::int64_t rows = shape.shards * shape.heads * ids.batch * ids.seq;
  check_size(qkv, dtype, 3 * rows * shape.head_dim, "qkv [shards, tokens, 3 * heads * head_dim]");
  check_size(out, dtype, rows * shape.head_dim, "out [shards, tokens, heads * head_dim]");
  check_size(lse, dtype, rows, "lse [shards, heads, tokens]");
  check_dropout(dropout, ids.batch * ids.seq);
}

void check_attention_backward(DType dtype, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                              const View& out, const View& lse, const View& dout, const Dropout& dropout,
                              const View& dqkv) {
  check_attention_forward(dtype, shape, ids, qkv, dropout, out, lse);
  check_elementwise(dtype, {out, dout});
  check_elementwise(dtype, {qkv, dqkv});
}

void check_attention_cached(DType dtype, const AttentionShape& shape, std::int64_t past, std::int64_t count,
                            const View& qkv, const View& cache, const View& out) {
  check(shape.shards > 0 && shape.heads > 0 && shape.head_dim > 0, "a shard, a head and a channel at least");
  check_dtype(cache, dtype);
  check(out.rank == 3, "out is [shards, tokens, heads * head_dim]");
  check(past >= 0 && count > 0 && count <= out.dim(1), "some of the tokens, after those before");
  const std::int64_t rows = shape.shards * shape.heads * out.dim(1);
  check_size(qkv, dtype, 3 * rows * shape.head_dim, "qkv [shards, tokens, 3 * heads * head_dim]");
  check_size(out, dtype, rows * shape.head_dim, "out [shards, tokens, heads * head_dim]");
}

RowShape check_embedding_forward(DType dtype, const View& ids, const View& table, const View& y) {
  check_dtype(y, dtype);
  check_dtype(table, dtype);
  check(table.rank == 3, "the table is [shards, rows, h]");
  const RowShape shape = row_shape(y);
  check(table.dim(2) == shape.columns, "table and y of one h");
  check_size(ids, DType::kI32, shape.rows, "ids [tokens]");
  return shape;
}

RowShape check_position_forward(DType dtype, const View& x, const View& positions, const View& table,
                                const Dropout& dropout, const View& y) {
  check_elementwise(dtype, {x, y});
  const RowShape shape = row_shape(x);
  check_dtype(table, dtype);
  check(table.rank == 2 && table.dim(1) == shape.columns, "the table is [seq_len, h]");
  check_size(positions, DType::kI32, shape.rows, "positions [tokens]");
  check_dropout(dropout, shape.rows);
  return shape;
}

RowShape check_embedding_backward(DType dtype, const View& ids, const View& dy, const View& dtable) {
  check_dtype(dy, dtype);
  check_dtype(dtable, dtype);
  const RowShape shape = row_shape(dy);
  check(dtable.rank >= 2 && dtable.dim(-1) == shape.columns, "dtable [shards, rows, h] and dy of one h");
  check_size(ids, DType::kI32, shape.rows, "ids [tokens]");
  return shape;
}

std::int64_t LogitsShape::valid(std::int64_t shard) const {
  return std::clamp(vocab - (first_id + shard * width), std::int64_t{0}, width);
}

std::int64_t LogitsShape::column(std::int64_t shard, std::int64_t id) const {
  const std::int64_t column = id - (first_id + shard * width);
  return column >= 0 && column < valid(shard) ? column : -1;
}

LogitsShape check_cross_entropy_max(DType dtype, const View& logits, std::int64_t first_id, std::int64_t vocab,
                                    const View& max) {
  const LogitsShape shape = check_logits(dtype, logits, first_id, vocab);
  check_size(max, dtype, shape.tokens, "max [tokens]");
  return shape;
}

LogitsShape check_cross_entropy_sums(DType dtype, const View& logits, std::int64_t first_id, std::int64_t vocab,
                                     const View& max, const View& targets, const View& partial) {
  const LogitsShape shape = check_cross_entropy_max(dtype, logits, first_id, vocab, max);
  check_size(targets, DType::kI32, shape.tokens, "targets [tokens]");
  check_size(partial, dtype, shape.shards * 2 * shape.tokens, "partial [shards, 2, tokens]");
  return shape;
}

RowShape check_cross_entropy_loss(DType dtype, const View& sums, const View& max, const View& lse, const View& losses) {
  check_elementwise(dtype, {max, lse});
  check_size(sums, dtype, 2 * max.size(), "sums [2, tokens]");
  check_dtype(losses, DType::kF64);
  check(losses.size() > 0 && max.size() % losses.size() == 0, "losses [batch], a divisor of the tokens");
  return {losses.size(), max.size() / losses.size()};
}

LogitsShape check_cross_entropy_backward(DType dtype, const View& logits, std::int64_t first_id, std::int64_t vocab,
                                         const View& lse, const View& targets) {
  const LogitsShape shape = check_cross_entropy_max(dtype, logits, first_id, vocab, lse);
  check_size(targets, DType::kI32, shape.tokens, "targets [tokens]");
  return shape;
}

void check_sum_of_squares(DType dtype, const View& x, const View& sum) {
  check_dtype(x, dtype);
  check_size(sum, DType::kF64, 1, "sum [1]");
}

RowShape check_fill_normal(DType dtype, const View& y, const BlockOrigin& origin) {
  check_dtype(y, dtype);
  const RowShape shape = row_shape(y);
  check(origin.first_row >= 0 && origin.first_column >= 0 && origin.first_column + shape.columns <= origin.columns,
        "a block inside its tensor");
  return shape;
}

}  // namespace triaxis
