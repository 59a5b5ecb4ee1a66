#include "cli/run_lock.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "base/error.h"

namespace triaxis {
namespace {

std::filesystem::path new_folder() {
  std::string pattern = testing::TempDir() + "triaxis_lock_XXXXXX";
  return mkdtemp(pattern.data());
}

TEST(RunLock, ASecondRunIsRefused) {
  const std::filesystem::path folder = new_folder();
  const RunLock first(folder);
  EXPECT_THAT([&] { RunLock second(folder, std::chrono::milliseconds(200)); },
              ::testing::ThrowsMessage<UserError>(::testing::HasSubstr("another run")));
  std::filesystem::remove(folder);
}

TEST(RunLock, OneThatIsEndingIsWaitedFor) {
  const std::filesystem::path folder = new_folder();
  auto first = std::make_unique<RunLock>(folder);
  std::jthread ending([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    first.reset();
  });
  EXPECT_NO_THROW(RunLock{folder});
  ending.join();
  std::filesystem::remove(folder);
}

}  // namespace
}  // namespace triaxis
