// A schedule file: what can be read is written and read again; what is sound stays so when it is lowered, can be timed,
// and goes out and comes back in both dialects.
#include <cmath>
#include <string_view>

#include "fuzz.h"
#include "schedule/csv.h"
#include "schedule/passes/compute_only.h"
#include "schedule/passes/lower.h"
#include "schedule/timing.h"
#include "schedule/verify.h"

using namespace triaxis;

namespace {

constexpr std::size_t kLongest = 4096;  // bytes of an input: a table of some hundred actions
constexpr std::string_view kOfTable = "schedule file: ";

void expect_same(const std::string& text, const Table& table) {
  const Table again = parse_csv(text, "file");
  require(again.rows == table.rows && again.kind == table.kind);
  require(again.ranks == table.ranks && again.stages == table.stages && again.microbatches == table.microbatches);
}

void check_sound(const Table& table) {
  const bool lowered = verify(table).lowered;
  for (const ChannelModel model : kAllChannelModels) require(verify(table, {&model, 1}).lowered == lowered);
  const Timeline timeline = time_table(table, Costs{});
  require(std::isfinite(timeline.makespan) && timeline.makespan >= 0);
  const Table computes = compute_only(table);
  std::string text;
  if (!accepts([&] { text = csv_of_steps(table, CsvDialect::kTriaxis); }, kOfTable)) return;  // a rank without compute
  expect_same(text, computes);
  const Table again = lower(computes);
  verify(again);
  expect_same(csv_of_rows(again, CsvDialect::kTriaxis), again);
  if (accepts([&] { text = csv_of_rows(again, CsvDialect::kPytorch); }, kOfTable)) expect_same(text, again);
  if (accepts([&] { text = csv_of_steps(again, CsvDialect::kPytorch); }, kOfTable)) expect_same(text, computes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kLongest) return -1;
  const std::string text(data, data + size);
  Table table;
  if (!accepts([&] { table = parse_csv(text, "file"); }, "file")) return 0;
  expect_same(csv_of_rows(table, CsvDialect::kTriaxis), table);
  if (accepts([&] { verify(table); }, kOfTable)) check_sound(table);
  return 0;
}
