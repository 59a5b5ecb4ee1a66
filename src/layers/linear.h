// The column- and row-parallel linear layers, over a rank's logical shards.
#pragma once

#include <optional>
#include <string>

#include "layers/context.h"
#include "spec/spread.h"

namespace triaxis {

/// y = x W^T + b for every local shard. Column-parallel: the whole input, a slice of the output; the input's gradient
/// is a summand a shard. Row-parallel: a slice of the input, the whole output as a summand a shard; it has no bias
/// here, since a bias is added once, after the sum.
class Linear {
 public:
  enum class Kind : std::uint8_t { kColumn, kRow };

  /// `weight` and `bias` name units of the store; an empty `bias` means none.
  Linear(Context& ctx, MemoryLedger& ledger, Kind kind, std::string_view weight, std::string_view bias,
         std::int64_t tokens);

  /// Packs the weights for the coming step.
  void refresh(Context& ctx);

  /// Column: x [tokens, in], y [shards, tokens, out]. Row: x [shards, tokens, in], y [shards, tokens, out] summands.
  void forward(Context& ctx, const View& x, const View& y) const;
  /// Column: dy [shards, tokens, out], dx [shards, tokens, in] summands. Row: dy [tokens, out], dx [shards, tokens,
  /// in].
  void backward_input(Context& ctx, const View& dy, const View& dx) const;
  /// Adds to the gradients of weight and bias, and tells the sink.
  void backward_weight(Context& ctx, const Microbatch& microbatch, const View& x, const View& dy) const;

  /// Local widths: a shard's output (column) or the whole output (row).
  std::int64_t out() const { return forward_.shape().n; }
  Operator as_operator() const;

 private:
  Kind kind_;
  std::string name_;
  int weight_;
  int bias_ = -1;
  GemmPlan forward_;
  GemmPlan input_;
  GemmPlan weight_plan_;
  std::optional<Arena> packed_;
  View packed_forward_;
  View packed_input_;
};

}  // namespace triaxis
