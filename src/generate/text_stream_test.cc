#include "generate/text_stream.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace triaxis {
namespace {

using ::testing::ElementsAre;

/// What comes out as each of `pieces` goes in, and last what was held back.
std::vector<std::string> shown(TextStream stream, const std::vector<std::string>& pieces) {
  std::vector<std::string> texts;
  for (const std::string& piece : pieces) texts.push_back(stream.push(piece));
  texts.push_back(stream.finish());
  return texts;
}

TEST(TextStream, ShowsTextAtOnce) {
  EXPECT_THAT(shown(TextStream(), {"Hello", " ", "world"}), ElementsAre("Hello", " ", "world", ""));
}

TEST(TextStream, HoldsACharacterBackUntilItIsWhole) {
  EXPECT_THAT(shown(TextStream(), {"a\xC3",
                                   "\xA9"
                                   "b"}),
              ElementsAre("a", "\u00E9b", ""));
  EXPECT_THAT(shown(TextStream(), {"\xF0", "\x9F", "\x98", "\x80"}), ElementsAre("", "", "", "\U0001F600", ""));
}

TEST(TextStream, ReplacesWhatIsNoCharacter) {
  EXPECT_THAT(shown(TextStream(), {"a\xFF"
                                   "b"}),
              ElementsAre("a\uFFFDb", ""));
  EXPECT_THAT(shown(TextStream(), {"\xC3", "b"}), ElementsAre("", "\uFFFDb", ""));
  EXPECT_THAT(shown(TextStream(), {"a\xF0\x9F"}), ElementsAre("a", "\uFFFD"));  // cut off at the end
}

TEST(TextStream, HoldsBackWhatMayBecomeAStopString) {
  EXPECT_THAT(shown(TextStream({"END"}), {"the E", "NEN", "more"}), ElementsAre("the ", "EN", "ENmore", ""));
}

TEST(TextStream, StopsWhereverTokensCutTheStopString) {
  const std::string text = "before STOP after";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    for (std::size_t second = cut; second <= text.size(); ++second) {
      TextStream stream({"STOP"});
      std::string all = stream.push(text.substr(0, cut));
      all += stream.push(text.substr(cut, second - cut));
      all += stream.push(text.substr(second));
      EXPECT_TRUE(stream.stopped());
      EXPECT_EQ(all, "before ");
      EXPECT_EQ(stream.push("more") + stream.finish(), "");
    }
  }
}

TEST(TextStream, OfSeveralStopStringsTheFirstInTheTextCounts) {
  EXPECT_THAT(shown(TextStream({"two", "one"}), {"zero one two"}), ElementsAre("zero ", ""));
  EXPECT_THAT(shown(TextStream({"ab", "abc"}), {"xabc"}), ElementsAre("x", ""));
  EXPECT_THAT(shown(TextStream({"abcd", "bc"}), {"ab", "c"}), ElementsAre("", "a", ""));
}

TEST(TextStream, AStopStringMayBeginAgainInsideItself) {
  EXPECT_THAT(shown(TextStream({"aab"}), {"a", "a", "a", "b", "c"}), ElementsAre("", "", "a", "", "", ""));
}

TEST(TextStream, AStopStringThatNeverEndsIsShownAtTheEnd) {
  EXPECT_THAT(shown(TextStream({"STOP"}), {"a STO"}), ElementsAre("a ", "STO"));
}

TEST(TextStream, AStopStringMayCutACharacter) {
  EXPECT_THAT(shown(TextStream({"\xA9"}), {"a\xC3", "\xA9"}), ElementsAre("a", "\uFFFD", ""));
}

TEST(TextStream, AnEmptyStopStringIsRefused) { EXPECT_THROW(TextStream({""}), std::logic_error); }

}  // namespace
}  // namespace triaxis
