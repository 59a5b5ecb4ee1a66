#include "data/pieces.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "data/testing/tokenizer_cases.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class PiecesTest : public ::testing::TestWithParam<std::string> {};

TEST_P(PiecesTest, CutsHardTextsAsSentencePieceDoes) {
  const Tokenizer tokenizer(fixture(fmt::format("sentencepiece/{}.model", GetParam())));
  const std::vector<TokenizerCase> cases = tokenizer_cases(fmt::format("sentencepiece/{}.json", GetParam()));
  EXPECT_GE(cases.size(), 80u);
  for (const TokenizerCase& c : cases) {
    EXPECT_EQ(encoded(tokenizer, c.text), c.tokens) << c.text;
    EXPECT_EQ(encoded_in_two(tokenizer, c.text, c.text.size() / 2), c.tokens);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, PiecesTest, ::testing::Values("bpe", "unigram"));

TEST(Pieces, AModelWithBytesGivesBackItsText) {
  const Tokenizer tokenizer(fixture("sentencepiece/bpe.model"));
  for (const TokenizerCase& c : tokenizer_cases("sentencepiece/bpe.json"))
    EXPECT_EQ(decoded(tokenizer, c.tokens), c.text);
}

TEST(Pieces, OneTokenIsDecodedAsInsideAText) {
  const Tokenizer tokenizer(fixture("sentencepiece/bpe.model"));
  std::string text;
  for (const Token token : encoded(tokenizer, "In the beginning"))
    text += tokenizer.decode(static_cast<std::int32_t>(token));
  EXPECT_EQ(text, " In the beginning");
  EXPECT_EQ(tokenizer.end_of_text(), 2u);
  EXPECT_EQ(tokenizer.decode(2), "\n");
}

TEST(Pieces, ADamagedModelIsRefused) {
  const std::string model = read_file(fixture("sentencepiece/bpe.model"));
  EXPECT_THAT([] { PieceTokenizer("no model", "a.model"); }, ThrowsMessage<UserError>(HasSubstr("a.model: ")));
  EXPECT_THAT([] { PieceTokenizer("", "a.model"); }, ThrowsMessage<UserError>(HasSubstr("a.model: ")));
  EXPECT_THAT([&] { PieceTokenizer(model.substr(0, model.size() / 2), "a.model"); },
              ThrowsMessage<UserError>(HasSubstr("a.model: ")));
}

}  // namespace
}  // namespace triaxis
