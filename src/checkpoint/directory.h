// The checkpoints of a run: directories `step-00000100` in checkpoint.dir. Whatever is unfinished or being removed has
// a name that ends in ".tmp".
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace triaxis {

struct CheckpointPath {
  std::int64_t step = 0;
  std::filesystem::path path;
};

std::filesystem::path checkpoint_path(const std::filesystem::path& run, std::int64_t step);
/// Where it is until it is complete.
std::filesystem::path unfinished_path(const std::filesystem::path& run, std::int64_t step);

/// The complete checkpoints of a run, oldest first: those under their final name that have an index. An incomplete one
/// never counts. A directory that is not there has none.
std::vector<CheckpointPath> list_checkpoints(const std::filesystem::path& run);

/// Throws UserError if anything has a checkpoint's final name but no index: it was complete once, and a run that began
/// anew would hide that.
void refuse_damaged(const std::filesystem::path& run);

/// The checkpoint that a user means: `path` itself if it is one, else the newest of the run `path`. Throws UserError if
/// there is none.
std::filesystem::path find_checkpoint(const std::filesystem::path& path);

/// Removes a checkpoint: it is renamed first, so that a half-removed one never counts.
void remove_checkpoint(const std::filesystem::path& checkpoint);

/// Removes what unfinished saves and removals have left, and unfinished files of the run. REQUIRES: nobody else writes
/// there.
void remove_leftovers(const std::filesystem::path& run);

}  // namespace triaxis
