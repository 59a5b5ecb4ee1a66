// One run a directory at a time.
#pragma once

#include <chrono>
#include <filesystem>

namespace triaxis {

/// Holds a run's directory until this object goes, or the process dies. Where the file system knows no locks nothing is
/// held.
class RunLock {
 public:
  /// Holds nothing.
  RunLock() = default;
  /// Waits for a run that is just ending. Throws UserError if another one holds the directory still after `patience`.
  explicit RunLock(const std::filesystem::path& directory,
                   std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~RunLock();
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&& other) noexcept;

 private:
  int descriptor_ = -1;
};

}  // namespace triaxis
