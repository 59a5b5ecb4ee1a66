// A directory that is complete or not there.
#pragma once

#include <filesystem>

namespace triaxis {

class NewDirectory {
 public:
  /// Makes an empty directory beside `path`, under a temporary name. Throws UserError if `path` holds something already
  /// and may not be overwritten, or cannot be written.
  NewDirectory(const std::filesystem::path& path, bool overwrite);
  /// Removes what was not finished.
  ~NewDirectory();
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;

  /// Where everything is written until finish().
  const std::filesystem::path& path() const { return temporary_; }

  /// Flushes the directories and gives the new one its name. What was there goes only then. REQUIRES: the files have
  /// been flushed.
  void finish();

 private:
  std::filesystem::path final_;
  std::filesystem::path temporary_;
  bool finished_ = false;
};

}  // namespace triaxis
