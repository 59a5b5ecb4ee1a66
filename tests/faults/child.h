// A program run as a process, for tests that look at it from outside.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace triaxis {

/// What a program left when it had ended.
struct Ended {
  int code =
      -1;  ///< its exit code, or 128 and the signal that killed it; -1: it had to be ended when its time was over
  std::string output;
  std::string errors;
};

class Child {
 public:
  /// Starts it in `folder`, where its output and errors go to the files "out" and "err". `environment` is added to
  /// ours.
  Child(const std::vector<std::string>& words, std::filesystem::path folder,
        const std::map<std::string, std::string>& environment = {});
  /// Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t id() const { return id_; }
  /// Waits until it ends.
  Ended wait(std::chrono::milliseconds limit = std::chrono::seconds(60));

 private:
  std::filesystem::path folder_;
  pid_t id_ = -1;
};

/// RETURNS: all processes that have `text` in their command line. The dead whom nobody has buried have none.
std::vector<pid_t> processes_with(const std::string& text);

/// The value of a variable in the environment that a process started with, empty if there is none.
std::string environment_of(pid_t process, const std::string& name);

/// RETURNS: whether the condition came true in time.
bool holds_within(std::chrono::milliseconds limit, const std::function<bool()>& condition);

/// RETURNS: the file's bytes, none if it is not there.
std::string content_of(const std::filesystem::path& path);

}  // namespace triaxis
