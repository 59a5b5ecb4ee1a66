#include "schedule/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/passes/lower.h"
#include "schedule/passes/reduce_grad.h"
#include "schedule/registry.h"
#include "schedule/testing/tables.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

std::string mistake_in(std::string_view text) {
  return user_error_of([&] { parse_csv(text, "t.csv"); });
}

/// Both forms of a compute-only table, written and read again.
void expect_round_trip(const Table& table) {
  const Table read = parse_csv(csv_of_steps(table, CsvDialect::kTriaxis), "t.csv");
  EXPECT_EQ(read.rows, table.rows);
  EXPECT_EQ(read.kind, table.kind);
  EXPECT_EQ(read.stages, table.stages);
  EXPECT_EQ(read.microbatches, table.microbatches);
  const Table lowered = lower(table.kind == TableKind::kTrain ? insert_reduce_grad(table) : table);
  EXPECT_EQ(parse_csv(csv_of_rows(lowered, CsvDialect::kTriaxis), "t.csv").rows, lowered.rows);
  if (table.kind != TableKind::kTrain || verify(table).replicas > 1) return;
  EXPECT_EQ(parse_csv(csv_of_steps(table, CsvDialect::kPytorch), "t.csv").rows, table.rows);
  EXPECT_EQ(parse_csv(csv_of_rows(lowered, CsvDialect::kPytorch), "t.csv").rows, lowered.rows);
}

TEST(Csv, BothFormsOfEverySchedule) {
  for (const auto& row : schedules()) {
    int inside = 0;
    for (const auto& [ranks, microbatches] : {std::pair{1, 5}, {2, 4}, {3, 5}, {4, 8}, {4, 12}}) {
      const ScheduleRequest request = request_of(row, ranks, microbatches, 2);
      if (row.outside != nullptr && !row.outside(request).empty()) continue;
      ++inside;
      SCOPED_TRACE(std::string(row.name));
      expect_round_trip(make_schedule(row, request));
    }
    EXPECT_GT(inside, 0) << row.name;
  }
}

TEST(Csv, EveryCellOfAStepStandsInItsColumn) {
  const Table table = table_of(TableKind::kTrain, 2, 2, {"0F0 0F1 0B0 0B1", "1F0 (1F1;1B0)OVERLAP_F_B 1B1"});
  EXPECT_EQ(csv_of_steps(insert_reduce_grad(table), CsvDialect::kPytorch),
            "0F0,0F1,,0B0,0B1\n"
            ",1F0,(1F1;1B0)OVERLAP_F_B,1B1,\n");
}

TEST(Csv, CommunicationStandsWithoutBlanks) {
  const Table table = lower(insert_reduce_grad(table_of(TableKind::kTrain, 2, 1, {"0F0 0B0", "1F0 1I0 1W0"})));
  EXPECT_EQ(csv_of_rows(table, CsvDialect::kTriaxis),
            "0F0,0SEND_F0,0RECV_B0,0B0,0REDUCE_GRAD\n"
            "1RECV_F0,1F0,1I0,1SEND_B0,1W0,1REDUCE_GRAD\n");
}

TEST(Csv, PytorchWaitsForEverySendAndReduction) {
  const Table table = table_of(TableKind::kTrain, 3, 2,
                               {"0F0 0SEND_F0 0F1 0SEND_F1 0RECV_B0 0I0 0RECV_B1 0I1 0W0 0W1 0REDUCE_GRAD",
                                "1RECV_F0 1F0 1SEND_F0 1RECV_F1 1RECV_B0 (1F1;1B0)OVERLAP_F_B 1SEND_F1 1SEND_B0 "
                                "1RECV_B1 1B1 1SEND_B1",
                                "2RECV_F0 2F0 2B0 2SEND_B0 2RECV_F1 2F1 2B1 2SEND_B1"});
  EXPECT_EQ(csv_of_rows(table, CsvDialect::kPytorch),
            "0F0,0SEND_F0,0F1,0SEND_F1,0RECV_B0,0I0,0WAIT_SEND_F0,0RECV_B1,0I1,0WAIT_SEND_F1,0W0,0W1,0REDUCE_GRAD,"
            "0WAIT_REDUCE_GRAD\n"
            "1RECV_F0,1F0,1SEND_F0,1RECV_F1,1RECV_B0,(1F1;1B0)OVERLAP_F_B,1WAIT_SEND_F0,1SEND_F1,1SEND_B0,1RECV_B1,"
            "1B1,1WAIT_SEND_F1,1SEND_B1,1WAIT_SEND_B0,1WAIT_SEND_B1\n"
            "2RECV_F0,2F0,2B0,2SEND_B0,2RECV_F1,2F1,2B1,2SEND_B1,2WAIT_SEND_B0,2WAIT_SEND_B1\n");
}

// As torch.distributed.pipelining writes it: carriage returns, waits, and a table with UNSHARD whose receives stand
// where the sender's action made them.
TEST(Csv, ReadsWhatPytorchWrites) {
  const Table table = parse_csv(
      "0UNSHARD,0F0,0SEND_F0,0F1,0SEND_F1,0RECV_B0,0B0,0WAIT_SEND_F0,0RECV_B1,0B1,0WAIT_SEND_F1,0REDUCE_GRAD,"
      "0WAIT_REDUCE_GRAD,0RESHARD\r\n"
      "1UNSHARD,1RECV_F0,1F0,1RECV_F1,1B0,1SEND_B0,1F1,1B1,1SEND_B1,1REDUCE_GRAD,1WAIT_REDUCE_GRAD,1RESHARD,"
      "1WAIT_SEND_B0,1WAIT_SEND_B1\r\n",
      "torch.csv");
  EXPECT_TRUE(verify(table).lowered);
  EXPECT_EQ(table.microbatches, 2);
  EXPECT_EQ(row_text(table.rows[1]),
            "1UNSHARD 1RECV_F0 1F0 1RECV_F1 1B0 1SEND_B0 1F1 1B1 1SEND_B1 1REDUCE_GRAD 1RESHARD");
  const Table steps = parse_csv("\"0F0\", 0F1,,0B0 ,\"\",\" 0B1\" \r\n,1F0,1B0,1F1,1B1", "torch.csv");
  EXPECT_EQ(row_text(steps.rows[0]), "0F0 0F1 0B0 0B1");
  EXPECT_EQ(verify(steps).ranks[0].activations, 2);
}

TEST(Csv, LinesEndInAnyWay) {
  for (const char* text : {"0F0\n1F0", "0F0\r\n1F0\r\n", "0F0\r1F0\r",
                           "\xEF\xBB\xBF"
                           "0F0,\n1F0,\n"}) {
    const Table table = parse_csv(text, "t");
    EXPECT_EQ(csv_of_rows(table, CsvDialect::kTriaxis), "0F0\n1F0\n") << text;
  }
}

TEST(Csv, TheKindFollowsFromTheActions) {
  EXPECT_EQ(parse_csv("0F0\n1F0\n", "t").kind, TableKind::kForward);
  EXPECT_EQ(parse_csv("0F0,0I0,0W0\n", "t").kind, TableKind::kTrain);
  const Table asynchronous = parse_csv("0F0,0B0,0OPT17\n", "t");
  EXPECT_EQ(asynchronous.kind, TableKind::kAsynchronous);
  EXPECT_EQ(asynchronous.microbatches, 1);
}

TEST(Csv, MistakesNameLineAndCell) {
  EXPECT_THAT(mistake_in(""), HasSubstr("t.csv: holds no schedule; one line a rank is needed"));
  EXPECT_THAT(mistake_in("0F0,0F1\n,1X0\n"), HasSubstr("t.csv, line 2, cell 2: '1X0': 'X' is no kind of action"));
  EXPECT_THAT(mistake_in("0F0\n\n1F0\n"), HasSubstr("t.csv, line 2: no action; every rank needs one"));
  EXPECT_THAT(mistake_in("0F0\n,,,\n"), HasSubstr("t.csv, line 2: no action"));
  EXPECT_THAT(mistake_in("0F0;0F1\n"), HasSubstr("line 1, cell 1: '0F0;0F1': ';0F1' follows the action"));
  EXPECT_THAT(mistake_in("\"0F0\n"), HasSubstr("line 1, cell 1"));
  EXPECT_THAT(mistake_in("0F0,0F1 x,\n"), HasSubstr("line 1, cell 2: '0F1 x': ' x' follows the action"));
  EXPECT_THAT(mistake_in("0F0\r\n,,\t\r\n1F0"), HasSubstr("t.csv, line 2: no action"));
  EXPECT_THAT(mistake_in("0F0,0WAIT_F0"), HasSubstr("line 1, cell 2: '0WAIT_F0': 'WAIT_F' is no kind of action"));
}

TEST(Csv, BinaryIsRefusedInPrintableWords) {
  EXPECT_THAT(mistake_in(std::string("0F0,0\0\n", 7)), HasSubstr("line 1, cell 2: '0\\x00': '\\x00' is no kind"));
  EXPECT_THAT(mistake_in("\x7F"
                         "ELF\x02"),
              HasSubstr("line 1, cell 1: '\\x7fELF\\x02': starts with no stage"));
  EXPECT_THAT(mistake_in("\xEF\xBB\xBF\xEF\xBB\xBF"
                         "0F0"),
              HasSubstr("'\\xef\\xbb\\xbf0F0': starts with no stage"));
  EXPECT_THAT(mistake_in("0F\xD9\xA1"), HasSubstr("'F\\xd9\\xa1' is no kind of action"));
  EXPECT_THAT(mistake_in("+0F0"), HasSubstr("'+0F0': starts with no stage"));
  EXPECT_THAT(mistake_in("0F-1"), HasSubstr("'F-' is no kind of action"));
}

TEST(Csv, FilesThatAreNoneOrEndlessAreRefused) {
  const auto refusal_of = [](const char* path) { return user_error_of([&] { read_csv(path); }); };
  EXPECT_THAT(refusal_of("/nonexistent/t.csv"), HasSubstr("/nonexistent/t.csv"));
  EXPECT_THAT(refusal_of("/"), HasSubstr("cannot read /: Is a directory"));
  EXPECT_THAT(refusal_of("/dev/null"), HasSubstr("/dev/null: holds no schedule"));
  EXPECT_THAT(refusal_of("/dev/zero"), HasSubstr("cannot read /dev/zero: it holds more than 536870912 bytes"));
}

TEST(Csv, HugeNumbersAreRefusedAtOnce) {
  std::string million;
  for (int i = 0; i < 1000000; ++i) million += "0F0\n";
  EXPECT_THAT(mistake_in(million), HasSubstr("has more than 65536 lines, one a rank"));
  EXPECT_THAT(user_error_of([] { verify(parse_csv("60000F1000000000\n", "t.csv")); }),
              HasSubstr("60001 stages and 1000000001 microbatches need at least"));
}

TEST(Csv, ARankThatComputesNothingHasNoSteps) {
  const Table table = table_of(TableKind::kTrain, 1, 1, {"0F0 0B0", "0UNSHARD"});
  EXPECT_THAT(user_error_of([&] { csv_of_steps(table, CsvDialect::kTriaxis); }), HasSubstr("rank 1 computes nothing"));
}

TEST(Csv, PytorchGetsOnlyWhatItCanLoad) {
  const auto refusal_of = [](const Table& table) {
    return user_error_of([&] { csv_of_rows(table, CsvDialect::kPytorch); });
  };
  EXPECT_THAT(refusal_of(make_schedule("forward", {2, 2, 1})), HasSubstr("PyTorch takes tables of kind train only"));
  EXPECT_THAT(refusal_of(table_of(TableKind::kTrain, 1, 1, {"0F0 0R0 0B0"})),
              HasSubstr("action 1 (0R0): PyTorch has no such action; use the dialect triaxis"));
  EXPECT_THAT(refusal_of(table_of(TableKind::kTrain, 2, 2, {"0F0 1F1 1B1 0B0", "1F0 0F1 1B0 0B1"})),
              HasSubstr("in PyTorch a stage has one rank"));
  EXPECT_EQ(refusal_of(make_schedule("1f1b", {2, 2, 1})), "");
}

}  // namespace
}  // namespace triaxis
