// Whatever is done to a file of a checkpoint: one line that names it and exit code 2; never a crash, a hang or success.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "tiny_run.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

void write(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::uint64_t header_end(const std::string& shard) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::uint64_t{static_cast<unsigned char>(shard[i])} << (8 * i);
  return 8 + length;
}

class Corruption : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    run_ = std::make_unique<TinyRun>("1x2x1", "local");
    const Ended trained = run_->train();
    ASSERT_EQ(trained.code, 0) << trained.errors;
    checkpoint_ = find_checkpoint(run_->directory());
    files_.clear();
    for (const auto& entry : fs::directory_iterator(checkpoint_)) files_.push_back(entry.path());
    ASSERT_EQ(files_.size(), 3U);
    CheckpointReader(checkpoint_).verify();
  }
  static void TearDownTestSuite() { run_.reset(); }

  static bool is_index(const fs::path& file) { return file.filename() == kIndexName; }

  /// What reading the whole checkpoint says.
  static std::string verdict() {
    try {
      CheckpointReader(checkpoint_).verify();
    } catch (const UserError& error) {
      return error.what();
    }
    return "accepted";
  }

  static void expect_refused(const fs::path& file, const std::string& how) {
    const std::string said = verdict();
    EXPECT_THAT(said, HasSubstr(file.string())) << how;
    EXPECT_THAT(said, Not(HasSubstr("\n"))) << how;
  }

  static void expect_mistake(const fs::path& file, const Ended& ended) {
    EXPECT_EQ(ended.code, 2) << ended.errors;
    EXPECT_EQ(count_errors(ended.errors), 1) << ended.errors;
    EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
    EXPECT_THAT(ended.errors, HasSubstr(fs::relative(file, run_->folder()).string()));
  }

  /// Writes every content that `damage` makes of a file's to it, and puts the old one back at the end.
  static void expect_each_refused(
      const fs::path& file,
      const std::function<void(const std::string&, const std::function<void(std::string, std::string)>&)>& damage) {
    const std::string whole = content_of(file);
    damage(whole, [&](const std::string& content, const std::string& how) {
      ASSERT_NE(content, whole) << how;
      write(file, content);
      expect_refused(file, how);
    });
    write(file, whole);
    ASSERT_EQ(verdict(), "accepted");
  }

  /// Flips a bit of every byte of a shard's length and header, and of every `stride`-th of what follows; of an index,
  /// of every `stride`-th after its first line.
  static void flip_bits(const fs::path& file, std::size_t stride) {
    const std::string whole = content_of(file);
    const std::size_t dense = is_index(file) ? whole.find('\n') + 1 : header_end(whole);
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    const auto put = [&](std::size_t at, int byte) {
      stream.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte)).flush();
    };
    for (std::size_t at = 0; at < whole.size(); at += at < dense ? 1 : std::min(stride, whole.size() - at)) {
      put(at, whole[at] ^ (1 << at % 8));
      expect_refused(file, fmt::format("bit {} of byte {} flipped", at % 8, at));
      put(at, whole[at]);
    }
    put(whole.size() - 1, whole.back() ^ 1);
    expect_refused(file, "the last bit flipped");
    put(whole.size() - 1, whole.back());
    ASSERT_EQ(verdict(), "accepted");
  }

  static std::unique_ptr<TinyRun> run_;
  static fs::path checkpoint_;
  static std::vector<fs::path> files_;
};

std::unique_ptr<TinyRun> Corruption::run_;
fs::path Corruption::checkpoint_;
std::vector<fs::path> Corruption::files_;

using SlowCorruption = Corruption;

TEST_F(Corruption, AFlippedBit) {
  for (const fs::path& file : files_) flip_bits(file, is_index(file) ? 13 : 4999);
}

TEST_F(SlowCorruption, AFlippedBitInAnyByte) {
  for (const fs::path& file : files_) flip_bits(file, is_index(file) ? 1 : 61);
}

TEST_F(Corruption, ACutOrLongerFile) {
  for (const fs::path& file : files_) {
    expect_each_refused(file, [&](const std::string& whole, const auto& expect) {
      const std::size_t header = is_index(file) ? 40 : header_end(whole);
      for (const std::size_t size :
           {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{9}, header / 2, header - 1,
            header, header + 1, whole.size() / 2, whole.size() - 4, whole.size() - 1})
        expect(whole.substr(0, size), fmt::format("cut to {} of {} bytes", size, whole.size()));
      for (const std::string& more :
           {std::string(1, '\0'), std::string(" "), std::string("\n"), std::string(4096, 'x'), whole})
        expect(whole + more, fmt::format("{} bytes more", more.size()));
      for (const std::size_t at : {std::size_t{0}, std::size_t{8}, header, whole.size() / 2}) {
        expect(whole.substr(0, at) + "x" + whole.substr(at), fmt::format("a byte more at {}", at));
        expect(whole.substr(0, at) + whole.substr(at + 1), fmt::format("a byte less at {}", at));
      }
    });
  }
}

TEST_F(Corruption, AMissingFileADirectoryOrALinkInItsPlace) {
  const fs::path aside = run_->folder() / "aside";
  for (const fs::path& file : files_) {
    fs::rename(file, aside);
    expect_refused(is_index(file) ? checkpoint_ : file, "missing");
    fs::create_directory(file);
    expect_refused(file, "a directory");
    fs::remove(file);
    fs::create_symlink(file.filename(), file);
    expect_refused(file, "a link to itself");
    fs::remove(file);
    fs::create_symlink("/dev/zero", file);
    expect_refused(file, "a device");
    fs::remove(file);
    ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
    expect_refused(file, "a pipe");
    fs::remove(file);
    fs::create_symlink(aside, file);
    EXPECT_EQ(verdict(), "accepted") << "a link to the true file";
    fs::remove(file);
    fs::rename(aside, file);
  }
  EXPECT_EQ(verdict(), "accepted");
}

TEST_F(Corruption, FilesThatHaveChangedPlaces) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::string first = content_of(files_[i]);
    const std::string second = content_of(files_[(i + 1) % files_.size()]);
    write(files_[i], second);
    write(files_[(i + 1) % files_.size()], first);
    EXPECT_THAT(verdict(), HasSubstr(checkpoint_.string()));
    write(files_[i], first);
    write(files_[(i + 1) % files_.size()], second);
  }
  EXPECT_EQ(verdict(), "accepted");
}

/// An index whose checksum is right, but which says what no save says.
TEST_F(Corruption, AnIndexThatLies) {
  const fs::path file = checkpoint_ / kIndexName;
  const CheckpointIndex honest = CheckpointReader(checkpoint_).index();
  const auto expect_lie_refused = [&](const char* how, const std::string& named,
                                      const std::function<void(CheckpointIndex&)>& change) {
    CheckpointIndex index = honest;
    change(index);
    write(file, to_text(index));
    EXPECT_THAT(verdict(), HasSubstr(named)) << how;
  };
  const std::string whole = content_of(file);
  for (const char* name : {"../outside", "/etc/passwd", "a/b", "", ".", "..", "index.json", ".hidden"})
    expect_lie_refused(name, file, [&](CheckpointIndex& index) { index.files[0].name = name; });
  const std::string shard = (checkpoint_ / honest.files[0].name).string();
  expect_lie_refused("a name twice", file, [](CheckpointIndex& index) { index.files[1].name = index.files[0].name; });
  expect_lie_refused("a size", shard, [](CheckpointIndex& index) { ++index.files[0].bytes; });
  expect_lie_refused("a huge size", file, [](CheckpointIndex& index) { index.files[0].bytes = ~0ULL; });
  expect_lie_refused("a header", shard, [](CheckpointIndex& index) { ++index.files[0].header_hash; });
  expect_lie_refused("no such file", file, [](CheckpointIndex& index) { index.tensors[0].slices[0].file = 99; });
  expect_lie_refused("a negative file", file, [](CheckpointIndex& index) { index.tensors[0].slices[0].file = -1; });
  expect_lie_refused("a box beyond", file,
                     [](CheckpointIndex& index) { ++index.tensors[0].slices.back().box.last_row; });
  expect_lie_refused("a hole", file, [](CheckpointIndex& index) { index.tensors[0].slices.pop_back(); });
  expect_lie_refused("an overlap", file,
                     [](CheckpointIndex& index) { index.tensors[0].slices.push_back(index.tensors[0].slices[0]); });
  expect_lie_refused("a negative shape", file, [](CheckpointIndex& index) { index.tensors[0].shape[0] = -1; });
  expect_lie_refused("a huge shape", file,
                     [](CheckpointIndex& index) { index.tensors[0].shape[0] = std::int64_t{1} << 62; });
  expect_lie_refused("a tensor twice", file, [](CheckpointIndex& index) { index.tensors.push_back(index.tensors[0]); });
  expect_lie_refused("a tensor that no file has", shard, [](CheckpointIndex& index) {
    for (StoredTensor& tensor : index.tensors) tensor.name += "x";
  });
  expect_lie_refused("a negative step", file, [](CheckpointIndex& index) { index.step = -1; });
  expect_lie_refused("negative sequences", file, [](CheckpointIndex& index) { index.sequences = -1; });
  write(file, whole);
  EXPECT_EQ(verdict(), "accepted");
}

/// A run whose only checkpoint has lost its index does not begin anew, as if there had never been one.
TEST_F(Corruption, AMissingIndexIsNoMissingCheckpoint) {
  const fs::path aside = run_->folder() / "aside";
  fs::rename(checkpoint_ / kIndexName, aside);
  expect_mistake(checkpoint_, run_->train({"--resume"}));
  fs::rename(aside, checkpoint_ / kIndexName);
}

/// What the program says to the same: the newest checkpoint counts, and it is not passed over in silence.
TEST_F(Corruption, IsExitCodeTwoAndOneLine) {
  for (const fs::path& file : files_) {
    const std::string whole = content_of(file);
    for (const std::size_t at : {std::size_t{3}, whole.size() / 3, whole.size() - 2}) {
      std::string content = whole;
      content[at] = static_cast<char>(content[at] ^ 4);
      write(file, content);
      expect_mistake(file, run_->train({"--resume", "--set", "train.steps=6"}));
      expect_mistake(file, triaxis({"inspect", run_->directory()}, run_->folder()));
      expect_mistake(file, triaxis({"inspect", run_->directory(), "--digest"}, run_->folder()));
    }
    write(file, whole);
  }
  EXPECT_EQ(verdict(), "accepted");
}

}  // namespace
}  // namespace triaxis
