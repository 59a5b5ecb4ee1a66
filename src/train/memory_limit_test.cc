#include "train/memory_limit.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

/// A machine of 8 GiB with the control groups that a test gives it.
class MemoryLimitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_limit_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    put("proc/meminfo", "MemTotal:        8388608 kB\nMemFree:           10000 kB\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void put(const std::string& path, const std::string& content) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    write_file_atomically(root_ / path, content);
  }
  void limit2(const std::string& group, const std::string& content) const {
    put("sys/fs/cgroup" + group + "/memory.max", content + "\n");
  }
  void limit1(const std::string& group, const std::string& content) const {
    put("sys/fs/cgroup/memory" + group + "/memory.limit_in_bytes", content + "\n");
  }

  std::filesystem::path root_;
};

TEST_F(MemoryLimitTest, IsTheMachinesWithoutControlGroups) { EXPECT_EQ(memory_limit(root_), 8 * kGiB); }

TEST_F(MemoryLimitTest, TakesTheLeastOfAGroupAndItsAncestors) {
  put("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  put("proc/self/cgroup", "0::/user.slice/session\n");
  limit2("/user.slice/session", "max");
  EXPECT_EQ(memory_limit(root_), 8 * kGiB);
  limit2("/user.slice", std::to_string(3 * kGiB));
  EXPECT_EQ(memory_limit(root_), 3 * kGiB);
  limit2("/user.slice/session", std::to_string(2 * kGiB));
  EXPECT_EQ(memory_limit(root_), 2 * kGiB);
  limit2("/other", std::to_string(kGiB));
  EXPECT_EQ(memory_limit(root_), 2 * kGiB);
  limit2("", std::to_string(kGiB));
  EXPECT_EQ(memory_limit(root_), kGiB);
}

TEST_F(MemoryLimitTest, ReadsVersion1Beside2) {
  put("proc/self/mountinfo",
      "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "33 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "34 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  put("proc/self/cgroup", "5:cpu,cpuacct:/elsewhere\n4:memory:/job/step\n0::/\n");
  limit1("", "9223372036854771712");
  EXPECT_EQ(memory_limit(root_), 8 * kGiB);
  limit1("/job", std::to_string(5 * kGiB));
  EXPECT_EQ(memory_limit(root_), 5 * kGiB);
  put("sys/fs/cgroup/unified/memory.max", std::to_string(4 * kGiB));
  EXPECT_EQ(memory_limit(root_), 4 * kGiB);
}

// A container sees its own group as the mount's root, under the path that the host knows it by; or, with a namespace of
// its own, not the path at all.
TEST_F(MemoryLimitTest, FindsAContainersGroupAtTheMountPoint) {
  limit1("", std::to_string(6 * kGiB));
  put("proc/self/cgroup", "4:memory:/docker/abc\n");
  put("proc/self/mountinfo", "33 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  EXPECT_EQ(memory_limit(root_), 6 * kGiB);
  put("proc/self/mountinfo", "33 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  EXPECT_EQ(memory_limit(root_), 6 * kGiB);
  put("proc/self/cgroup", "4:memory:/../../elsewhere\n");
  EXPECT_EQ(memory_limit(root_), 6 * kGiB);
}

TEST(MemoryLimit, OfThisMachineIsSane) {
  EXPECT_GT(memory_limit(), kGiB / 16);
  EXPECT_LT(memory_limit(), 65536 * kGiB);
}

TEST(CheckMemory, AcceptsWhatFits) {
  const std::vector<MemoryBytes> ranks(4, {.parameters = kGiB, .workspace = kGiB});
  EXPECT_NO_THROW(check_memory(ranks, 8 * kGiB));
  EXPECT_THROW(check_memory(ranks, 8 * kGiB - 1), UserError);
}

TEST(CheckMemory, SaysHowMuchOfWhatAndWhatWouldHelp) {
  const auto refusal = [](const std::vector<MemoryBytes>& ranks) { return [ranks] { check_memory(ranks, kGiB); }; };
  EXPECT_THAT(refusal(std::vector<MemoryBytes>(8, {.gradients = kGiB, .activations = 2 * kGiB})),
              ThrowsMessage<UserError>(
                  AllOf(HasSubstr("needs 24.0 GiB on this host (8 ranks x 3.00 GiB) but it has 1.00 GiB"),
                        HasSubstr("most is saved activations"), HasSubstr("batch.micro"), HasSubstr("--force"))));
  EXPECT_THAT(refusal({{.optimizer = kGiB}, {.optimizer = 2 * kGiB, .activations = kGiB}}),
              ThrowsMessage<UserError>(AllOf(HasSubstr("(2 ranks of up to 3.00 GiB)"), HasSubstr("most is weights"),
                                             HasSubstr("parallel.data"))));
  EXPECT_THAT(refusal({{.workspace = 2 * kGiB}}),
              ThrowsMessage<UserError>(AllOf(HasSubstr("(1 rank x 2.00 GiB)"), HasSubstr("most is workspace"))));
}

}  // namespace
}  // namespace triaxis
