// From a checkpoint to a folder that Hugging Face's transformers opens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>

#include "checkpoint/reader.h"

namespace triaxis {

/// No limit: all weights in one file.
constexpr std::int64_t kOneFile = std::numeric_limits<std::int64_t>::max();

/// Writes config.json, the weights in float32, and the tokenizer's files into `directory`, which is there, from any
/// checkpoint in any layout. A file gets tensors of `shard_bytes` together, or one larger tensor; where there are
/// several there is an index. Memory is bounded by a band of a tensor (rewrite.h). Throws UserError if the model has no
/// place in Hugging Face's layout, the tokenizer's file is not there, or the checkpoint is damaged. RETURNS: the bytes
/// of the weights.
std::int64_t export_huggingface(CheckpointReader& reader, const std::filesystem::path& directory,
                                std::int64_t shard_bytes = kOneFile);

}  // namespace triaxis
