#include "cost/memory.h"

#include <algorithm>
#include <span>
#include <string>

#include "spec/activation.h"
#include "spec/parameter.h"

namespace triaxis {
namespace {

constexpr std::int64_t kFloat = 4;
constexpr std::int64_t kAlignment = 64;
constexpr std::int64_t kHeaderFloats = 16;  // a message's header, rounded up to the alignment
constexpr std::int64_t kSendBuffers = 2;    // a channel
constexpr std::int64_t kBucket = 1 << 20;   // floats of gradients that are reduced at once

std::int64_t round_up(std::int64_t count, std::int64_t unit) { return (count + unit - 1) / unit * unit; }

/// Bytes of an allocation of `count` floats.
std::int64_t bytes_of(std::int64_t count) { return round_up(count * kFloat, kAlignment); }

std::vector<Block> blocks_in(const Model& model, const StageRange& range) {
  const std::vector<Block> all = blocks_of(model);
  return {all.begin() + range.first, all.begin() + range.last};
}

/// What is stored as one tensor: a parameter, or a pack of them.
struct Unit {
  std::string name;
  std::int64_t shards = 1;  ///< on this rank
  std::int64_t rows = 0;    ///< of each shard
  std::int64_t columns = 1;
  bool product = false;   ///< a matrix that a product packs
  bool borrowed = false;  ///< its weight is that of another unit of the stage

  std::int64_t bytes() const { return bytes_of(shards * rows * columns); }
};

std::vector<Unit> units_of(const Model& model, const RankLoad& load, const StageRange& range) {
  std::vector<Unit> units;
  for (const Block& block : blocks_in(model, range)) {
    for (const ParameterSpec& row : parameters_of(model, block)) {
      const std::string& name = row.pack.empty() ? row.name : row.pack;
      const std::vector<std::int64_t> shape = shard_shape(row, load.tensor_shards);
      if (units.empty() || units.back().name != name) {
        const bool borrowed =
            std::any_of(units.begin(), units.end(), [&](const Unit& u) { return u.name == row.tied_to; });
        Unit& unit = units.emplace_back();
        unit.name = name;
        unit.shards = row.tensor.kind == SpreadKind::kSharded ? load.local_shards() : 1;
        unit.columns = shape.size() == 2 ? shape[1] : 1;
        unit.product = shape.size() == 2 && block.kind != BlockKind::kEmbedding;
        unit.borrowed = borrowed;
      }
      units.back().rows += shape.front();
    }
  }
  return units;
}

/// The two packed forms of a product's weight. A matrix engine packs whole blocks of columns by small groups of rows;
/// these are the largest of oneDNN's on CPUs, so thin matrices may take less.
std::int64_t packed_bytes(const Unit& unit) {
  constexpr std::int64_t kColumnBlock = 64;
  constexpr std::int64_t kRowGroup = 16;
  const auto form = [&](std::int64_t n, std::int64_t k) {
    return bytes_of(unit.shards * round_up(n, kColumnBlock) * round_up(k, kRowGroup));
  };
  return form(unit.rows, unit.columns) + form(unit.columns, unit.rows);
}

void add_parameters(const Model& model, const RankLoad& load, const StageLoad& stage, MemoryBytes& bytes) {
  for (const Unit& unit : units_of(model, load, stage.blocks)) {
    if (!unit.borrowed) {
      bytes.parameters += unit.bytes();
      bytes.optimizer += 2 * unit.bytes();
    }
    if (unit.product) bytes.parameters += packed_bytes(unit);
    bytes.gradients += load.local_groups() * unit.bytes();
  }
}

void add_activations(const Model& model, const RankLoad& load, const StageLoad& stage, MemoryBytes& bytes) {
  const ActivationShape shape{load.batch, load.tensor_shards, load.local_shards()};
  std::int64_t largest_gradient = 0;
  for (const Block& block : blocks_in(model, stage.blocks)) {
    std::int64_t saved = 0;
    std::int64_t gradient = 0;
    for (const ActivationSpec& row : activations_of(model, block, shape)) {
      (row.lifetime == Lifetime::kInputToWeight ? gradient : saved) += bytes_of(elements(row));
    }
    bytes.activations += stage.saved_slots * saved + stage.gradient_slots * gradient;
    largest_gradient = std::max(largest_gradient, gradient);
  }
  if (stage.gradient_slots == 0) bytes.activations += largest_gradient;
}

/// Scratch of an ordered sum of `count` floats: each of `ranks` members has room for a piece of every other's tensor,
/// or for all of a small one.
std::int64_t sum_scratch(std::int64_t count, std::int64_t ranks) {
  constexpr std::int64_t kSmall = 4096;
  constexpr std::int64_t kPieceAlignment = 16;
  if (ranks == 1) return 0;
  const std::int64_t piece = (count + ranks - 1) / ranks;
  const std::int64_t slot = std::max(piece, std::min(count, kSmall));
  return bytes_of(ranks * round_up(slot, kPieceAlignment));
}

/// Whether a stage of the rank holds block number `block` of the model.
bool holds(const RankLoad& load, std::int64_t block) {
  return std::any_of(load.stages.begin(), load.stages.end(),
                     [&](const StageLoad& stage) { return stage.blocks.first <= block && block < stage.blocks.last; });
}

std::int64_t communication(const Model& model, const RankLoad& load) {
  const std::int64_t boundary = load.batch * model.seq_len * model.hidden;
  const std::int64_t messages = kSendBuffers * load.send_channels + load.receive_buffers;
  const bool tie_leaves = model.tie_embeddings && holds(load, 0) != holds(load, model.layers + 1);
  return messages * bytes_of(kHeaderFloats + boundary) + load.local_buffers * bytes_of(boundary) +
         sum_scratch(boundary, load.tensor_ranks) + sum_scratch(kBucket, load.data_ranks) +
         (tie_leaves ? bytes_of(kBucket) : 0);
}

std::int64_t workspace(const Model& model, const RankLoad& load) {
  const std::int64_t tokens = load.batch * model.seq_len;
  const std::int64_t local = load.local_shards();
  const std::int64_t wide = std::max(model.ffn_hidden, 3 * model.heads * model.head_dim) / load.tensor_shards;
  std::int64_t bytes = bytes_of(local * tokens * model.hidden);  // summands
  bytes += bytes_of(local * tokens * wide);                      // gradients inside a branch
  bytes += 3 * bytes_of(tokens * model.hidden);                  // between branches, between blocks, a stage's output
  if (holds(load, model.layers + 1)) {
    bytes += bytes_of(local * tokens * vocabulary_width(model, load.tensor_shards));
    bytes += bytes_of(tokens) + bytes_of(local * 2 * tokens);  // maxima and sums of the softmax
  }
  // Ids, targets, positions and document starts, the sequences' numbers and losses.
  bytes += load.microbatches * (4 * bytes_of(tokens) + 2 * bytes_of(2 * load.batch));
  constexpr std::int64_t kForms = 3;  // of a saved parameter: weight and moments
  return bytes + bytes_of(kForms * load.saved_elements) + load.scratch_bytes;
}

}  // namespace

MemoryBytes predict_memory(const Model& model, const RankLoad& load) {
  MemoryBytes bytes;
  for (const StageLoad& stage : load.stages) {
    add_parameters(model, load, stage, bytes);
    add_activations(model, load, stage, bytes);
  }
  bytes.communication = communication(model, load);
  bytes.workspace = workspace(model, load);
  return bytes;
}

}  // namespace triaxis
