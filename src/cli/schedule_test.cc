#include "cli/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"

namespace triaxis {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string output_of(const std::string& arguments) {
  CLI::App app("test");
  add_schedule(app);
  ::testing::internal::CaptureStdout();
  try {
    app.parse(arguments);
  } catch (...) {
    ::testing::internal::GetCapturedStdout();
    throw;
  }
  return ::testing::internal::GetCapturedStdout();
}

/// A file in the test's own directory.
std::string file_with(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(::testing::TempDir()) / name;
  write_file_atomically(path, text);
  return path.string();
}

void expect_mistake(const std::string& arguments, const std::string& message) {
  EXPECT_THAT([&] { output_of(arguments); }, ThrowsMessage<UserError>(HasSubstr(message))) << arguments;
}

TEST(ScheduleCommandTest, DrawsATimeline) {
  EXPECT_EQ(output_of("schedule 1f1b --ranks 2 --microbatches 3"),
            "1f1b: 2 ranks, 2 stages, 3 microbatches\n"
            "rank 0  F0 F1 .  .  B0--- F2 B1--- .  B2---\n"
            "rank 1  .  F0 B0--- F1 B1--- F2 B2--- .  .\n"
            "makespan 12, bubble 25.0 %, peak activations 2 1\n");
}

TEST(ScheduleCommandTest, JsonHoldsWhatIsKnownOfTheTable) {
  const auto json =
      nlohmann::json::parse(output_of("schedule 1f1b --ranks 2 --microbatches 3 --costs F=1,I=1,W=1,send=0 --json"));
  EXPECT_EQ(json["name"], "1f1b");
  EXPECT_EQ(json["stages"], 2);
  EXPECT_EQ(json["replicas"], 1);
  EXPECT_EQ(json["makespan"], 12);
  EXPECT_EQ(json["period"], 12);
  EXPECT_EQ(json["bubble_ratio"], 0.25);
  EXPECT_THAT(json["busy"], ElementsAre(9, 9));
  EXPECT_THAT(json["peak_activations"], ElementsAre(2, 1));
  EXPECT_THAT(json["weight_versions"], ElementsAre(1, 1));
  EXPECT_EQ(json["ordered_weights"], true);
  EXPECT_THAT(json["rows"][1], ElementsAre("1F0", "1B0", "1F1", "1B1", "1F2", "1B2"));
  EXPECT_EQ(output_of("schedule 1f1b --ranks 2 --microbatches 3 --json"),
            output_of("schedule 1f1b --ranks 2 --microbatches 3 --format json"));
}

TEST(ScheduleCommandTest, ExportsAndTakesBack) {
  const std::string csv = output_of("schedule gpipe --ranks 2 --microbatches 2 --format csv --dialect pytorch");
  EXPECT_EQ(csv, "0F0,0F1,,,0B0,0B1\n,1F0,1F1,1B0,1B1,\n");
  const std::string file = file_with("gpipe.csv", csv);
  EXPECT_EQ(output_of("schedule " + file + " --format csv"), csv);
  const std::string lowered = output_of("schedule " + file + " --format csv --lowered");
  EXPECT_THAT(lowered, HasSubstr("0F0,0SEND_F0,0F1,0SEND_F1,0RECV_B0,0RECV_B1,0B0,0B1,0REDUCE_GRAD\n"));
  EXPECT_EQ(output_of("schedule " + file_with("lowered.csv", lowered) + " --format csv"), csv);
}

TEST(ScheduleCommandTest, WritesToAFile) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "schedule.svg";
  EXPECT_EQ(output_of("schedule naive --ranks 2 --microbatches 2 --format svg -o " + file.string()), "");
  EXPECT_THAT(read_file(file), HasSubstr("</svg>"));
  expect_mistake("schedule naive --ranks 2 --microbatches 2 -o /nonexistent/a.txt", "/nonexistent/a.txt");
}

TEST(ScheduleCommandTest, WritesATrace) {
  const auto trace = nlohmann::json::parse(
      output_of("schedule 1f1b --ranks 2 --microbatches 3 --costs F=1.5,I=1,W=1,send=0 --format chrome"));
  std::vector<std::string> actions;
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == "X" && event["pid"] == 1) actions.push_back(event["name"]);
  EXPECT_THAT(actions, ElementsAre("1F0", "1B0", "1F1", "1B1", "1F2", "1B2"));
}

TEST(ScheduleCommandTest, DrawsAPage) {
  const std::string page = output_of("schedule 1f1b --ranks 2 --microbatches 3 --format html");
  EXPECT_THAT(page, HasSubstr("<title>1f1b</title>"));
  EXPECT_THAT(page, HasSubstr("\"makespan\":12"));
  EXPECT_THAT(output_of("schedule 1f1b --ranks 2 --microbatches 3 --format html --compare gpipe"),
              HasSubstr("<title>1f1b / gpipe</title>"));
}

TEST(ScheduleCommandTest, ComparesTheSameModelInMoreStages) {
  const std::string two = file_with("two.csv", "0F0,,,0B0\n,1F0,1B0,\n");
  const std::string four = file_with("four.csv", "0F0,2F0,,2B0,,0B0\n,1F0,3F0,3B0,1B0,\n");
  const std::string page = output_of("schedule " + two + " --format html --compare " + four);
  EXPECT_THAT(page, HasSubstr("is 0.5 of"));
  expect_mistake("schedule " + two + " --format html --costs F=1:2 --compare " + four,
                 "four.csv has 4; give one value for all");
  EXPECT_THAT(page, HasSubstr("\"unit\":0.5"));
  EXPECT_THAT(page, HasSubstr("<td>2</td><td>2</td><td>1</td><td>6</td>"));
  EXPECT_THAT(page, HasSubstr("<td>2</td><td>4</td><td>1</td><td>6</td>"));
}

TEST(ScheduleCommandTest, ComparesOnlyWhatHasTheSameSize) {
  const std::string file = file_with("one.csv", "0F0,,,0B0\n,1F0,1B0,\n");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 2 --format html --compare " + file,
                 "both need the same ranks and microbatches");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 2 --format html --compare gpip", "did you mean 'gpipe'?");
  EXPECT_THAT(output_of("schedule " + file + " --format html --compare gpipe"), HasSubstr(" / gpipe</title>"));
}

TEST(ScheduleCommandTest, ListsTheSchedules) {
  EXPECT_THAT(output_of("schedule --list"), ContainsRegex("\n1f1b +one forward, one backward in turn"));
  const auto json = nlohmann::json::parse(output_of("schedule --list --json"));
  EXPECT_EQ(json["schedules"][1]["name"], "gpipe");
  EXPECT_EQ(json["schedules"][1]["stages_per_rank"], 1);
}

TEST(ScheduleCommandTest, ChecksFiles) {
  const std::string good = file_with("good.csv", "0F0,0F1,,0B0,0B1\n,1F0,1B0,1F1,1B1\n");
  EXPECT_EQ(output_of("schedule check " + good),
            good + ": a sound train table, compute only: 2 ranks, 2 stages, 2 microbatches\n" +
                "free of deadlock under per_direction, per_pair, per_rank; weights in ascending order, "
                "peak activations 2 1\n");
  const std::string early = file_with("early.csv",
                                      "0F0,0SEND_F0,0RECV_B0,0F1,0SEND_F1,0B0,0RECV_B1,0B1\n"
                                      "1RECV_F0,1F0,1RECV_F1,1B0,1SEND_B0,1F1,1B1,1SEND_B1\n");
  expect_mistake("schedule check " + early, "deadlock under per_pair");
  expect_mistake("schedule check --model per_rank " + early, "deadlock under per_rank");
  const auto json = nlohmann::json::parse(output_of("schedule check --json --model per_direction " + early));
  EXPECT_EQ(json["lowered"], true);
  EXPECT_THAT(json["models"], ElementsAre("per_direction"));
  expect_mistake("schedule check " + file_with("bad.csv", "0F0,0B0\n1F0,1C0\n"), "bad.csv, line 2, cell 2: '1C0'");
  expect_mistake("schedule check /nonexistent.csv", "/nonexistent.csv");
}

TEST(ScheduleCommandTest, MistakesAreUserErrors) {
  expect_mistake("schedule", "name a schedule (--list prints them)");
  expect_mistake("schedule 1f2b --ranks 2 --microbatches 2", "did you mean '1f1b'?");
  expect_mistake("schedule 1f1b --ranks 2", "needs --ranks and --microbatches");
  expect_mistake("schedule 1f1b --ranks 0 --microbatches 2", "cannot have 0 ranks");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 2 --stages-per-rank 2", "1f1b has 1 stage a rank");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 2 --costs F=a", "'a' in 'F=a' is no time");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 2 --compare gpipe", "use it with --format html, not text");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 2 --json --format csv", "--json contradicts --format csv");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 2 --lowered", "use them with --format csv, not text");
  expect_mistake("schedule --list gpipe", "--list takes no schedule");
  expect_mistake("schedule a.csv --ranks 2", "come from the CSV file");
  expect_mistake("schedule forward --ranks 2 --microbatches 2 --format csv --dialect pytorch", "of kind train only");
}

TEST(ScheduleCommandTest, AnAsynchronousTableSaysItsVersions) {
  const std::string file = file_with("updates.csv",
                                     "0F0,0F1,0B0,0OPT0,0F2,0B1,0OPT1,0B2,0OPT2\n"
                                     "1F0,1B0,1OPT0,1F1,1B1,1OPT1,1F2,1B2,1OPT2\n");
  EXPECT_THAT(output_of("schedule check " + file),
              HasSubstr("weight versions 2 1, staleness 1 0, where a forward takes its version by the rule stash"));
  const auto stash = nlohmann::json::parse(output_of("schedule " + file + " --json"));
  EXPECT_EQ(stash["kind"], "asynchronous");
  EXPECT_THAT(stash["weight_versions"], ElementsAre(2, 1));
  EXPECT_EQ(stash["rows"][1][2], "1OPT0");
  const auto vertical = nlohmann::json::parse(output_of("schedule " + file + " --versions vertical --json"));
  EXPECT_THAT(vertical["staleness"], ElementsAre(1, 1));
  const std::string plain = file_with("plain.csv", "0F0,,,0B0\n,1F0,1B0,\n");
  expect_mistake("schedule " + plain + " --versions vertical", "plain.csv has no OPT");
  expect_mistake("schedule check " + plain + " --versions vertical", "plain.csv has no OPT");
}

TEST(ScheduleCommandTest, OptionsThatTheScheduleHasNoUseForAreRefused) {
  const std::string sizes = " --ranks 2 --microbatches 2 ";
  expect_mistake("schedule 1f1b" + sizes + "--objective period", "1f1b searches nothing");
  expect_mistake("schedule 1f1b" + sizes + "--memory-limit 4", "1f1b searches nothing");
  expect_mistake("schedule 1f1b" + sizes + "--update-every 2", "1f1b updates once");
  expect_mistake("schedule 1f1b" + sizes + "--versions stash", "1f1b updates once");
  expect_mistake("schedule auto" + sizes + "--memory-limit 0", "--memory-limit 0: give a number above 0");
  expect_mistake("schedule auto" + sizes + "--memory-limit nan", "--memory-limit nan: give a number above 0");
  expect_mistake("schedule pipedream" + sizes + "--update-every 0", "--update-every 0: give a number above 0");
  expect_mistake("schedule 1f1b --ranks 2 --microbatches 0", "cannot have 0 microbatches");
  expect_mistake("schedule 1f1b --explore", "--explore takes no schedule");
  expect_mistake("schedule --list --explore", "stands alone");
  expect_mistake("schedule a.csv --update-every 2", "come from the CSV file");
  expect_mistake("schedule a.csv --objective period", "not a CSV file");
}

TEST(ScheduleCommandTest, StepAfterStepIsToldWhereItDiffers) {
  EXPECT_THAT(output_of("schedule zb-h2 --ranks 3 --microbatches 6"),
              HasSubstr("\nstep after step: period 18, bubble 0.0 %\n"));
}

TEST(ScheduleCommandTest, ExploresAllSchedules) { EXPECT_THAT(output_of("schedule --explore"), HasSubstr("</html>")); }

}  // namespace
}  // namespace triaxis
