// Every operation on tensors but the matrix product (tensor/gemm.h), as a table of functions: the fast CPU kernels and
// the plain references beside them. Sum rule: gradients of parameters are added to (`+=`), gradients of activations are
// written (`=`). Bits: every sum runs in an order that the logical shape alone fixes; threads only choose who computes
// what.
#pragma once

#include <cstdint>

#include "base/philox.h"
#include "tensor/gemm.h"
#include "tensor/stream.h"
#include "tensor/view.h"

namespace triaxis {

/// The tokens of a microbatch as kernels see them; tokens = batch * seq.
struct TokenIds {
  std::int64_t batch = 0;
  std::int64_t seq = 0;
  View sequences;        ///< [batch] i64: number of each sequence in the run
  View positions;        ///< [tokens] i32: position of each token in its sequence
  View document_starts;  ///< [tokens] i32: position where the token's document starts
};

/// Dropout of one site. Element (token, channel) is dropped by the bits of (key, sequence, position, channel); kept
/// ones are scaled by 1 / (1 - probability). Probability 0 is the identity and reads neither key nor ids. The one rule
/// is in tensor/dropout.h.
struct Dropout {
  double probability = 0;
  RandomKey key{};
  const TokenIds* ids = nullptr;
};

/// Causal attention over packed heads: a rank's `shards` logical shards of `heads` heads each.
struct AttentionShape {
  std::int64_t shards = 1;
  std::int64_t heads = 0;  ///< per shard
  std::int64_t head_dim = 0;
  std::int64_t first_head = 0;  ///< global number of the first shard's first head
  double scale = 0;             ///< of the scores, 1 / sqrt(head_dim)
};

struct AdamStep {
  double lr = 0;
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double weight_decay = 0;
  std::int64_t step = 1;      ///< counted from 1, for the bias correction
  double gradient_scale = 1;  ///< multiplies the gradient first: clipping
};

/// Where a block of a tensor lies in the global one of `columns` columns, both seen as matrices: element (i, j) of the
/// block is element (first_row + i) * columns + first_column + j.
struct BlockOrigin {
  std::int64_t first_row = 0;
  std::int64_t first_column = 0;
  std::int64_t columns = 0;
};

/// T below is the table's scalar: float (fast and reference<float>) or double (reference<double>). h is hidden.
struct Kernels {
  GemmEngine gemm;
  DType dtype;

  // Elementwise.
  void (*fill)(Stream&, const View& y, double value);
  void (*copy)(Stream&, const View& x, const View& y);
  /// y = a + b; y may be a or b.
  void (*add)(Stream&, const View& a, const View& b, const View& y);
  /// y = max(a, b); y may be a or b.
  void (*maximum)(Stream&, const View& a, const View& b, const View& y);
  void (*gelu_forward)(Stream&, const View& x, const View& y);
  /// dx = dy * gelu'(x); dx may be dy. The tanh form of Hendrycks & Gimpel 2016.
  void (*gelu_backward)(Stream&, const View& x, const View& dy, const View& dx);
  /// y [tokens, h] = residual [tokens, h] + dropout(x [tokens, h] + bias [h]). bias may be empty. y may be residual or
  /// x.
  void (*residual_forward)(Stream&, const View& residual, const View& x, const View& bias, const Dropout&,
                           const View& y);
  /// dx [tokens, h] = dropout'(dy).
  void (*dropout_backward)(Stream&, const View& dy, const Dropout&, const View& dx);
  /// dbias [shards, n] += column sums of dy [shards, tokens, n].
  void (*bias_backward)(Stream&, const View& dy, const View& dbias);

  // LayerNorm (Ba et al. 2016) over the last dimension: x, y [tokens, h], gamma, beta [h], mean, rstd [tokens].
  void (*layernorm_forward)(Stream&, const View& x, const View& gamma, const View& beta, double eps, const View& y,
                            const View& mean, const View& rstd);
  /// dx = residual + gradient through the normalisation; residual may be empty or dx itself.
  void (*layernorm_backward_input)(Stream&, const View& dy, const View& x, const View& gamma, const View& mean,
                                   const View& rstd, const View& residual, const View& dx);
  void (*layernorm_backward_weight)(Stream&, const View& dy, const View& x, const View& mean, const View& rstd,
                                    const View& dgamma, const View& dbeta);

  // Attention, tiled with an online softmax (Milakov & Gimelshein 2018; Dao et al. 2022): qkv [shards, tokens, 3 *
  // heads * head_dim], the queries of all the shard's heads, then the keys, then the values; out, dout [shards, tokens,
  // heads * head_dim]; lse [shards, heads, tokens]. Key j counts for query i of the same sequence where
  // document_start(i) <= position(j) <= position(i). Dropout's channel is head * seq_len + key position, head global.
  void (*attention_forward)(Stream&, const AttentionShape&, const TokenIds&, const View& qkv, const Dropout&,
                            const View& out, const View& lse);
  void (*attention_backward)(Stream&, const AttentionShape&, const TokenIds&, const View& qkv, const View& out,
                             const View& lse, const View& dout, const Dropout&, const View& dqkv);
  /// The same for one sequence that grows: qkv and out are of its next tokens, of which the first `count` are real and
  /// stand at positions `past` and on. Their keys and values go into the cache, and each sees all positions up to its
  /// own. The cache is one tensor of attention_cache_size elements, filled by earlier calls in a layout of the kernels'
  /// own; out rows from `count` on are left alone. A token's result does not depend on how many came with it.
  void (*attention_cached)(Stream&, const AttentionShape&, std::int64_t past, std::int64_t count, const View& qkv,
                           const View& cache, const View& out);
  /// Elements of the cache of one layer for `positions` tokens.
  std::int64_t (*attention_cache_size)(const AttentionShape&, std::int64_t positions);
  /// Bytes of scratch that a thread needs for a sequence, or a cache, of `seq` tokens (Stream::reserve_scratch).
  std::size_t (*attention_scratch)(const AttentionShape&, std::int64_t seq);

  // Embedding. The table is [shards, rows, h], the rank's shards of a vocabulary whose first id here is first_id.
  /// y [tokens, h] = the row of ids [tokens] i32, or zero where the id is not here. Never -0, so that adding the other
  /// ranks' zeros changes no bit.
  void (*embedding_forward)(Stream&, const View& ids, const View& table, std::int64_t first_id, const View& y);
  /// y = dropout(x + table[positions]), x, y [tokens, h], table [seq_len, h]; y may be x.
  void (*position_forward)(Stream&, const View& x, const View& positions, const View& table, const Dropout&,
                           const View& y);
  /// dtable [shards, rows, h] += dy [tokens, h], in token order. Also for positions, with first_id 0.
  void (*embedding_backward)(Stream&, const View& ids, const View& dy, std::int64_t first_id, const View& dtable);

  // Cross-entropy over a vocabulary cut into shards: logits [shards, tokens, width], of which the ids from `vocab` on
  // are padding; the first id here is first_id. Run as max, (maximum over ranks), sums, (ordered sum over ranks), loss.
  /// max [tokens] over this rank's columns.
  void (*cross_entropy_max)(Stream&, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max);
  /// partial [shards, 2, tokens]: row 0 the sum of exp(logit - max) over the shard, row 1 the logit of targets [tokens]
  /// i32 if it is in the shard, else 0.
  void (*cross_entropy_sums)(Stream&, const View& logits, std::int64_t first_id, std::int64_t vocab, const View& max,
                             const View& targets, const View& partial);
  /// sums [2, tokens]: lse [tokens] = max + log(sum); losses [batch] f64: each sequence's sum over its tokens, in
  /// order, of lse - target logit.
  void (*cross_entropy_loss)(Stream&, const View& sums, const View& max, const View& lse, const View& losses);
  /// logits becomes its own gradient: (softmax - onehot(target)) * scale; padding becomes 0.
  void (*cross_entropy_backward)(Stream&, const View& logits, std::int64_t first_id, std::int64_t vocab,
                                 const View& lse, const View& targets, double scale);

  // Optimizer and checks. Each works on one block, whatever its shape.
  /// AdamW (Loshchilov & Hutter 2019): weight, first and second moment are updated in place.
  void (*adamw)(Stream&, const AdamStep&, const View& gradient, const View& weight, const View& moment1,
                const View& moment2);
  /// sum [1] f64 = sum of squares, in double over fixed blocks of elements added in order.
  void (*sum_of_squares)(Stream&, const View& x, const View& sum);
  /// RETURNS: whether every element is finite. Blocks: for checks outside the step.
  bool (*all_finite)(Stream&, const View& x);
  /// y = mean 0, deviation `deviation` normals of base/philox, numbered by their place in the global tensor. y is
  /// [rows, columns] or a vector.
  void (*fill_normal)(Stream&, const View& y, RandomKey key, double deviation, const BlockOrigin&);
};

/// oneDNN and Highway, float.
const Kernels& fast_kernels();
/// Plain loops. T is float or double.
template <typename T>
const Kernels& reference_kernels();

}  // namespace triaxis
