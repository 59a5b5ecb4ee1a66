// A training run that takes a moment, in a directory of its own, through the program: broken by the shim or by signals,
// resumed, and compared with one that was left alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "child.h"
#include "fault.h"

namespace triaxis {

/// What is to go wrong.
struct Fault {
  Deed deed = Deed::kNone;
  std::string rank = std::string(kNoRank);
  int call = 0;
};

/// A call that changed a file under the run's directory, as the shim wrote it down.
struct LoggedCall {
  std::string rank;
  int number = 0;
  std::string name;
  std::string path;
  std::string other;
  bool done = false;
};

class TinyRun {
 public:
  static constexpr std::int64_t kSteps = 5;
  static constexpr std::int64_t kEvery = 2;  ///< saved are steps 2, 4 and 5

  /// `layout` is DATAxTENSORxPIPELINE; all layouts of up to 2x2x2 compute the same bits. `sets` are added as --set.
  explicit TinyRun(std::string layout, const std::string& transport = "mpi", std::vector<std::string> sets = {});
  ~TinyRun();
  TinyRun(const TinyRun&) = delete;
  TinyRun& operator=(const TinyRun&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  /// checkpoint.dir
  std::filesystem::path directory() const { return folder_ / "run"; }
  int ranks() const { return ranks_; }
  /// The command line; it has folder() in it.
  std::vector<std::string> words(const std::vector<std::string>& options = {}) const;

  /// Removes what earlier runs have left.
  void clear() const;
  /// Trains to the end, or as far as it comes.
  Ended train(const std::vector<std::string>& options = {}) const;
  /// The same under the shim. calls() are its calls.
  Ended train(const Fault& fault, const std::vector<std::string>& options = {}) const;
  std::vector<LoggedCall> calls() const;

  /// All that a run that has come to its end leaves, as lines of text: the bits of every loss, a hash of the weights
  /// and moments in its checkpoint, the steps in metrics.jsonl, the names of its files. Why it has not, if so.
  std::string end_state(const Ended& trained) const;
  /// The steps of the checkpoints that are there. Throws UserError if any byte of one is wrong.
  std::vector<std::int64_t> readable_checkpoints() const;

 private:
  std::filesystem::path folder_;
  std::string transport_;
  std::vector<std::string> sets_;
  int ranks_ = 1;
};

/// A run of which nothing was broken.
struct WholeRun {
  std::string end_state;
  std::vector<LoggedCall> calls;
};
WholeRun train_unbroken(const TinyRun& run);

int calls_of(const std::vector<LoggedCall>& calls, const std::string& rank);

/// The step of the newest checkpoint that was put under its final name, 0 if none was.
std::int64_t newest_committed(const std::vector<LoggedCall>& calls);

/// Runs the program in `folder`.
Ended triaxis(const std::vector<std::string>& words, const std::filesystem::path& folder);

/// The lines of `text` that tell of an error.
int count_errors(const std::string& text);

}  // namespace triaxis
