// What of mpirun's standard error a user wants to see: the ranks' own words, at once, and mpirun's only where they
// help.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace triaxis {

/// A line by which a rank says that all ranks can take signals. It is not shown.
inline constexpr std::string_view kReadyLine = "[triaxis:ready]";

/// The rank that ended a job early, as mpirun tells it.
struct RankFailure {
  int rank = 0;
  int signal = 0;     ///< that killed it, or 0
  int exit_code = 0;  ///< else
  bool told = false;  ///< it ended the job itself, after saying why
  /// "rank 3 was killed by signal 9 (Killed)", "rank 2 ended with exit code 5".
  std::string text() const;
};

/// A stream filter. Everything passes at once but what may be the beginning of mpirun's own talk: a line "[host:pid]
/// ..." or "mpirun: ...", which is held until its end, and a banner between two lines of dashes.
class LauncherFilter {
 public:
  /// RETURNS: what of `text`, and of what was held before, is to be shown now.
  std::string feed(std::string_view text);
  /// RETURNS: what is still held, when nothing more will come.
  std::string finish();

  /// The first failure that mpirun told of.
  const std::optional<RankFailure>& failure() const { return failure_; }
  /// Whether kReadyLine has come.
  bool ready() const { return ready_; }
  /// Whether any shown line speaks of an error.
  bool error_shown() const { return error_shown_; }

 private:
  void end_line();
  void end_banner();
  void show(std::string_view text);
  std::size_t held() const;

  std::string line_;            // the line under way
  std::size_t line_shown_ = 0;  // of it
  std::string banner_;
  bool in_banner_ = false;
  std::string output_;
  std::optional<RankFailure> failure_;
  bool ready_ = false;
  bool error_shown_ = false;
};

}  // namespace triaxis
