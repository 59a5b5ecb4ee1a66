// How a tensor lies over one axis of the grid, and the rule that a missing or doubled reduction breaks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace triaxis {

/// Over one axis: every rank has the whole (`kReplicated`), a slice along `dim` (`kSharded`), or a summand of the whole
/// (`kPartial`).
enum class SpreadKind : std::uint8_t { kReplicated, kSharded, kPartial };

struct Spread {
  SpreadKind kind = SpreadKind::kReplicated;
  int dim = 0;  ///< of kSharded

  bool operator==(const Spread&) const = default;
};

constexpr Spread replicated() { return {SpreadKind::kReplicated, 0}; }
constexpr Spread sharded(int dim) { return {SpreadKind::kSharded, dim}; }
constexpr Spread partial() { return {SpreadKind::kPartial, 0}; }

std::string describe(Spread spread);

/// One operator as the tensor axis sees it: what its input must be and what its output is, forward; and for the
/// gradients, backward.
struct Operator {
  std::string name;
  Spread takes;
  Spread gives;
  Spread gradient_takes;  ///< the gradient of its output
  Spread gradient_gives;  ///< the gradient of its input
};

/// The operators of Megatron-LM's tensor parallelism (Shoeybi et al. 2019), by name.
Operator column_parallel(std::string name);
Operator row_parallel(std::string name);
Operator enter_tensor_region();
Operator leave_tensor_region();
/// An operator that works on whole or on sliced tensors alike, element by element.
Operator pointwise(std::string name, Spread spread);

/// Checks a chain of operators with no device: each must take what the one before it gives, forward and backward.
/// RETURNS: an empty string, or what is wrong, naming both operators.
std::string check_chain(std::span<const Operator> chain, Spread input, Spread output);

}  // namespace triaxis
