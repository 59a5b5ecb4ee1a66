#include "schedule/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/file.h"
#include "schedule/passes/compute_only.h"
#include "schedule/timing.h"

namespace triaxis {
namespace {

using enum ActionKind;

bool pytorch_knows(ActionKind kind) {
  return kind != kRecompute && kind != kUpdate && kind != kOffload && kind != kFetch;
}

/// Throws unless PyTorch loads the table and accepts it.
void check_pytorch(const Table& table) {
  if (table.kind != TableKind::kTrain) {
    throw UserError(
        fmt::format("schedule {}: PyTorch takes tables of kind train only, this one is {}; use the dialect "
                    "triaxis",
                    table.name, kind_text(table.kind)));
  }
  std::vector<int> rank_of(static_cast<std::size_t>(table.stages), -1);
  for (int rank = 0; rank < table.ranks; ++rank) {
    const auto& row = table.rows[static_cast<std::size_t>(rank)];
    for (int position = 0; position < static_cast<int>(row.size()); ++position) {
      const Action action = row[static_cast<std::size_t>(position)];
      if (!pytorch_knows(action.kind))
        throw table_error(table, {rank, position}, "PyTorch has no such action; use the dialect triaxis");
      int& owner = rank_of[action.stage];
      if (owner >= 0 && owner != rank) {
        throw table_error(
            table, {rank, position},
            fmt::format("the stage is on rank {} too, and in PyTorch a stage has one rank; use the dialect "
                        "triaxis",
                        owner));
      }
      owner = rank;
    }
  }
}

/// The waits that PyTorch wants in a row with communication: after every send and every REDUCE_GRAD one for it. A
/// SEND_F is waited for once its stage's backward has shown that the tensor was used; the rest at the row's end.
class PytorchWaits {
 public:
  /// Writes the waits that follow the cell [begin, end).
  void follow(const std::vector<Action>& row, int begin, int end, std::string& text) {
    for (int position = begin; position < end; ++position) {
      const Action action = row[static_cast<std::size_t>(position)];
      if (is_send(action.kind)) sent_.insert(key(action));
      if (action.kind == kReduceGrad) write(action, text);
      const Action forward = make_action(kSendForward, action.stage, action.microbatch);
      if ((action.kind == kBackward || action.kind == kBackwardInput) && sent_.erase(key(forward)) > 0)
        write(forward, text);
    }
  }

  /// Writes the waits that are left at the row's end.
  void finish(std::string& text) {
    for (const auto& [kind, microbatch, stage] : sent_) write(make_action(kind, stage, microbatch), text);
    sent_.clear();
  }

 private:
  using Key = std::tuple<ActionKind, int, int>;

  static Key key(Action action) { return {action.kind, action.microbatch, action.stage}; }

  static void write(Action awaited, std::string& text) {
    text += ',';
    text += wait_text(awaited);
  }

  std::set<Key> sent_;  // and not waited for
};

/// Makes a table of a CSV's text, line by line.
class Reader {
 public:
  Reader(std::string_view text, std::string_view source) : rest_(text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    table_.name = source;
  }

  Table run() {
    while (!rest_.empty()) add_row(take_line());
    if (table_.rows.empty())
      throw UserError(fmt::format("{}: holds no schedule; one line a rank is needed", table_.name));
    table_.ranks = static_cast<int>(table_.rows.size());
    table_.stages = last_stage_ + 1;
    table_.microbatches = last_microbatch_ + 1;
    table_.kind = updates_ ? TableKind::kAsynchronous : backwards_ ? TableKind::kTrain : TableKind::kForward;
    return std::move(table_);
  }

 private:
  std::string_view take_line() {
    const std::string_view line = rest_.substr(0, rest_.find_first_of("\r\n"));
    rest_.remove_prefix(line.size());
    if (rest_.starts_with("\r\n"))
      rest_.remove_prefix(2);
    else if (!rest_.empty())
      rest_.remove_prefix(1);
    return line;
  }

  void add_row(std::string_view line) {
    if (table_.rows.size() == kMaxCsvRanks)
      throw UserError(fmt::format("{}: has more than {} lines, one a rank", table_.name, kMaxCsvRanks));
    auto& row = table_.rows.emplace_back();
    for (std::size_t begin = 0, cell = 1; begin <= line.size(); ++cell) {
      const auto end = std::min(line.find(',', begin), line.size());
      add_cell(row, line.substr(begin, end - begin), cell);
      begin = end + 1;
    }
    if (row.empty())
      throw UserError(fmt::format("{}, line {}: no action; every rank needs one", table_.name, table_.rows.size()));
  }

  void add_cell(std::vector<Action>& row, std::string_view text, std::size_t cell) {
    try {
      for (const Action action : parse_cell(text)) {
        row.push_back(action);
        note(action);
      }
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}, line {}, cell {}: {}", table_.name, table_.rows.size(), cell, error.what()));
    }
  }

  void note(Action action) {
    last_stage_ = std::max(last_stage_, static_cast<int>(action.stage));
    if (action.kind == kUpdate)
      updates_ = true;
    else if (has_microbatch(action.kind))
      last_microbatch_ = std::max(last_microbatch_, action.microbatch);
    backwards_ = backwards_ || is_weight(action.kind) || action.kind == kBackwardInput;
  }

  std::string_view rest_;
  Table table_;
  int last_stage_ = -1;
  int last_microbatch_ = -1;
  bool updates_ = false;
  bool backwards_ = false;
};

}  // namespace

std::string cell_text(const std::vector<Action>& row, int begin, int end) {
  const auto first = static_cast<std::size_t>(begin);
  if (end - begin == 1) return action_text(row[first]);
  return fmt::format("({};{})OVERLAP_F_B", action_text(row[first]), action_text(row[first + 1]));
}

std::string csv_of_steps(const Table& table, CsvDialect dialect) {
  const Table computes = compute_only(table);
  for (std::size_t rank = 0; rank < computes.rows.size(); ++rank) {
    if (computes.rows[rank].empty())
      throw UserError(fmt::format("schedule {}: rank {} computes nothing; write the table with its communication",
                                  table.name, rank));
  }
  if (dialect == CsvDialect::kPytorch) check_pytorch(computes);
  const auto steps = steps_of(computes);
  int columns = 0;
  for (const auto& row : steps)
    if (!row.empty()) columns = std::max(columns, row.back() + 1);
  std::string text;
  for (std::size_t rank = 0; rank < computes.rows.size(); ++rank) {
    const auto& row = computes.rows[rank];
    int column = 0;
    for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
      end = cell_end(row, begin);
      for (; column < steps[rank][static_cast<std::size_t>(begin)]; ++column) text += ',';
      text += cell_text(row, begin, end);
    }
    text.append(static_cast<std::size_t>(columns - 1 - column), ',');
    text += '\n';
  }
  return text;
}

std::string csv_of_rows(const Table& table, CsvDialect dialect) {
  if (dialect == CsvDialect::kPytorch) check_pytorch(table);
  std::string text;
  PytorchWaits waits;
  for (const auto& row : table.rows) {
    for (int begin = 0, end = 0; begin < static_cast<int>(row.size()); begin = end) {
      end = cell_end(row, begin);
      if (begin > 0) text += ',';
      text += cell_text(row, begin, end);
      if (dialect == CsvDialect::kPytorch) waits.follow(row, begin, end, text);
    }
    waits.finish(text);
    text += '\n';
  }
  return text;
}

Table parse_csv(std::string_view text, std::string_view source) { return Reader(text, source).run(); }

Table read_csv(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_file(path, kMaxCsvBytes);
  } catch (const RunError& error) {
    throw UserError(error.what());
  }
  return parse_csv(text, path.string());
}

}  // namespace triaxis
