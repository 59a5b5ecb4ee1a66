#include "cli/launch_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace triaxis {
namespace {

const std::string rule_line = std::string(74, '-') + "\n";

std::string banner(const std::string& text) { return rule_line + text + rule_line; }

const std::string introduction = banner(
    "Primary job  terminated normally, but 1 process returned\n"
    "a non-zero exit code. Per user-direction, the job has been aborted.\n");
const std::string the_killed =
    banner("mpirun noticed that process rank 3 with PID 0 on node vm exited on signal 9 (Killed).\n");
const std::string the_exited = banner(
    "mpirun detected that one or more processes exited with non-zero status, thus causing\n"
    "the job to be terminated. The first process to do so was:\n\n"
    "  Process name: [[27537,1],2]\n  Exit code:    5\n");
const std::string the_aborted = banner(
    "MPI_ABORT was invoked on rank 12 in communicator MPI_COMM_WORLD\nwith errorcode 2.\n\n"
    "NOTE: invoking MPI_ABORT causes Open MPI to kill all MPI processes.\n");
const std::string no_slots =
    banner("There are not enough slots available in the system to satisfy the 4\nslots that were requested\n");

/// All of what is shown of `text`, which must not depend on how it is cut.
std::string shown(const std::string& text) {
  LauncherFilter whole;
  std::string all = whole.feed(text);
  all += whole.finish();
  LauncherFilter cut;
  std::string pieces;
  for (const char c : text) pieces += cut.feed(std::string(1, c));
  pieces += cut.finish();
  EXPECT_EQ(pieces, all);
  return all;
}

TEST(LauncherFilter, TheRanksWordsPass) {
  const std::string text = "triaxis: step 1\nstep 2 ---- 50%\rstep 3\r\n\n[####----] 3/4\n-----\n[warn] x\nlast";
  EXPECT_EQ(shown(text), text);
}

TEST(LauncherFilter, ProgressPassesAtOnce) {
  LauncherFilter filter;
  EXPECT_EQ(filter.feed("step 1\r"), "step 1\r");
  EXPECT_EQ(filter.feed("step"), "step");
  EXPECT_EQ(filter.feed(" 2"), " 2");
  EXPECT_EQ(filter.feed(" [==="), " [===");
  EXPECT_EQ(filter.feed("\r[=== 3"), "\r[=== 3");
}

TEST(LauncherFilter, TalkIsHeldAndDropped) {
  LauncherFilter filter;
  EXPECT_EQ(filter.feed("mpir"), "");
  EXPECT_EQ(filter.feed("un: Forwarding signal 10 to job\nstep"), "step");
  EXPECT_EQ(filter.feed(" 4\n[vm:02075] 3 more processes have sent help message help-mpi-api.txt / mpi-abort\n"
                        "[vm:02075] Set MCA parameter \"orte_base_help_aggregate\" to 0 to see all\n"
                        "[vm:21641] [[14455,0],0] ORTE_ERROR_LOG: Data unpack would read past end of buffer in file "
                        "../../../orte/util/show_help.c at line 501\n"),
            " 4\n");
  EXPECT_EQ(filter.feed("[vm:02012] Signal: Segmentation fault (11)\n"),
            "[vm:02012] Signal: Segmentation fault (11)\n");
}

TEST(LauncherFilter, ACopyFromAKilledRankIsTalk) {
  EXPECT_EQ(shown("[vm:01719] Read -1, expected 66048, errno = 3\nstep 4\n"), "step 4\n");
}

TEST(LauncherFilter, ReadinessIsHeardAndNotShown) {
  EXPECT_EQ(shown("start\n[triaxis:ready]\nstep 1\n"), "start\nstep 1\n");
  LauncherFilter filter;
  filter.feed("[triaxis:rea");
  EXPECT_FALSE(filter.ready());
  filter.feed("dy]\n");
  EXPECT_TRUE(filter.ready());
  LauncherFilter tagged;
  tagged.feed("[1,0]<stderr>:[triaxis:ready]\n");
  EXPECT_TRUE(tagged.ready());
}

TEST(LauncherFilter, BannersAboutARankBecomeItsFailure) {
  LauncherFilter filter;
  EXPECT_EQ(filter.feed("step 3" + introduction + the_killed + the_aborted + "end\n"), "step 3end\n");
  ASSERT_TRUE(filter.failure());
  EXPECT_EQ(filter.failure()->text(), "rank 3 was killed by signal 9 (Killed)");
  EXPECT_FALSE(filter.error_shown());
}

TEST(LauncherFilter, AnExitCodeIsAFailureToo) {
  LauncherFilter exited;
  EXPECT_EQ(exited.feed("rank 2: error: no\n" + the_exited), "rank 2: error: no\n");
  EXPECT_EQ(exited.failure()->text(), "rank 2 ended with exit code 5");
  EXPECT_FALSE(exited.failure()->told);
  EXPECT_TRUE(exited.error_shown());
  LauncherFilter aborted;
  EXPECT_EQ(aborted.feed(the_aborted), "");
  EXPECT_EQ(aborted.failure()->text(), "rank 12 ended with exit code 2");
  EXPECT_TRUE(aborted.failure()->told);
}

TEST(LauncherFilter, WhatHelpsIsShown) {
  EXPECT_EQ(shown(no_slots), no_slots);
  LauncherFilter filter;
  filter.feed(no_slots);
  EXPECT_FALSE(filter.failure());
}

TEST(LauncherFilter, AnOpenBannerIsShownAtTheEnd) {
  const std::string text = rule_line + "a table of a rank's own\n1 2 3\n";
  EXPECT_EQ(shown(text), text);
}

}  // namespace
}  // namespace triaxis
