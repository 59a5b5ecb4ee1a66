#include "comm/mpi/world.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>

#include "base/error.h"
#include "comm/mpi/call.h"
#include "comm/mpi/communicator.h"
#include "comm/mpi/copy_mechanism.h"

namespace triaxis {
namespace {

constexpr int kNoticeTag = 0;  // groups are numbered from 1
constexpr std::chrono::seconds kGrace{1};

/// The ranks of `comm` that share memory with this one. COLLECTIVE OVER: comm.
std::vector<int> ranks_of_host(MPI_Comm comm, int rank) {
  MPI_Comm host = MPI_COMM_NULL;
  mpi_call(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &host));
  int count = 0;
  MPI_Comm_size(host, &count);
  std::vector<int> ranks(static_cast<std::size_t>(count));
  mpi_call(MPI_Allgather(&rank, 1, MPI_INT, ranks.data(), 1, MPI_INT, host));
  MPI_Comm_free(&host);
  return ranks;
}

}  // namespace

MpiWorld::MpiWorld(std::size_t longest_message)
    : longest_message_(longest_message), exceptions_(std::uncaught_exceptions()) {
  choose_copy_mechanism();
  int provided = MPI_THREAD_SINGLE;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  check(provided >= MPI_THREAD_FUNNELED, "this MPI does not allow other threads besides the one that calls it");
  MPI_Comm_dup(MPI_COMM_WORLD, &comm_);
  MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size_);
  ranks_here_ = ranks_of_host(comm_, rank_);
  mpi_call(MPI_Irecv(nullptr, 0, MPI_BYTE, MPI_ANY_SOURCE, kNoticeTag, comm_, &notice_));
  prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds; by default a sleep of 10 us takes 60
}

MpiWorld::~MpiWorld() {
  if (std::uncaught_exceptions() > exceptions_) return;  // MPI_Finalize would wait for the others
  MPI_Cancel(&notice_);
  MPI_Wait(&notice_, MPI_STATUS_IGNORE);
  MPI_Comm_free(&comm_);
  MPI_Finalize();
}

// All groups share one MPI communicator and differ by tag: that costs no communication and no MPI resources, and MPI
// keeps the order of messages of one tag.
std::unique_ptr<Communicator> MpiWorld::group(std::span<const int> ranks) {
  const int tag = ++groups_;
  const auto me = std::ranges::find(ranks, rank_);
  if (me == ranks.end()) return nullptr;
  return std::make_unique<MpiCommunicator>(*this, ranks, static_cast<int>(me - ranks.begin()), tag);
}

bool MpiWorld::deadline_passed_elsewhere() {
  int passed = 0;
  if (notice_ != MPI_REQUEST_NULL) mpi_call(MPI_Test(&notice_, &passed, MPI_STATUS_IGNORE));
  return passed != 0;
}

void MpiWorld::announce_deadline() {
  for (int peer = 0; peer < size_; ++peer) {
    if (peer == rank_) continue;
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_call(MPI_Isend(nullptr, 0, MPI_BYTE, peer, kNoticeTag, comm_, &request));
    mpi_call(MPI_Request_free(&request));  // nobody has to take it
  }
}

void MpiWorld::abort(int code) {
  if (late_) std::this_thread::sleep_for(kGrace);
  MPI_Abort(MPI_COMM_WORLD, code);
  std::abort();
}

}  // namespace triaxis
