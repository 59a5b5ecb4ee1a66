#include "base/new_directory.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

class NewDirectoryTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }

  /// The names in the root, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(root_)) all.push_back(entry.path().filename());
    return all;
  }

  fs::path root_ = fs::path(testing::TempDir()) / ("new_directory_test_" + std::to_string(getpid()));
};

TEST_F(NewDirectoryTest, IsThereWhenItIsFinished) {
  NewDirectory directory(root_ / "a" / "", false);
  write_file_atomically(directory.path() / "file", "x");
  fs::create_directories(directory.path() / "inner");
  EXPECT_FALSE(fs::exists(root_ / "a"));
  directory.finish();
  EXPECT_EQ(read_file(root_ / "a" / "file"), "x");
  EXPECT_THAT(names(), testing::ElementsAre("a"));
}

TEST_F(NewDirectoryTest, LeavesNothingIfItIsNotFinished) {
  {
    const NewDirectory directory(root_ / "a", false);
    write_file_atomically(directory.path() / "file", "x");
  }
  EXPECT_THAT(names(), testing::ElementsAre());
}

TEST_F(NewDirectoryTest, ReplacesOnlyWhereToldTo) {
  fs::create_directories(root_ / "a");
  NewDirectory(root_ / "a", false).finish();  // an empty one holds nothing
  write_file_atomically(root_ / "a" / "old", "x");
  EXPECT_THROW(NewDirectory(root_ / "a", false), UserError);
  { const NewDirectory unfinished(root_ / "a", true); }
  EXPECT_EQ(read_file(root_ / "a" / "old"), "x");
  NewDirectory(root_ / "a", true).finish();
  EXPECT_TRUE(fs::is_empty(root_ / "a"));
  write_file_atomically(root_ / "file", "x");
  EXPECT_THROW(NewDirectory(root_ / "file", false), UserError);
  NewDirectory(root_ / "file", true).finish();
  EXPECT_TRUE(fs::is_directory(root_ / "file"));
  EXPECT_THAT(names(), testing::UnorderedElementsAre("a", "file"));
}

TEST_F(NewDirectoryTest, SaysWhereItCannotBeWritten) {
  write_file_atomically(root_ / "file", "x");
  EXPECT_THROW(NewDirectory(root_ / "file" / "a", false), UserError);
}

}  // namespace
}  // namespace triaxis
