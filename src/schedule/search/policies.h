// The policies that a search starts from.
#pragma once

#include <span>
#include <vector>

#include "schedule/search/dispatch.h"

namespace triaxis {

/// Policies that differ in what goes first and in how far the stages run ahead: as far as memory lets them, in
/// proportion to how long a microbatch takes from a stage to the last and back, or as the given tables do.
std::vector<Policy> starting_policies(const SearchProblem& problem, std::span<const Rows> models);

}  // namespace triaxis
