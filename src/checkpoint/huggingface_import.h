// From a folder in Hugging Face's layout to a checkpoint.
#pragma once

#include <filesystem>

namespace triaxis {

/// Writes a run into `directory`, which is there and whose final name will be `name`: a checkpoint of step 0 without
/// moments, run.toml, and the tokenizer's files. Weights in F32, F16 and BF16 become float32 exactly. Memory is bounded
/// by a band of a tensor (rewrite.h). Throws UserError, naming what is wrong, for a model that would compute something
/// else here, for tensors that are missing, unknown or of another shape, and for damaged files.
/// RETURNS: the checkpoint.
std::filesystem::path import_huggingface(const std::filesystem::path& folder, const std::filesystem::path& directory,
                                         const std::filesystem::path& name);

}  // namespace triaxis
