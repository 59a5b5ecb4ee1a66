// What no schedule can be faster than.
#pragma once

#include "schedule/search/problem.h"

namespace triaxis {

/// A time that no makespan or no period, as the problem's objective says, can be below.
double lower_bound(const SearchProblem& problem);

}  // namespace triaxis
