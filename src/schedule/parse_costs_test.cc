#include "schedule/parse_costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/testing/tables.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseCosts, ReadsEveryEntry) {
  const Costs costs = parse_costs("F=1:1:1.5:1,I=1.2,W=0.8,send=0.1,FB=2.5");
  EXPECT_THAT(costs.forward, ElementsAre(1, 1, 1.5, 1));
  EXPECT_THAT(costs.backward_input, ElementsAre(1.2));
  EXPECT_THAT(costs.backward_weight, ElementsAre(0.8));
  EXPECT_EQ(costs.send, 0.1);
  EXPECT_EQ(costs.overlapped, 2.5);
  const Costs others = parse_costs("R=0.5,transfer=0.25,gather=1:2,reduce=3,update=4:5");
  EXPECT_THAT(others.recompute, ElementsAre(0.5));
  EXPECT_EQ(others.transfer, 0.25);
  EXPECT_THAT(others.gather, ElementsAre(1, 2));
  EXPECT_THAT(others.reduce, ElementsAre(3));
  EXPECT_THAT(others.update, ElementsAre(4, 5));
}

TEST(ParseCosts, WhatIsLeftOutKeepsItsDefault) {
  const Costs costs = parse_costs("W=2");
  EXPECT_THAT(costs.forward, ElementsAre(1));
  EXPECT_THAT(costs.backward_weight, ElementsAre(2));
  EXPECT_EQ(costs.send, 0);
  EXPECT_FALSE(costs.overlapped.has_value());
}

TEST(ParseCosts, MistakesAreNamed) {
  const auto mistake_in = [](std::string_view text) { return user_error_of([&] { parse_costs(text); }); };
  EXPECT_THAT(mistake_in("F=x"),
              HasSubstr("'x' in 'F=x' is no time, which is a number from 0 up; give any of F, I, W"));
  EXPECT_THAT(mistake_in("F=-1"), HasSubstr("'-1' in 'F=-1' is no time"));
  EXPECT_THAT(mistake_in("F=nan"), HasSubstr("is no time"));
  EXPECT_THAT(mistake_in("F=1e999"), HasSubstr("is no time"));
  EXPECT_THAT(mistake_in("F=1:"), HasSubstr("'' in 'F=1:' is no time"));
  EXPECT_THAT(mistake_in("F"), HasSubstr("'F' is no cost"));
  EXPECT_THAT(mistake_in("F="), HasSubstr("'' in 'F=' is no time"));
  EXPECT_THAT(mistake_in("F=1 "), HasSubstr("'1 ' in 'F=1 ' is no time"));
  EXPECT_THAT(mistake_in("gather=1,,W=1"), HasSubstr("'' is no cost"));
  EXPECT_THAT(mistake_in("f=1"), HasSubstr("'f=1' is no cost"));
  EXPECT_THAT(mistake_in("transfer=1:2"), HasSubstr("not a list"));
  EXPECT_THAT(mistake_in("FB=1:2"), HasSubstr("not a list"));
  EXPECT_THAT(mistake_in(""), HasSubstr("'' is no cost"));
  EXPECT_THAT(mistake_in("X=1"), HasSubstr("'X=1' is no cost"));
  EXPECT_THAT(mistake_in("send=1:2"), HasSubstr("'send=1:2' has one value for all stages, not a list"));
}

}  // namespace
}  // namespace triaxis
