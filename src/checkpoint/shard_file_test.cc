#include "checkpoint/shard_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <numeric>

#include "base/error.h"
#include "base/file.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class ShardFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_shard_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// A vector and a matrix of together three pieces, the last one small, written in stretches of `stretch`.
  StoredFile write(std::size_t stretch) {
    values_.resize(10 + 700 * 800);
    std::iota(values_.begin(), values_.end(), 1.0F);
    ShardFileWriter writer(folder_ / "a.safetensors", {{"v", {10}}, {"m", {700, 800}}});
    for (std::size_t at = 0; at < values_.size(); at += stretch)
      writer.append(std::span(values_).subspan(at, std::min(stretch, values_.size() - at)));
    return writer.finish();
  }

  void change_byte(std::uint64_t at) const {
    std::fstream file(folder_ / "a.safetensors", std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 4));
  }

  std::filesystem::path folder_;
  std::vector<float> values_;
};

TEST_F(ShardFileTest, ReadsBackAnyPart) {
  ShardFile file(folder_, write(100'000));
  EXPECT_EQ(file.tensor("v", {10}).begin, 0U);
  EXPECT_EQ(file.tensor("m", {700, 800}).begin, 40U);
  for (const std::uint64_t first : {0U, 9U, 262'140U, 262'144U, 560'009U}) {
    std::vector<float> part(std::min<std::uint64_t>(300'000, values_.size() - first));
    file.read(first * sizeof(float), std::as_writable_bytes(std::span(part)));
    EXPECT_TRUE(std::equal(part.begin(), part.end(), values_.begin() + static_cast<std::ptrdiff_t>(first)));
  }
  EXPECT_NO_THROW(file.verify());
}

TEST_F(ShardFileTest, HowItWasAppendedDoesNotMatter) {
  const StoredFile one = write(1 << 20);
  const std::string bytes = read_file(folder_ / "a.safetensors");
  EXPECT_EQ(write(777), one);
  EXPECT_EQ(read_file(folder_ / "a.safetensors"), bytes);
  EXPECT_EQ(bytes.size(), one.bytes);
}

TEST_F(ShardFileTest, AChangedByteIsFoundWhereItIsReadAndNamed) {
  const StoredFile stored = write(1 << 20);
  const std::uint64_t data = stored.bytes - values_.size() * sizeof(float);
  change_byte(data + kPieceBytes + 5);
  ShardFile file(folder_, stored);
  std::vector<float> first(1000);
  EXPECT_NO_THROW(file.read(0, std::as_writable_bytes(std::span(first))));
  EXPECT_THAT([&] { file.read(kPieceBytes, std::as_writable_bytes(std::span(first))); },
              ThrowsMessage<UserError>(AllOf(HasSubstr("a.safetensors"), HasSubstr("damaged"))));
  EXPECT_THROW(file.verify(), UserError);
}

TEST_F(ShardFileTest, EveryByteOfTheHeaderCounts) {
  const StoredFile stored = write(1 << 20);
  for (std::uint64_t at = 0; at < stored.bytes - values_.size() * sizeof(float); ++at) {
    change_byte(at);
    EXPECT_THROW(ShardFile(folder_, stored), UserError) << at;
    change_byte(at);
  }
  EXPECT_NO_THROW(ShardFile(folder_, stored));
}

TEST_F(ShardFileTest, SizeAndPresenceAreChecked) {
  const StoredFile stored = write(1 << 20);
  std::filesystem::resize_file(folder_ / "a.safetensors", stored.bytes - 1);
  EXPECT_THAT([&] { ShardFile(folder_, stored); }, ThrowsMessage<UserError>(HasSubstr("bytes, but")));
  std::filesystem::remove(folder_ / "a.safetensors");
  EXPECT_THAT([&] { ShardFile(folder_, stored); }, ThrowsMessage<UserError>(HasSubstr("missing")));
  std::filesystem::create_directory(folder_ / "a.safetensors");
  EXPECT_THAT([&] { ShardFile(folder_, stored); }, ThrowsMessage<UserError>(HasSubstr("no regular file")));
}

TEST_F(ShardFileTest, TheIndexAndTheHeaderMustAgree) {
  const ShardFile file(folder_, write(1 << 20));
  EXPECT_THAT([&] { file.tensor("w", {10}); }, ThrowsMessage<UserError>(HasSubstr("does not hold w")));
  EXPECT_THAT([&] { file.tensor("v", {11}); }, ThrowsMessage<UserError>(HasSubstr("does not hold v as [11]")));
}

TEST_F(ShardFileTest, OfNoTensorsIsAFileAllTheSame) {
  ShardFileWriter writer(folder_ / "none.safetensors", {});
  ShardFile file(folder_, writer.finish());
  EXPECT_TRUE(file.tensors().empty());
  EXPECT_NO_THROW(file.verify());
}

}  // namespace
}  // namespace triaxis
