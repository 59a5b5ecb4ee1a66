// What mpirun says on standard error, taken apart: the ranks' lines to pass on, and its own banners to leave out.
#pragma once

#include <string>
#include <string_view>

namespace triaxis {

class LaunchOutput {
 public:
  /// Takes the next bytes. RETURNS: those to show.
  std::string filter(std::string_view bytes);
  /// Which rank ended the job and how, as mpirun reports it: "rank 3 was killed by signal 9 (Killed)". Empty if it did
  /// not say.
  const std::string& failure() const { return failure_; }

 private:
  std::string line(const std::string& text);

  std::string partial_;
  bool in_banner_ = false;
  std::string banner_;
  std::string failure_;
};

}  // namespace triaxis
