// Saving while training goes on: a copy between two steps, files written behind the next ones, and one rank that makes
// the whole of them a checkpoint once all are on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <span>
#include <vector>

#include "checkpoint/index.h"
#include "checkpoint/snapshot.h"
#include "comm/communicator.h"
#include "spec/slices.h"

namespace triaxis {

/// What a rank tells all others after a step about the checkpoint under way. Plain bytes.
struct SaveReport {
  std::int64_t written = 0;    ///< the step of the file that this rank has on the disk
  std::int64_t committed = 0;  ///< the step of the newest complete checkpoint, as rank 0 knows it
  std::uint64_t bytes = 0;     ///< StoredFile of the written file
  std::uint64_t header_hash = 0;
};

struct SaverSetup {
  std::filesystem::path run;  ///< checkpoint.dir, on a file system that all ranks share
  int keep = 2;
  int rank = 0;
  int ranks = 1;
  std::vector<OwnedSlice> slices;  ///< of all ranks
};

/// The slices in `all` that `rank` saves.
std::vector<OwnedSlice> slices_of(std::span<const OwnedSlice> all, int rank);

/// The files and tensors of a checkpoint that `slices` make, one file a rank. The files' sizes and hashes are still to
/// come.
CheckpointIndex index_of(std::span<const OwnedSlice> slices, int ranks);

/// One rank's part in the run's checkpoints. A checkpoint is written under a temporary name; it gets its own when every
/// file and the index are on the disk, and only then older ones beyond `keep` are removed.
class Saver {
 public:
  /// Makes the run's directory where it is missing. `stores` outlive the saver.
  Saver(SaverSetup setup, std::span<const ParameterStore* const> stores, MemoryLedger& ledger);
  /// Waits for what is being written.
  ~Saver();

  /// Copies what this rank saves and starts to write it. `state` is what the index will say besides files and tensors;
  /// only rank 0's counts. REQUIRES: !pending().
  void start(CheckpointIndex state, Stream& stream);
  /// Whether a checkpoint is under way.
  bool pending() const { return pending_ > 0; }
  /// Bytes of all files of the newest complete checkpoint.
  std::uint64_t bytes() const { return bytes_; }

  /// Throws RunError if this rank's file could not be written, or rank 0's index.
  SaveReport report();
  /// Takes note of the reports of all ranks, in their order, and does what is due.
  void take(std::span<const SaveReport> reports);
  /// Waits until the checkpoint under way is complete. COLLECTIVE OVER: `all`, every rank of the run.
  void finish(Communicator& all);

 private:
  void commit(std::span<const SaveReport> reports);

  SaverSetup setup_;
  Snapshot snapshot_;
  CheckpointIndex state_;  // at rank 0
  std::int64_t pending_ = 0;
  std::uint64_t bytes_ = 0;
  SaveReport report_;
  std::optional<ShardFileWriter> file_;
  std::future<StoredFile> writing_;
  std::future<void> committing_;
};

}  // namespace triaxis
