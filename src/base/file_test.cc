#include "base/file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_file_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  size_t entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  std::filesystem::path folder_;
};

TEST_F(FileTest, ReadsBackEveryByteThatWasWritten) {
  std::string content(200'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31);
  write_file_atomically(folder_ / "a", content);
  EXPECT_EQ(read_file(folder_ / "a"), content);
  write_file_atomically(folder_ / "a", "");
  EXPECT_EQ(read_file(folder_ / "a"), "");
}

TEST_F(FileTest, NamesTheFileThatCannotBeRead) {
  EXPECT_THAT([&] { read_file(folder_ / "none"); },
              ThrowsMessage<RunError>(AllOf(HasSubstr("none"), HasSubstr("No such file"))));
  EXPECT_THROW(read_file(folder_), RunError);
}

// Of an endless file, too, as much is read as is asked for.
TEST_F(FileTest, ReadsNoMoreThanIsAskedFor) {
  write_file_atomically(folder_ / "a", "12345");
  EXPECT_EQ(read_file(folder_ / "a", 5), "12345");
  EXPECT_THAT([&] { read_file(folder_ / "a", 4); }, ThrowsMessage<RunError>(HasSubstr("it holds more than 4 bytes")));
  EXPECT_THAT([&] { read_file("/dev/zero", 1 << 20); }, ThrowsMessage<RunError>(HasSubstr("more than 1048576 bytes")));
}

TEST_F(FileTest, LeavesNoTemporaryFileBehind) {
  write_file_atomically(folder_ / "a", "old");
  EXPECT_EQ(entries(), 1u);
  std::filesystem::create_directory(folder_ / "taken");
  EXPECT_THROW(write_file_atomically(folder_ / "taken", "new"), RunError);
  EXPECT_EQ(entries(), 2u);
}

TEST_F(FileTest, KnowsItsTemporaryNames) {
  for (const char* name : {"run.toml.4711.tmp", "probe.1.tmp", ".1.tmp"}) EXPECT_TRUE(is_temporary_name(name)) << name;
  for (const char* name : {"run.toml", "my.tmp", ".tmp", "4711.tmp", "a..tmp", "a.1.tmp2", "a.1x.tmp", "a.1tmp"})
    EXPECT_FALSE(is_temporary_name(name)) << name;
}

TEST_F(FileTest, MakesDirectoriesWithTheirParents) {
  make_writable_directory(folder_ / "a" / "b", "checkpoint.dir");
  make_writable_directory(folder_ / "a" / "b", "checkpoint.dir");
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "a" / "b"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "a" / "b"));
}

TEST_F(FileTest, BlamesTheKeyOfADirectoryThatCannotBeWritten) {
  write_file_atomically(folder_ / "file", "");
  EXPECT_THAT([&] { make_writable_directory(folder_ / "file" / "run", "checkpoint.dir"); },
              ThrowsMessage<UserError>(AllOf(HasSubstr("checkpoint.dir"), HasSubstr("Not a directory"))));
  EXPECT_THROW(make_writable_directory("/proc", "checkpoint.dir"), UserError);
}

TEST_F(FileTest, AppendsWholeLines) {
  {
    LineFile file(folder_ / "metrics.jsonl");
    file.append("{}");
    LineFile moved = std::move(file);
    moved.append("{\"step\": 2}");
  }
  LineFile(folder_ / "metrics.jsonl").append("last");
  EXPECT_EQ(read_file(folder_ / "metrics.jsonl"), "{}\n{\"step\": 2}\nlast\n");
  EXPECT_THROW(LineFile(folder_ / "none" / "metrics.jsonl"), RunError);
}

}  // namespace
}  // namespace triaxis
