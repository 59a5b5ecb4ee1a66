// The parameters of one stage on one rank: weights, gradients and moments, and which logical shards of each are here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/parameter.h"
#include "tensor/arena.h"
#include "tensor/kernels.h"

namespace triaxis {

/// The logical shards of the tensor axis that a rank holds: [first, first + local) of `shards`.
struct TensorSlice {
  std::int64_t shards = 1;
  std::int64_t first = 0;
  std::int64_t local = 1;
};

/// What is stored as one tensor: a parameter, or a pack of parameters whose blocks lie side by side in each shard, so
/// that one product serves them all. Sharded: [local shards, rows, columns] or [local shards, rows]; replicated: the
/// parameter's own shape.
struct Unit {
  std::string name;
  View weight;
  std::vector<View> gradients;  ///< one a local data group
  View moment1;  ///< empty where the weight is another unit's (a tie within the stage) or nothing is trained
  View moment2;
  int weight_of = -1;  ///< the unit whose weight this is, if not its own
};

/// A parameter's place in its unit.
struct Entry {
  ParameterSpec spec;
  int unit = 0;
  std::int64_t first_row = 0;  ///< in each shard's block of the unit
  std::int64_t rows = 0;
};

/// Bytes that a store takes, by category.
struct StoreFootprint {
  std::size_t parameters = 0;
  std::size_t gradients = 0;
  std::size_t optimizer = 0;
};

class ParameterStore {
 public:
  /// Allocates everything; weights start at zero. `groups` is the number of data groups accumulated on this rank; with
  /// none there are weights alone, for a model that is not trained.
  ParameterStore(const Model& model, std::span<const Block> blocks, const TensorSlice& slice, std::int64_t groups,
                 DType dtype, MemoryLedger& ledger);
  ParameterStore(ParameterStore&&) noexcept = default;

  static StoreFootprint footprint(const Model& model, std::span<const Block> blocks, const TensorSlice& slice,
                                  std::int64_t groups, DType dtype);

  /// Starts every weight from the counter-based generator, keyed by name and global index.
  void initialise(Stream& stream, const Kernels& kernels, std::uint64_t seed);
  void zero_gradients(Stream& stream, const Kernels& kernels);

  const TensorSlice& slice() const { return slice_; }
  std::int64_t groups() const { return groups_; }
  std::span<const Unit> units() const { return units_; }
  std::span<const Entry> entries() const { return entries_; }
  /// RETURNS: the unit's number. REQUIRES: it is here.
  int unit(std::string_view name) const;

  /// All gradients of the stage as one tensor [groups, elements]: what the data axis reduces. After the reduction the
  /// sum is in entry 0.
  const View& flat_gradients() const { return flat_gradients_; }

  /// Logical shards of a parameter that are here (1 if it is replicated), and the global number of the first.
  std::int64_t local_shards(const Entry& entry) const;
  std::int64_t first_shard(const Entry& entry) const;
  /// One logical shard's block of a unit's tensor, padding included.
  View block(const Entry& entry, const View& unit_tensor, std::int64_t local_shard) const;

 private:
  TensorSlice slice_;
  std::int64_t groups_;
  std::vector<Unit> units_;
  std::vector<Entry> entries_;
  Arena parameters_;
  Arena gradients_;
  Arena optimizer_;
  View flat_gradients_;
};

}  // namespace triaxis
