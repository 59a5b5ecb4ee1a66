// The contracts of tensor/kernels.h about shapes and dtypes, checked once for every implementation. All throw
// std::logic_error. `dtype` is the table's scalar.
#pragma once

#include <initializer_list>

#include "tensor/kernels.h"

namespace triaxis {

/// A matrix or a stack of rows: the last dimension, and the product of those before it.
struct RowShape {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// RETURNS: the rows and columns of x. REQUIRES: at least one dimension.
RowShape row_shape(const View& x);

/// All have the same number of elements, which is returned.
std::int64_t check_elementwise(DType dtype, std::initializer_list<View> views);

/// [batch] i64, [tokens] i32, [tokens] i32.
void check_token_ids(const TokenIds& ids);

/// Probability in [0, 1) and, unless it is 0, the ids of `tokens` tokens.
void check_dropout(const Dropout& dropout, std::int64_t tokens);

RowShape check_residual_forward(DType dtype, const View& residual, const View& x, const View& bias,
                                const Dropout& dropout, const View& y);
RowShape check_dropout_backward(DType dtype, const View& dy, const Dropout& dropout, const View& dx);

/// RETURNS: tokens and n of dy [shards, tokens, n].
RowShape check_bias_backward(DType dtype, const View& dy, const View& dbias);

RowShape check_layernorm_forward(DType dtype, const View& x, const View& gamma, const View& beta, const View& y,
                                 const View& mean, const View& rstd);
RowShape check_layernorm_backward_input(DType dtype, const View& dy, const View& x, const View& gamma, const View& mean,
                                        const View& rstd, const View& residual, const View& dx);
RowShape check_layernorm_backward_weight(DType dtype, const View& dy, const View& x, const View& mean, const View& rstd,
                                         const View& dgamma, const View& dbeta);

void check_attention_forward(DType dtype, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                             const Dropout& dropout, const View& out, const View& lse);
void check_attention_backward(DType dtype, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                              const View& out, const View& lse, const View& dout, const Dropout& dropout,
                              const View& dqkv);

void check_attention_cached(DType dtype, const AttentionShape& shape, std::int64_t past, std::int64_t count,
                            const View& qkv, const View& cache, const View& out);

RowShape check_embedding_forward(DType dtype, const View& ids, const View& table, const View& y);
RowShape check_position_forward(DType dtype, const View& x, const View& positions, const View& table,
                                const Dropout& dropout, const View& y);
RowShape check_embedding_backward(DType dtype, const View& ids, const View& dy, const View& dtable);

/// What every part of the cross-entropy asks of logits [shards, tokens, width].
struct LogitsShape {
  std::int64_t shards = 0;
  std::int64_t tokens = 0;
  std::int64_t width = 0;
  std::int64_t first_id = 0;
  std::int64_t vocab = 0;

  /// Columns of a shard that are no padding.
  std::int64_t valid(std::int64_t shard) const;
  /// Column of `id` in `shard`, or -1 if it is not there.
  std::int64_t column(std::int64_t shard, std::int64_t id) const;
};

LogitsShape check_cross_entropy_max(DType dtype, const View& logits, std::int64_t first_id, std::int64_t vocab,
                                    const View& max);
LogitsShape check_cross_entropy_sums(DType dtype, const View& logits, std::int64_t first_id, std::int64_t vocab,
                                     const View& max, const View& targets, const View& partial);
/// RETURNS: the sequences and the tokens of each.
RowShape check_cross_entropy_loss(DType dtype, const View& sums, const View& max, const View& lse, const View& losses);
LogitsShape check_cross_entropy_backward(DType dtype, const View& logits, std::int64_t first_id, std::int64_t vocab,
                                         const View& lse, const View& targets);

void check_sum_of_squares(DType dtype, const View& x, const View& sum);

/// RETURNS: the rows and columns of the block y, a vector being one row.
RowShape check_fill_normal(DType dtype, const View& y, const BlockOrigin& origin);

}  // namespace triaxis
