#include "data/token_file.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "data/testing/tokenizer_cases.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

class TokenFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_tokens_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// The bytes of a token file.
  std::string written(const std::vector<Token>& tokens) const {
    TokenFileWriter writer(folder_ / "a.tokens", Tokenizer("bytes"));
    const std::size_t half = tokens.size() / 2;
    writer.append(std::span(tokens).first(half));
    writer.append(std::span(tokens).subspan(half));
    writer.finish();
    return read_file(folder_ / "a.tokens");
  }

  /// A file whose header was changed by somebody who knows how to make its hash right again.
  std::string forged(const std::function<void(TokenFileHeader&)>& change) const {
    std::string file = written({1, 2, 3});
    TokenFileHeader header{};
    std::memcpy(&header, file.data(), sizeof(header));
    change(header);
    header.header_hash = hash_of(std::as_bytes(std::span(&header, 1)).first(offsetof(TokenFileHeader, header_hash)));
    std::memcpy(file.data(), &header, sizeof(header));
    return file;
  }

  std::filesystem::path folder_;
};

auto is_refused(const std::string& why) {
  return ThrowsMessage<UserError>(AllOf(StartsWith("a.tokens: "), HasSubstr(why), Not(HasSubstr("\n"))));
}

TEST_F(TokenFileTest, GivesBackItsTokens) {
  const std::vector<Token> tokens = {0, 255, 256, 7};
  const std::string file = written(tokens);
  EXPECT_EQ(file.size(), 64u + 8u);
  EXPECT_TRUE(is_token_file(bytes_of(file)));
  EXPECT_TRUE(is_token_file(folder_ / "a.tokens"));
  const TokenFile read = parse_tokens(bytes_of(file), "a.tokens");
  EXPECT_EQ(read.tokens, tokens);
  EXPECT_EQ(read.header.symbols, 257u);
  EXPECT_EQ(read.header.end_of_text, 256u);
  EXPECT_EQ(read.header.tokenizer, Tokenizer("bytes").identity());
  EXPECT_EQ(parse_tokens(bytes_of(written({})), "a.tokens").tokens.size(), 0u);
}

TEST_F(TokenFileTest, IsAbsentUntilItIsComplete) {
  {
    TokenFileWriter writer(folder_ / "a.tokens", Tokenizer("bytes"));
    const std::vector<Token> tokens = {1, 2};
    writer.append(tokens);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a.tokens"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(TokenFileTest, EveryFlippedBitIsRefused) {
  const std::string file = written({1, 2, 256});
  for (std::size_t place = 0; place < file.size(); ++place) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = file;
      flipped[place] = static_cast<char>(flipped[place] ^ 1 << bit);
      EXPECT_TRUE(is_token_file(bytes_of(flipped))) << place;
      EXPECT_THAT([&] { parse_tokens(bytes_of(flipped), "a.tokens"); }, is_refused("damaged")) << place;
    }
  }
}

TEST_F(TokenFileTest, EveryOtherLengthIsRefused) {
  const std::string file = written({1, 2, 256});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(is_token_file(bytes_of(file.substr(0, size))), size > 0) << size;
    EXPECT_THAT([&] { parse_tokens(bytes_of(file.substr(0, size)), "a.tokens"); }, is_refused("cut off")) << size;
  }
  for (std::size_t more = 1; more <= 4; ++more)
    EXPECT_THAT([&] { parse_tokens(bytes_of(file + std::string(more, '\1')), "a.tokens"); }, is_refused("added"));
}

TEST_F(TokenFileTest, AForgedHeaderIsRefused) {
  const auto refuses = [&](const std::function<void(TokenFileHeader&)>& change, const std::string& why) {
    EXPECT_THAT([&] { parse_tokens(bytes_of(forged(change)), "a.tokens"); }, is_refused(why));
  };
  refuses([](auto& header) { header.tokens = ~0ULL; }, "its header says 18446744073709551615 tokens");
  refuses([](auto& header) { header.tokens = 1ULL << 63; }, "and 6 bytes follow it");
  refuses([](auto& header) { header.version = 2; }, "version 2, and this program reads 1");
  refuses([](auto& header) { header.token_bytes = 0; }, "of 0 bytes a token");
  refuses([](auto& header) { header.token_bytes = 4; }, "its header says 3 tokens of 4 bytes");
  refuses([](auto& header) { header.symbols = 0; }, "of 0 symbols");
  refuses([](auto& header) { header.symbols = 1 << 17; }, "of 131072 symbols");
  refuses([](auto& header) { header.end_of_text = 257; }, "of which 257 ends a text");
  refuses([](auto& header) { header.symbols = 3, header.end_of_text = 0; }, "of 3 symbols that has a token 3");
  refuses([](auto& header) { header.magic[0] = 'x'; }, "no token file");
}

TEST_F(TokenFileTest, ATextIsNone) {
  for (const std::string text : {"", "T", "TRXTOK", "In the beginning", "\x89PNG\r\n\x1a\n"})
    EXPECT_FALSE(is_token_file(bytes_of(text))) << text;
}

}  // namespace
}  // namespace triaxis
