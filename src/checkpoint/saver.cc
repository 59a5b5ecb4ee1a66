#include "checkpoint/saver.h"

#include <fmt/format.h>

#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "base/file_handle.h"
#include "checkpoint/directory.h"
#include "comm/collectives.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

std::string file_name(int rank) { return fmt::format("rank-{:05}.safetensors", rank); }

template <typename T>
bool is_ready(const std::future<T>& future) {
  return future.valid() && future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// Looks at every file from here: what another host has written must be seen by this one.
void check_files(const fs::path& directory, const CheckpointIndex& index) {
  try {
    for (const StoredFile& file : index.files) ShardFile(directory, file);
  } catch (const UserError& error) {
    throw RunError(fmt::format("{}; checkpoint.dir must be on a file system that all hosts share", error.what()));
  }
}

void write_index(const fs::path& directory, std::string_view text) {
  FileHandle file = FileHandle::create(directory / kIndexName);
  file.write(0, std::as_bytes(std::span(text)));
  file.flush();
  flush_directory(directory);
}

/// Everything is on the disk but the index: makes the checkpoint complete, and only then lets old ones go.
void complete(const fs::path& run, std::int64_t step, std::string_view index, int keep) {
  const fs::path unfinished = unfinished_path(run, step);
  const fs::path path = checkpoint_path(run, step);
  write_index(unfinished, index);
  if (fs::exists(path)) remove_checkpoint(path);
  rename_path(unfinished, path);
  flush_directory(run);
  std::vector<CheckpointPath> list = list_checkpoints(run);
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < list.size(); ++i) remove_checkpoint(list[i].path);
}

}  // namespace

std::vector<OwnedSlice> slices_of(std::span<const OwnedSlice> all, int rank) {
  std::vector<OwnedSlice> mine;
  for (const OwnedSlice& slice : all) {
    if (slice.rank == rank) mine.push_back(slice);
  }
  return mine;
}

CheckpointIndex index_of(std::span<const OwnedSlice> slices, int ranks) {
  CheckpointIndex index;
  for (int rank = 0; rank < ranks; ++rank)
    index.files.push_back({.name = file_name(rank), .bytes = 0, .header_hash = 0});
  for (const OwnedSlice& slice : slices) {
    if (index.tensors.empty() || index.tensors.back().name != slice.name)
      index.tensors.push_back({.name = slice.name, .shape = slice.shape, .slices = {}});
    index.tensors.back().slices.push_back({slice.rank, slice.box});
  }
  return index;
}

Saver::Saver(SaverSetup setup, std::span<const ParameterStore* const> stores, MemoryLedger& ledger)
    : setup_(std::move(setup)), snapshot_(stores, slices_of(setup_.slices, setup_.rank), ledger) {
  fs::create_directories(setup_.run);
}

Saver::~Saver() {
  if (committing_.valid()) committing_.wait();
  if (writing_.valid()) writing_.wait();
}

void Saver::start(CheckpointIndex state, Stream& stream) {
  check(!pending(), "one checkpoint is written at a time");
  pending_ = state.step;
  if (setup_.rank == 0) {
    CheckpointIndex files = index_of(setup_.slices, setup_.ranks);
    state_ = std::move(state);
    state_.files = std::move(files.files);
    state_.tensors = std::move(files.tensors);
  }
  const fs::path directory = unfinished_path(setup_.run, pending_);
  file_.emplace(directory / file_name(setup_.rank), snapshot_.tensors());
  snapshot_.take(stream);
  writing_ = std::async(std::launch::async, [this, directory] {
    make_directory(directory);
    snapshot_.write(*file_);
    return file_->finish();
  });
}

SaveReport Saver::report() {
  if (is_ready(writing_)) {
    const StoredFile stored = writing_.get();
    file_.reset();
    report_.written = pending_;
    report_.bytes = stored.bytes;
    report_.header_hash = stored.header_hash;
  }
  if (is_ready(committing_)) {
    committing_.get();
    report_.committed = pending_;
  }
  return report_;
}

void Saver::take(std::span<const SaveReport> reports) {
  if (!pending()) return;
  if (reports.front().committed == pending_) {
    pending_ = 0;
    bytes_ = 0;
    for (const SaveReport& report : reports) bytes_ += report.bytes;
    return;
  }
  if (setup_.rank != 0 || committing_.valid()) return;
  for (const SaveReport& report : reports) {
    if (report.written != pending_) return;
  }
  commit(reports);
}

void Saver::commit(std::span<const SaveReport> reports) {
  for (std::size_t rank = 0; rank < reports.size(); ++rank) {
    state_.files[rank].bytes = reports[rank].bytes;
    state_.files[rank].header_hash = reports[rank].header_hash;
  }
  committing_ = std::async(std::launch::async, [this, step = pending_] {
    check_files(unfinished_path(setup_.run, step), state_);
    complete(setup_.run, step, to_text(state_), setup_.keep);
  });
}

// No rank waits for its disk before it answers the others, whose patience (comm.timeout) is for ranks that are gone.
void Saver::finish(Communicator& all) {
  constexpr std::chrono::milliseconds kTurn(20);
  while (pending()) {
    if (writing_.valid()) writing_.wait_for(kTurn);
    if (committing_.valid()) committing_.wait_for(kTurn);
    const SaveReport mine = report();
    std::vector<SaveReport> reports(static_cast<std::size_t>(all.size()));
    all_gather(all, std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(reports)));
    take(reports);
  }
}

}  // namespace triaxis
