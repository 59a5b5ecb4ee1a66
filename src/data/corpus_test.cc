#include "data/corpus.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "data/testing/tokenizer_cases.h"
#include "data/token_file.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class CorpusTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "triaxis_corpus_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    write_file_atomically(folder_ / name, text);
  }

  Corpus load(const std::string& name, double validation = 0.1, int64_t seq_len = 4) const {
    return load_corpus({.path = folder_ / name, .validation = validation}, Tokenizer("bytes"), seq_len);
  }

  auto refuses(const std::string& part) const {
    return ThrowsMessage<UserError>(AllOf(HasSubstr("data.path = \"" + folder_.string()), HasSubstr(part)));
  }

  std::filesystem::path folder_;
};

std::string text_of(std::span<const Token> tokens) {
  return Tokenizer("bytes").decode(std::vector<int32_t>(tokens.begin(), tokens.end()));
}

TEST_F(CorpusTest, KeepsTheLastShareForValidation) {
  write("text", std::string(51, 'a') + std::string(9, 'b'));
  const Corpus corpus = load("text", 0.15);
  EXPECT_EQ(text_of(corpus.training()), std::string(51, 'a'));
  EXPECT_EQ(text_of(corpus.validation()), std::string(9, 'b'));
  EXPECT_EQ(load("text", 0).training().size(), 60u);
}

TEST_F(CorpusTest, ReadsAFolderInSortedOrderWithoutHiddenAndEmptyFiles) {
  write("books/b.txt", "second");
  write("books/a/z.txt", "first");
  write("books/c.txt", "third and last");
  write("books/empty.txt", "");
  write("books/.hidden", "no");
  write("books/.git/config", "no");
  EXPECT_EQ(text_of(load("books", 0.2).tokens), "first\nsecond\nthird and last");
  EXPECT_EQ(load("books", 0.2).tokens[5], 256);
}

TEST_F(CorpusTest, HasAChecksumThatSeesTextAndSplit) {
  write("a", std::string(100, 'x'));
  write("b", std::string(100, 'x'));
  write("c", std::string(99, 'x') + "y");
  EXPECT_EQ(load("a").checksum, load("b").checksum);
  EXPECT_NE(load("a").checksum, load("c").checksum);
  EXPECT_NE(load("a", 0.1).checksum, load("a", 0.2).checksum);
}

TEST_F(CorpusTest, IsTheSameFromATokenFile) {
  write("books/1.txt", std::string(30, 'a'));
  write("books/2.txt", std::string(30, 'b'));
  const Corpus text = load("books");
  const auto save = [&](const std::string& name, std::span<const Token> tokens) {
    TokenFileWriter writer(folder_ / name, Tokenizer("bytes"));
    writer.append(tokens);
    writer.finish();
  };
  save("all.tokens", text.tokens);
  EXPECT_EQ(load("all.tokens").tokens, text.tokens);
  EXPECT_EQ(load("all.tokens").checksum, text.checksum);
  save("books/2.txt", std::vector<Token>(30, 'b'));
  EXPECT_EQ(load("books").checksum, text.checksum);
}

TEST_F(CorpusTest, RefusesADamagedTokenFileAndOneOfAnotherTokenizer) {
  TokenFileWriter writer(folder_ / "a.tokens", Tokenizer("bytes"));
  writer.append(std::vector<Token>(60, 'a'));
  writer.finish();
  const std::string path = folder_ / "a.tokens";
  const Tokenizer other(fixture("gpt2/tokenizer.json"));
  EXPECT_THAT([&] { load_corpus({.path = path}, other, 4); },
              refuses("is of a tokenizer of 257 symbols (" + fmt::format("{:016x}", Tokenizer("bytes").identity())));
  write("a.tokens", read_file(path).substr(0, 100));
  EXPECT_THAT([&] { load("a.tokens"); },
              ThrowsMessage<UserError>(AllOf(HasSubstr(path), HasSubstr("a token file that is cut off"))));
}

TEST_F(CorpusTest, CutsALargeTextAsIfItWereReadAtOnce) {
  std::string text;
  for (int i = 0; text.size() < (9U << 20); ++i) text += fmt::format("{} \u65e5\u672c  words\n\n", i);
  write("text", text);
  const Tokenizer tokenizer(fixture("llama3/tokenizer.json"));
  EXPECT_EQ(load_corpus({.path = folder_ / "text"}, tokenizer, 4).tokens, encoded(tokenizer, text));
}

TEST_F(CorpusTest, RefusesWhatIsMissingOrEmpty) {
  EXPECT_THAT([&] { load("none"); }, refuses("no such file or folder"));
  write("empty", "");
  EXPECT_THAT([&] { load("empty"); }, refuses("there is no text in it"));
  std::filesystem::create_directory(folder_ / "nothing");
  EXPECT_THAT([&] { load("nothing"); }, refuses("there is no text in it"));
  EXPECT_THAT([] { load_corpus({}, Tokenizer("bytes"), 4); },
              ThrowsMessage<UserError>(HasSubstr("data.path is missing")));
  EXPECT_THAT([] { load_corpus({.path = "/dev/zero"}, Tokenizer("bytes"), 4); },
              ThrowsMessage<UserError>(HasSubstr("neither a file nor a folder")));
}

TEST_F(CorpusTest, RefusesATextThatIsTooShort) {
  write("text", std::string(20, 'a'));
  EXPECT_NO_THROW(load("text", 0.25, 4));
  EXPECT_THAT([&] { load("text", 0.25, 5); },
              refuses("of its 20 tokens, data.validation = 0.25 leaves 5 to validate on, and a window of "
                      "model.seq_len + 1 needs 6; raise data.validation to 0.3, or name"));
  EXPECT_THAT([&] { load("text", 0.25, 15); }, refuses("leaves 15 to train on"));
  EXPECT_THAT([&] { load("text", 0.25, 12); }, refuses("needs 13; name a longer text"));
  EXPECT_NO_THROW(load("text", 0, 19));
}

}  // namespace
}  // namespace triaxis
