// What a checkpoint holds, whatever layout wrote it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace triaxis {

/// RETURNS: a hash of every weight and moment in the newest checkpoint of `run`, by name. Throws UserError if any byte
/// of the checkpoint is wrong, or there is none.
std::map<std::string, std::string> stored_tensors(const std::filesystem::path& run);

}  // namespace triaxis
