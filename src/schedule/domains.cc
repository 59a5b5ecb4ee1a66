#include "schedule/domains.h"

#include <fmt/format.h>

#include <cmath>

namespace triaxis {
namespace {

/// Nothing if the number is even, else its even neighbours; REQUIRES: value >= 1.
std::string even_neighbours(int value, std::string_view what) {
  if (value % 2 == 0) return "";
  if (value == 1) return fmt::format("needs an even number of {}, such as 2, not 1", what);
  return fmt::format("needs an even number of {}, such as {} or {}, not {}", what, value - 1, value + 1, value);
}

std::string at_least_two_a_rank(const ScheduleRequest& r) {
  if (r.microbatches / 2 >= r.ranks) return "";
  return fmt::format("{} ranks need at least {} microbatches, not {}", r.ranks, 2 * r.ranks, r.microbatches);
}

}  // namespace

std::string chimera_outside(const ScheduleRequest& request) {
  const std::string ranks = even_neighbours(request.ranks, "ranks");
  return ranks.empty() ? even_neighbours(request.microbatches, "microbatches") : ranks;
}

std::string hanayo_outside(const ScheduleRequest& request) {
  return even_neighbours(request.stages_per_rank, "stages a rank");
}

std::string dualpipe_outside(const ScheduleRequest& request) {
  const std::string even = chimera_outside(request);
  return even.empty() ? at_least_two_a_rank(request) : even;
}

std::string dualpipev_outside(const ScheduleRequest& request) { return at_least_two_a_rank(request); }

std::string pipedream_outside(const ScheduleRequest& r) {
  if (r.version_rule != VersionRule::kDouble || r.update_every >= r.ranks) return "";
  return fmt::format(
      "two versions are enough from {} microbatches an update on; with fewer, the versions are stash or "
      "vertical",
      r.ranks);
}

std::string pipedream_2bw_outside(const ScheduleRequest& r) {
  if (r.version_rule && r.version_rule != VersionRule::kDouble)
    return "keeps two versions by the rule double; pipedream has the others";
  if (r.update_every == 0 || r.update_every >= r.ranks) return "";
  return fmt::format("{} ranks need at least {} microbatches an update, not {}", r.ranks, r.ranks, r.update_every);
}

/// A microbatch is in all stages of a rank at once, between its last F and its first I there.
std::string auto_outside(const ScheduleRequest& r) {
  if (r.memory_limit >= r.stages_per_rank) return "";
  const char* several = r.stages_per_rank == 1 ? "" : "s";
  return fmt::format("a rank of {0} stage{1} holds at least {0} activation{1}; the limit is {2:g}", r.stages_per_rank,
                     several, r.memory_limit);
}

std::string zero_bubble_outside(const ScheduleRequest& r) {
  if (std::isinf(r.memory_limit)) return "";
  return "has a memory limit of its own; auto takes yours";
}

}  // namespace triaxis
