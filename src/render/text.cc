#include "render/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace triaxis {
namespace {

/// Black on a colour of the 256-colour palette, the same hues as the SVG's.
std::string_view colour_of(const DrawnBlock& block) {
  if (block.overlapped) return "\x1b[30;48;5;183m";
  switch (block.kind) {
    case ActionKind::kForward:
      return "\x1b[30;48;5;111m";
    case ActionKind::kBackwardInput:
      return "\x1b[30;48;5;115m";
    case ActionKind::kBackwardWeight:
      return "\x1b[30;48;5;150m";
    case ActionKind::kRecompute:
      return "\x1b[30;48;5;222m";
    case ActionKind::kUpdate:
      return "\x1b[97;48;5;238m";
    default:
      return "\x1b[30;48;5;114m";
  }
}

constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kDim = "\x1b[2m";

/// The shortest block, unless that made more columns than anyone would read.
double unit_of(const BlockRows& rows) {
  constexpr double kMostColumns = 4096;
  double shortest = INFINITY;
  double last = 0;
  for (const auto& row : rows) {
    for (const DrawnBlock& block : row) {
      shortest = std::min(shortest, block.end - block.start);
      last = std::max(last, block.end);
    }
  }
  return std::max(shortest, last / kMostColumns);
}

/// A block of a unit or more keeps at least a column when its ends are rounded.
int column_of(double time, double unit) { return static_cast<int>(std::lround(time / unit)); }

/// A star marks the updates at a block's end.
std::string label_of(const DrawnBlock& block) { return block.updates.empty() ? block.label : block.label + '*'; }

struct Layout {
  double unit = 1;
  int columns = 0;
  int width = 0;  // characters of a column, the blank between columns included
};

Layout layout_of(const BlockRows& rows) {
  Layout layout;
  layout.unit = unit_of(rows);
  for (const auto& row : rows) {
    for (const DrawnBlock& block : row) {
      const int begin = column_of(block.start, layout.unit);
      const int end = column_of(block.end, layout.unit);
      if (end == begin) continue;
      const int label = static_cast<int>(label_of(block).size()) + 1;
      layout.columns = std::max(layout.columns, end);
      layout.width = std::max(layout.width, (label + end - begin - 1) / (end - begin));
    }
  }
  return layout;
}

bool has_updates(const BlockRows& rows) {
  const auto updates = [](const DrawnBlock& block) { return !block.updates.empty(); };
  return std::any_of(rows.begin(), rows.end(),
                     [&](const auto& row) { return std::any_of(row.begin(), row.end(), updates); });
}

void add_idle(std::string& line, int columns, int width, bool colour) {
  if (columns <= 0) return;
  if (colour) line += kDim;
  for (int i = 0; i < columns; ++i) line += fmt::format("{:<{}}", ".", width);
  if (colour) line += kPlain;
}

void add_block(std::string& line, const DrawnBlock& block, int columns, int width, bool colour) {
  const int inside = columns * width - 1;
  const std::string label = label_of(block);
  if (colour)
    line += fmt::format("{}{:<{}}{} ", colour_of(block), label, inside, kPlain);
  else if (columns == 1)
    line += fmt::format("{:<{}} ", label, inside);
  else
    line += fmt::format("{:-<{}} ", label, inside);
}

}  // namespace

std::string blocks_text(const BlockRows& rows, bool colour) {
  const Layout layout = layout_of(rows);
  const auto digits = fmt::to_string(rows.size() - 1).size();
  std::string text;
  for (std::size_t rank = 0; rank < rows.size(); ++rank) {
    std::string line = fmt::format("rank {:>{}}  ", rank, digits);
    int column = 0;
    for (const DrawnBlock& block : rows[rank]) {
      const int begin = column_of(block.start, layout.unit);
      const int end = column_of(block.end, layout.unit);
      if (end == begin) continue;
      add_idle(line, begin - column, layout.width, colour);
      add_block(line, block, end - begin, layout.width, colour);
      column = end;
    }
    add_idle(line, layout.columns - column, layout.width, colour);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  if (has_updates(rows)) text += "* an update of the stage's weights (OPT) at its end\n";
  return text;
}

}  // namespace triaxis
