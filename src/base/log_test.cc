#include "base/log.h"

#include <gtest/gtest.h>

namespace triaxis {
namespace {

TEST(Log, PrintsOneLineWithThePrefixAndTheLevel) {
  testing::internal::CaptureStderr();
  log_info("loading {corpus}");
  log_warning("no cgroup limit");
  set_log_prefix("triaxis rank 3 (100%): ");
  log_error("out of memory");
  set_log_prefix("triaxis: ");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "triaxis: loading {corpus}\n"
            "triaxis: warning: no cgroup limit\n"
            "triaxis rank 3 (100%): error: out of memory\n");
}

}  // namespace
}  // namespace triaxis
