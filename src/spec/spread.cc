#include "spec/spread.h"

#include <fmt/format.h>

#include <utility>

namespace triaxis {

std::string describe(Spread spread) {
  switch (spread.kind) {
    case SpreadKind::kReplicated:
      return "replicated";
    case SpreadKind::kSharded:
      return fmt::format("sharded({})", spread.dim);
    case SpreadKind::kPartial:
      return "partial";
  }
  return {};
}

// A column-parallel product multiplies the whole input by a slice of the output's columns. Each rank's slice adds its
// own part to the input's gradient.
Operator column_parallel(std::string name) {
  return {std::move(name), replicated(), sharded(1), sharded(1), partial()};
}

Operator row_parallel(std::string name) { return {std::move(name), sharded(1), partial(), replicated(), sharded(1)}; }

Operator enter_tensor_region() { return {"enter_tensor_region", replicated(), replicated(), partial(), replicated()}; }

Operator leave_tensor_region() { return {"leave_tensor_region", partial(), replicated(), replicated(), replicated()}; }

Operator pointwise(std::string name, Spread spread) { return {std::move(name), spread, spread, spread, spread}; }

std::string check_chain(std::span<const Operator> chain, Spread input, Spread output) {
  Spread at = input;
  std::string before = "the input";
  for (const Operator& op : chain) {
    if (op.takes != at) {
      return fmt::format("{} gives {} but {} takes {}", before, describe(at), op.name, describe(op.takes));
    }
    at = op.gives;
    before = op.name;
  }
  if (at != output) return fmt::format("{} gives {} but the output is {}", before, describe(at), describe(output));
  at = output;
  std::string after = "the output";
  for (std::size_t i = chain.size(); i-- > 0;) {
    const Operator& op = chain[i];
    if (op.gradient_takes != at) {
      return fmt::format("the gradient from {} is {} but {} takes {}", after, describe(at), op.name,
                         describe(op.gradient_takes));
    }
    at = op.gradient_gives;
    after = op.name;
  }
  if (at != input)
    return fmt::format("the gradient from {} is {} but the input is {}", after, describe(at), describe(input));
  return {};
}

}  // namespace triaxis
