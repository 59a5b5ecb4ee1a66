#include "comm/mpi/copy_mechanism.h"

#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace triaxis {
namespace {

bool can_read_other_processes() {
  static constexpr char kMark = 'x';
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // as Open MPI does, for the Yama security module
  const pid_t child = fork();
  if (child == 0) {
    char seen = 0;
    const iovec here{.iov_base = &seen, .iov_len = 1};
    const iovec there{.iov_base = const_cast<char*>(&kMark), .iov_len = 1};
    _exit(process_vm_readv(getppid(), &here, 1, &there, 1, 0) == 1 && seen == kMark ? 0 : 1);
  }
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

void choose_copy_mechanism() {
  if (can_read_other_processes()) return;
  setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
  // Larger pieces make up for most of it: 0.3 ms for 1 MiB instead of 6, and 0.13 without copying twice.
  setenv("OMPI_MCA_btl_vader_max_send_size", "262144", 0);
}

}  // namespace triaxis
