#include "data/utf8.h"

#include <gtest/gtest.h>

namespace triaxis {
namespace {

TEST(Utf8, KnowsCharacters) {
  EXPECT_EQ(character_bytes("a"), 1u);
  EXPECT_EQ(character_bytes("\u00e9x"), 2u);
  EXPECT_EQ(character_bytes("\u2581"), 3u);
  EXPECT_EQ(character_bytes("\U0001F44D"), 4u);
  EXPECT_EQ(character_bytes("\U0010FFFF"), 4u);
  EXPECT_EQ(character_bytes(""), 0u);
}

TEST(Utf8, KnowsWhatIsNone) {
  EXPECT_EQ(character_bytes("\x80"), 0u);
  EXPECT_EQ(character_bytes("\xC0\x80"), 0u) << "longer than needed";
  EXPECT_EQ(character_bytes("\xE0\x9F\xBF"), 0u) << "longer than needed";
  EXPECT_EQ(character_bytes("\xF0\x8F\xBF\xBF"), 0u) << "longer than needed";
  EXPECT_EQ(character_bytes("\xED\xA0\x80"), 0u) << "a surrogate";
  EXPECT_EQ(character_bytes("\xF4\x90\x80\x80"), 0u) << "beyond the last";
  EXPECT_EQ(character_bytes("\xE2\x96"), 0u) << "cut off";
  EXPECT_EQ(character_bytes("\xE2(\x81"), 0u);
}

TEST(Utf8, CutsAtWhatIsNone) {
  EXPECT_EQ(valid_bytes("a\u00e9\xFF\xFE"
                        "b"),
            3u);
  EXPECT_EQ(wrong_bytes("\xFF\xFE"
                        "b"),
            2u);
  EXPECT_EQ(wrong_bytes("b\xFF"), 0u);
}

TEST(Utf8, LeavesOutACharacterThatIsCutOff) {
  EXPECT_EQ(whole_characters(""), 0u);
  EXPECT_EQ(whole_characters("ab"), 2u);
  EXPECT_EQ(whole_characters("a\xE2\x96"), 1u);
  EXPECT_EQ(whole_characters("a\xE2\x96\x81"), 4u);
  EXPECT_EQ(whole_characters("a\xF0\x9F\x91"), 1u);
  EXPECT_EQ(whole_characters("a\xF0"), 1u);
  EXPECT_EQ(whole_characters("a\x80\x80\x80\x80"), 5u) << "never complete";
}

}  // namespace
}  // namespace triaxis
