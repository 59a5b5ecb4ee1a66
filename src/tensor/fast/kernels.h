// The fast kernels, one by one; tensor/kernels.h says what each does.
#pragma once

#include "tensor/kernels.h"

namespace triaxis::fast {

void fill(Stream& stream, const View& y, double value);
void copy(Stream& stream, const View& x, const View& y);
void add(Stream& stream, const View& a, const View& b, const View& y);
void maximum(Stream& stream, const View& a, const View& b, const View& y);

void gelu_forward(Stream& stream, const View& x, const View& y);
void gelu_backward(Stream& stream, const View& x, const View& dy, const View& dx);

void residual_forward(Stream& stream, const View& residual, const View& x, const View& bias, const Dropout& dropout,
                      const View& y);
void dropout_backward(Stream& stream, const View& dy, const Dropout& dropout, const View& dx);

void bias_backward(Stream& stream, const View& dy, const View& dbias);
void layernorm_backward_weight(Stream& stream, const View& dy, const View& x, const View& mean, const View& rstd,
                               const View& dgamma, const View& dbeta);

void layernorm_forward(Stream& stream, const View& x, const View& gamma, const View& beta, double eps, const View& y,
                       const View& mean, const View& rstd);
void layernorm_backward_input(Stream& stream, const View& dy, const View& x, const View& gamma, const View& mean,
                              const View& rstd, const View& residual, const View& dx);

void attention_forward(Stream& stream, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                       const Dropout& dropout, const View& out, const View& lse);
void attention_backward(Stream& stream, const AttentionShape& shape, const TokenIds& ids, const View& qkv,
                        const View& out, const View& lse, const View& dout, const Dropout& dropout, const View& dqkv);
void attention_cached(Stream& stream, const AttentionShape& shape, std::int64_t past, std::int64_t count,
                      const View& qkv, const View& cache, const View& out);
std::int64_t attention_cache_size(const AttentionShape& shape, std::int64_t positions);
std::size_t attention_scratch(const AttentionShape& shape, std::int64_t seq);

void embedding_forward(Stream& stream, const View& ids, const View& table, std::int64_t first_id, const View& y);
void position_forward(Stream& stream, const View& x, const View& positions, const View& table, const Dropout& dropout,
                      const View& y);
void embedding_backward(Stream& stream, const View& ids, const View& dy, std::int64_t first_id, const View& dtable);

void cross_entropy_max(Stream& stream, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max);
void cross_entropy_sums(Stream& stream, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max,
                        const View& targets, const View& partial);
void cross_entropy_loss(Stream& stream, const View& sums, const View& max, const View& lse, const View& losses);
void cross_entropy_backward(Stream& stream, const View& logits, std::int64_t first_id, std::int64_t vocab,
                            const View& lse, const View& targets, double scale);

void adamw(Stream& stream, const AdamStep& step, const View& gradient, const View& weight, const View& moment1,
           const View& moment2);
void sum_of_squares(Stream& stream, const View& x, const View& sum);
bool all_finite(Stream& stream, const View& x);
void fill_normal(Stream& stream, const View& y, RandomKey key, double deviation, const BlockOrigin& origin);

}  // namespace triaxis::fast
