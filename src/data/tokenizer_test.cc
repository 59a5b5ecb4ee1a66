#include "data/tokenizer.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Tokenizer, GivesBackEveryByte) {
  std::string text;
  for (int byte = 0; byte < 256; ++byte) text += static_cast<char>(byte);
  const Tokenizer tokenizer("bytes");
  std::vector<Token> tokens;
  tokenizer.encode(text, tokens);
  ASSERT_EQ(tokens.size(), 256u);
  for (size_t i = 0; i < tokens.size(); ++i) EXPECT_EQ(tokens[i], i);
  EXPECT_EQ(tokenizer.decode(std::vector<int32_t>(tokens.begin(), tokens.end())), text);
}

TEST(Tokenizer, AppendsToWhatIsThere) {
  const Tokenizer tokenizer("bytes");
  std::vector<Token> tokens = {7};
  tokenizer.encode("a", tokens);
  EXPECT_THAT(tokens, ElementsAre(7, 97));
}

TEST(Tokenizer, ShowsWhatIsNoByte) {
  const Tokenizer tokenizer("bytes");
  EXPECT_EQ(tokenizer.end_of_text(), 256u);
  EXPECT_EQ(tokenizer.symbols(), 257);
  EXPECT_EQ(tokenizer.decode(std::vector<int32_t>{'a', 256, 'b', 257, 50303, -1}), "a\nb???");
}

TEST(Tokenizer, NamesWhatThereIsInsteadOfAnUnknownOne) {
  EXPECT_THAT([] { Tokenizer("gpt2"); },
              ThrowsMessage<UserError>(HasSubstr("tokenizer \"gpt2\": no such file; name \"bytes\"")));
  EXPECT_THAT([] { Tokenizer(__FILE__); }, ThrowsMessage<UserError>(HasSubstr("ends neither in .json nor in .model")));
}

}  // namespace
}  // namespace triaxis
