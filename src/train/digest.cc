#include "train/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/hash.h"
#include "comm/collectives.h"

namespace triaxis {
namespace {

/// One logical shard's block of a parameter, wherever it is, brought to the group's first rank.
class Collector {
 public:
  Collector(Trainer& trainer, const RunPlan& plan, DigestOf what) : trainer_(trainer), plan_(plan), what_(what) {}

  /// RETURNS: the global tensor, at rank 0 of the group.
  std::vector<float> collect(const ParameterSpec& row) {
    const std::int64_t shards = row.tensor.kind == SpreadKind::kSharded ? trainer_.mine().slice.shards : 1;
    const std::vector<std::int64_t> shape = shard_shape(row, trainer_.mine().slice.shards);
    std::int64_t size = 1;
    for (const std::int64_t extent : shape) size *= extent;
    Communicator& group = *trainer_.groups().model;
    std::vector<float> global(group.rank() == 0 ? static_cast<std::size_t>(elements(row)) : 0);
    std::vector<float> block(static_cast<std::size_t>(size));
    for (std::int64_t shard = 0; shard < shards; ++shard) {
      const int owner = owner_of(row, shard, shards);
      if (owner == group.rank()) std::copy_n(local(row, shard).as<float>(), block.size(), block.begin());
      if (owner != 0 && owner == group.rank()) group.wait(group.send(0, std::as_bytes(std::span(block))));
      if (owner != 0 && group.rank() == 0) group.wait(group.receive(owner, std::as_writable_bytes(std::span(block))));
      if (group.rank() == 0) place(row, shard, shape, block, global);
    }
    return global;
  }

 private:
  int owner_of(const ParameterSpec& row, std::int64_t shard, std::int64_t shards) const {
    const std::int64_t tensor = shards == 1 ? 0 : shard / trainer_.mine().slice.local;
    for (int rank = 0; rank < plan_.train.ranks; ++rank) {
      for (const int stage : stages_of_rank(plan_.train, rank)) {
        for (const Block& block : plan_.blocks[static_cast<std::size_t>(stage)]) {
          if (!row.name.starts_with(name_of(block) + ".")) continue;
          return static_cast<int>(tensor) + trainer_.config().parallel.tensor * rank;
        }
      }
    }
    check(false, "no stage holds " + row.name);
    return 0;
  }

  View local(const ParameterSpec& row, std::int64_t shard) {
    for (const auto& runtime : trainer_.executor().stages()) {
      const ParameterStore& store = runtime->parameters;
      for (const Entry& entry : store.entries()) {
        if (entry.spec.name != row.name) continue;
        const Unit& unit = store.units()[static_cast<std::size_t>(entry.unit)];
        return store.block(entry, what_ == DigestOf::kWeights ? unit.weight : unit.gradients.front(),
                           shard - store.first_shard(entry));
      }
    }
    check(false, "not here: " + row.name);
    return {};
  }

  void place(const ParameterSpec& row, std::int64_t shard, const std::vector<std::int64_t>& shape,
             const std::vector<float>& block, std::vector<float>& global) const {
    const ShardRange range = shard_range(row, trainer_.mine().slice.shards, shard);
    const std::int64_t columns = row.shape.size() > 1 ? row.shape[1] : 1;
    const std::int64_t block_columns = shape.size() > 1 ? shape[1] : 1;
    const bool is_by_column = row.tensor == sharded(1);
    const std::int64_t first_row = is_by_column ? 0 : range.first;
    const std::int64_t rows = is_by_column ? row.shape[0] : range.last - range.first;
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = (first_row + r) * columns + (is_by_column ? range.first : 0);
      std::copy_n(block.begin() + r * block_columns, block_columns, global.begin() + at);
    }
  }

  Trainer& trainer_;
  const RunPlan& plan_;
  DigestOf what_;
};

/// Throws unless all ranks of a group say the same. A null group is one rank.
void check_same(Communicator* group, std::uint64_t mine, std::string_view what) {
  if (group == nullptr) return;
  std::vector<std::uint64_t> all(static_cast<std::size_t>(group->size()));
  all_gather(*group, std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
  for (const std::uint64_t other : all) {
    if (other != mine) throw RunError(fmt::format("{} differ between ranks that must hold the same", what));
  }
}

/// Holds that copies have not drifted apart: everything over the data axis, replicated parameters over the tensor axis.
void check_copies(Trainer& trainer, DigestOf what) {
  Hasher everything;
  Hasher replicated;
  for (const auto& runtime : trainer.executor().stages()) {
    const ParameterStore& store = runtime->parameters;
    for (const Entry& entry : store.entries()) {
      const Unit& unit = store.units()[static_cast<std::size_t>(entry.unit)];
      const View& whole = what == DigestOf::kWeights ? unit.weight : unit.gradients.front();
      for (std::int64_t s = 0; s < store.local_shards(entry); ++s) {
        const View block = store.block(entry, whole, s);
        const auto bytes = std::as_bytes(std::span(block.as<float>(), static_cast<std::size_t>(block.size())));
        everything.update(bytes);
        if (entry.spec.tensor.kind != SpreadKind::kSharded) replicated.update(bytes);
      }
    }
  }
  const std::string_view name = what == DigestOf::kWeights ? "weights" : "gradients";
  check_same(trainer.groups().data.get(), everything.value(), name);
  check_same(trainer.groups().tensor.get(), replicated.value(), name);
}

double norm(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum);
}

}  // namespace

std::vector<TensorDigest> digest(Trainer& trainer, const RunPlan& plan, DigestOf what) {
  check_copies(trainer, what);
  std::vector<TensorDigest> list;
  Collector collector(trainer, plan, what);
  for (const ParameterSpec& row : parameters_of(trainer.config().model)) {
    if (!row.tied_to.empty()) continue;
    const std::vector<float> global = collector.collect(row);
    if (trainer.groups().model->rank() != 0) continue;
    list.push_back({row.name, norm(global), hash_hex(std::as_bytes(std::span(global)))});
  }
  return list;
}

}  // namespace triaxis
