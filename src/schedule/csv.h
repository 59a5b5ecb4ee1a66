// Tables as CSV files: docs/formats/schedule.md describes the format.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/table.h"

namespace triaxis {

inline constexpr std::size_t kMaxCsvRanks = 65536;
inline constexpr std::size_t kMaxCsvBytes = std::size_t{1} << 29;  // 1,024 ranks with 4,096 microbatches take 0.4 GiB

enum class CsvDialect {
  kTriaxis,  // everything that a table can hold
  kPytorch,  // what torch.distributed.pipelining loads and validates
};

/// The table as PyTorch's compute-only form has it: a line a rank, padded with blanks so that a cell's column is its
/// step: every cell takes one step and stands right of all that it waits for. Only compute and OPT are kept.
/// REQUIRES: a table that verify accepts. Throws UserError if the dialect cannot express it.
std::string csv_of_steps(const Table& table, CsvDialect dialect);

/// The table as PyTorch's form with communication has it: a line a rank, every action, no blanks; in PyTorch's dialect
/// also a wait for every send and every REDUCE_GRAD, which PyTorch wants. Throws UserError if the dialect cannot
/// express it.
std::string csv_of_rows(const Table& table, CsvDialect dialect);

/// The text of one cell, the actions [begin, end) of the row.
std::string cell_text(const std::vector<Action>& row, int begin, int end);

/// Reads either form in either dialect. `source` names the text in errors and becomes the table's name. The kind
/// follows from the actions: asynchronous with an OPT, else train with a backward, else forward. The table is not
/// verified. Throws UserError with line and cell.
Table parse_csv(std::string_view text, std::string_view source);

/// Reads a file as parse_csv does. Throws UserError if it cannot be read or holds more than kMaxCsvBytes.
Table read_csv(const std::filesystem::path& path);

}  // namespace triaxis
