// `triaxis inspect` of a checkpoint.
#pragma once

#include <filesystem>
#include <string>

namespace triaxis {

struct InspectOptions {
  bool json = false;
  bool digest = false;  ///< one hash of all weights and moments
  bool all = false;     ///< long tables in full, with every slice
};

/// RETURNS: what the checkpoint at `path`, or the newest of the run there, is, after reading every byte: as text, as
/// one JSON object, or with `digest`, the hash alone. Throws UserError, naming the file, if one is damaged, or if there
/// is no checkpoint.
std::string inspect_checkpoint(const std::filesystem::path& path, const InspectOptions& options);

}  // namespace triaxis
