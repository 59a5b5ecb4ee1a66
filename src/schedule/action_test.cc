#include "schedule/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

std::string mistake_in(const std::string& cell) {
  return user_error_of([&] { parse_cell(cell); });
}

TEST(Action, TextOfEveryKindIsReadBack) {
  for (int kind = 0; kind < kActionKinds; ++kind) {
    const auto action_kind = static_cast<ActionKind>(kind);
    const Action action = make_action(action_kind, 12, has_microbatch(action_kind) ? 345 : kNoMicrobatch);
    EXPECT_THAT(parse_cell(action_text(action)), ::testing::ElementsAre(action)) << action_text(action);
  }
}

TEST(Action, TextIsThatOfPytorch) {
  EXPECT_EQ(action_text(make_action(ActionKind::kForward, 2, 0)), "2F0");
  EXPECT_EQ(action_text(make_action(ActionKind::kSendBackward, 1, 3)), "1SEND_B3");
  EXPECT_EQ(action_text(make_action(ActionKind::kReduceGrad, 0)), "0REDUCE_GRAD");
  EXPECT_EQ(action_text(make_action(ActionKind::kUpdate, 2, 5)), "2OPT5");
}

TEST(Action, CellsMayBeBlankOrPairs) {
  EXPECT_TRUE(parse_cell("").empty());
  EXPECT_TRUE(parse_cell(" \t ").empty());
  EXPECT_EQ(row_text(parse_cell(" 1F3 ")), "1F3");
  const auto pair = parse_cell("( 1F3 ; 2I0 )OVERLAP_F_B");
  ASSERT_EQ(pair.size(), 2U);
  EXPECT_TRUE(pair[0].with_next);
  EXPECT_FALSE(pair[1].with_next);
  EXPECT_EQ(row_text(pair), "1F3 2I0");
}

TEST(Action, WaitsOfPytorchAreBlanks) {
  for (const char* text : {"0SEND_F3", "1SEND_B12", "7REDUCE_GRAD"}) {
    const std::string wait = wait_text(parse_cell(text).front());
    EXPECT_EQ(wait, std::string(text).insert(1, "WAIT_"));
    EXPECT_TRUE(parse_cell(wait).empty()) << wait;
  }
  EXPECT_THAT(mistake_in("0WAIT_RECV_F1"), HasSubstr("'WAIT_RECV_F' is no kind of action"));
  EXPECT_THAT(mistake_in("0WAIT_SEND_F"), HasSubstr("WAIT_SEND_F needs a microbatch"));
  EXPECT_THAT(mistake_in("0WAIT_REDUCE_GRAD1"), HasSubstr("WAIT_REDUCE_GRAD takes no microbatch"));
  EXPECT_THAT(mistake_in("0WAIT_WAIT_SEND_F1"), HasSubstr("is no kind of action"));
  EXPECT_THAT(mistake_in("(0F1;0WAIT_SEND_B0)OVERLAP_F_B"), HasSubstr("a pair is an F and a B or I"));
}

TEST(Action, LeadingZerosAndQuotesAreRead) {
  EXPECT_EQ(row_text(parse_cell("007F010")), "7F10");
  EXPECT_EQ(row_text(parse_cell(" \" 1F3 \"\t")), "1F3");
  EXPECT_TRUE(parse_cell("\"\"").empty());
  EXPECT_THAT(mistake_in("\""), HasSubstr("starts with no stage"));
}

TEST(Action, MistakesAreNamed) {
  EXPECT_THAT(mistake_in("F0"), HasSubstr("'F0': starts with no stage; a cell is blank, STAGE KIND [MICROBATCH]"));
  EXPECT_THAT(mistake_in("-1F0"), HasSubstr("starts with no stage"));
  EXPECT_THAT(mistake_in("99999999999F0"), HasSubstr("starts with no stage"));
  EXPECT_THAT(mistake_in("65536F0"), HasSubstr("stages go from 0 to 65535"));
  EXPECT_THAT(mistake_in("0X1"), HasSubstr("'X' is no kind of action; the kinds are F I W B"));
  EXPECT_THAT(mistake_in("0f1"), HasSubstr("'f' is no kind of action"));
  EXPECT_THAT(mistake_in("1F"), HasSubstr("F needs a microbatch, such as 1F0"));
  EXPECT_THAT(mistake_in("1F2147483647"), HasSubstr("microbatches go from 0 to 1073741823"));
  EXPECT_THAT(mistake_in("1F99999999999"), HasSubstr("F needs a microbatch"));
  EXPECT_THAT(mistake_in("1UNSHARD3"), HasSubstr("UNSHARD takes no microbatch"));
  EXPECT_THAT(mistake_in("1F3x"), HasSubstr("'x' follows the action"));
  EXPECT_THAT(mistake_in("1F3 1B0"), HasSubstr("' 1B0' follows the action"));
  EXPECT_THAT(mistake_in("(1F3;1B0)"), HasSubstr("a pair ends with )OVERLAP_F_B"));
  EXPECT_THAT(mistake_in("(1F3;1B0"), HasSubstr("a pair ends with )OVERLAP_F_B"));
  EXPECT_THAT(mistake_in("(1F3)OVERLAP_F_B"), HasSubstr("a pair has two members"));
  EXPECT_THAT(mistake_in("(1F3;1F4)OVERLAP_F_B"), HasSubstr("a pair is an F and a B or I"));
  EXPECT_THAT(mistake_in(std::string(1000, '7')), HasSubstr("7777...': starts with no stage"));
}

}  // namespace
}  // namespace triaxis
