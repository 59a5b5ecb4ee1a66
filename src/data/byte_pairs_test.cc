#include "data/byte_pairs.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/philox.h"
#include "data/testing/tokenizer_cases.h"

namespace triaxis {
namespace {

class BytePairsTest : public ::testing::TestWithParam<std::string> {
 protected:
  Tokenizer tokenizer_{fixture(GetParam() + "/tokenizer.json")};
  std::vector<TokenizerCase> cases_ = tokenizer_cases(GetParam() + "/expected.json");
};

TEST_P(BytePairsTest, CutsHardTextsAsHuggingFaceDoes) {
  EXPECT_GE(cases_.size(), 80u);
  for (const TokenizerCase& c : cases_) EXPECT_EQ(encoded(tokenizer_, c.text), c.tokens) << c.text;
}

TEST_P(BytePairsTest, ATextThatComesInTwoPartsIsCutTheSame) {
  for (const TokenizerCase& c : cases_) {
    for (std::size_t first = 0; first <= c.text.size(); ++first)
      EXPECT_EQ(encoded_in_two(tokenizer_, c.text, first), c.tokens) << c.text << " after " << first;
  }
}

TEST_P(BytePairsTest, GivesBackEveryByte) {
  const RandomKey key = random_key(1, 2, 3);
  for (std::uint32_t round = 0; round < 200; ++round) {
    std::string text;
    for (std::uint32_t i = 0; i < 40; ++i) {
      const std::uint32_t bits = random_bits(key, i, round, 0);
      text += static_cast<char>(bits % 3 == 0 ? 0x80 + bits / 4 % 128 : bits / 4 % 256);
    }
    const std::vector<Token> tokens = encoded(tokenizer_, text);
    EXPECT_EQ(decoded(tokenizer_, tokens), text);
    for (std::size_t first = 0; first <= text.size(); ++first)
      EXPECT_EQ(encoded_in_two(tokenizer_, text, first), tokens) << round << " after " << first;
  }
}

TEST_P(BytePairsTest, AStartIsCutAsSoonAsItIsCertain) {
  std::vector<Token> tokens;
  const std::string text = "In the beginning God created the heaven";
  EXPECT_GT(tokenizer_.encode_start(text, tokens), text.size() - 20);
}

TEST_P(BytePairsTest, LongWordsTakeNoQuadraticTime) {
  const std::string text(2'000'000, 'a');
  EXPECT_EQ(decoded(tokenizer_, encoded(tokenizer_, text)), text);
}

INSTANTIATE_TEST_SUITE_P(Files, BytePairsTest, ::testing::Values("gpt2", "llama3"));

TEST(BytePairs, TheTwoKindsOfFilesAreOneTokenizer) {
  const Tokenizer one(fixture("gpt2/tokenizer.json"));
  const Tokenizer two(fixture("gpt2/vocab.json"));
  EXPECT_EQ(one.symbols(), 401);
  EXPECT_EQ(two.symbols(), 401);
  EXPECT_EQ(one.end_of_text(), two.end_of_text());
  EXPECT_EQ(one.identity(), two.identity());
  EXPECT_NE(one.identity(), Tokenizer(fixture("llama3/tokenizer.json")).identity());
  for (const TokenizerCase& c : tokenizer_cases("gpt2/expected.json")) EXPECT_EQ(encoded(two, c.text), c.tokens);
}

TEST(BytePairs, AnEndOfTextEndsALine) {
  const Tokenizer tokenizer(fixture("gpt2/tokenizer.json"));
  EXPECT_EQ(tokenizer.end_of_text(), 400u);
  EXPECT_EQ(tokenizer.decode(std::vector<std::int32_t>{'A' - '!', 400, 'B' - '!', 401, -1}), "A\nB??");
}

TEST(BytePairs, TheFirstLearnedPairIsMergedFirstAndOfEqualsTheLeftmost) {
  BytePairModel model;
  model.symbols.resize(256);
  for (Token token = 0; token < 256; ++token) {
    model.symbols[token] = std::string(1, static_cast<char>(token));
    model.bytes[token] = token;
  }
  const auto learn = [&model](const std::string& left, const std::string& right) {
    const auto find = [&model](const std::string& bytes) {
      const auto found = std::find(model.symbols.begin(), model.symbols.end(), bytes);
      return static_cast<Token>(found - model.symbols.begin());
    };
    const Token merged = find(left + right);
    if (merged == model.symbols.size()) model.symbols.push_back(left + right);
    model.merges.push_back({find(left), find(right), merged});
  };
  learn("b", "c");    // 256
  learn("a", "b");    // 257
  learn("a", "a");    // 258
  learn("aa", "aa");  // 259
  const BytePairTokenizer tokenizer(model, "test");
  const auto tokens = [&tokenizer](const std::string& text) {
    std::vector<Token> result;
    tokenizer.encode(text, true, result);
    return result;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(tokens("abc"), ElementsAre('a', 256));
  EXPECT_THAT(tokens("abd"), ElementsAre(257, 'd'));
  EXPECT_THAT(tokens("aaa"), ElementsAre(258, 'a'));
  EXPECT_THAT(tokens("aaaaaa"), ElementsAre(259, 258));
}

}  // namespace
}  // namespace triaxis
