#include "generate/loaded_model.h"

#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "checkpoint/restore.h"

namespace triaxis {

LoadedModel::LoadedModel(const std::filesystem::path& path, int threads) : stream_(threads) {
  CheckpointReader reader(find_checkpoint(path));
  config_ = parse_config(reader.index().configuration, (reader.directory() / kIndexName).string());
  step_ = reader.index().step;
  const std::int64_t shards = tensor_shards(config_);
  parameters_.emplace(config_.model, blocks_of(config_.model), TensorSlice{shards, 0, shards}, 0, DType::kF32, ledger_);
  restore(*parameters_, reader, stream_, false);
  decoder_.emplace(config_.model, *parameters_, fast_kernels(), stream_, ledger_);
}

}  // namespace triaxis
