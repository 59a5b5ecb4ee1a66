// The transport between processes, by MPI.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "comm/wait_report.h"

namespace triaxis {

/// This process as a rank of an MPI job. Owns MPI's lifetime: at most one in a process's life, on one thread.
class MpiWorld : public World {
 public:
  /// A message longer than `longest_message` travels in several.
  explicit MpiWorld(std::size_t longest_message = std::size_t{1} << 30);
  /// Leaves the job, together with all other ranks; at once and alone when an exception is under way.
  ~MpiWorld() override;
  MpiWorld(const MpiWorld&) = delete;
  MpiWorld& operator=(const MpiWorld&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::vector<int> ranks_here() const override { return ranks_here_; }
  std::unique_ptr<Communicator> group(std::span<const int> ranks) override;
  void set_activity(std::function<std::string()> activity) override { activity_ = std::move(activity); }
  void set_timeout(double seconds) override { timeout_ = seconds; }

  /// Ends the whole job with an exit code, printing nothing. After a deadline it first gives the other ranks a second
  /// to report what they were waiting for.
  [[noreturn]] void abort(int code);

 private:
  friend class MpiCommunicator;

  /// RETURNS: whether another rank's wait has passed its deadline.
  bool deadline_passed_elsewhere();
  /// Tells all other ranks that a wait has passed its deadline.
  void announce_deadline();

  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  std::vector<int> ranks_here_;
  std::size_t longest_message_;
  int groups_ = 0;
  std::function<std::string()> activity_;
  double timeout_ = kDefaultTimeout;
  bool late_ = false;
  MPI_Request notice_ = MPI_REQUEST_NULL;  // the receive for another rank's announcement
  int exceptions_;
};

}  // namespace triaxis
