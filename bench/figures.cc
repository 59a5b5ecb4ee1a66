// The figures of docs/figures/, drawn from tables made and timed here. bench_figures FOLDER
#include <fmt/format.h>

#include <array>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "render/markup.h"
#include "schedule/period.h"
#include "schedule/registry.h"
#include "schedule/timing.h"

namespace triaxis {
namespace {

constexpr std::array kRanks = {4, 8, 16};
constexpr std::array<std::string_view, 3> kColours = {"#e08a00", "#2f7dd1", "#6a2c91"};
constexpr int kRule = 4;  // microbatches a rank, above which the bubble is said to be small
constexpr int kMostMicrobatches = 8;

constexpr int kColumns = 5;
constexpr double kWidth = 900, kMargin = 12, kHeader = 50, kPanelHeight = 158;
constexpr double kPanelWidth = (kWidth - 2 * kMargin) / kColumns;
constexpr double kLeft = 30, kRight = 6, kTop = 24, kBottom = 30;  // of a panel, around its plot
constexpr double kMostBubble = 0.6;

/// Idle time as a share of what the schedule's bubble is of. Nothing where the table is too short to have a period.
std::optional<double> bubble_ratio(const ScheduleRow& row, const Table& table) {
  const Timeline timeline = time_table(table, {});
  if (row.bubble_of == BubbleOf::kFlush) return timeline.bubble_ratio;
  return period_bubble_ratio(table, timeline, period_of(table, {}));
}

struct Point {
  double microbatches = 0;  // a rank
  double bubble = 0;
};

/// The bubble at every half of a microbatch a rank that lies in the schedule's domain.
std::vector<Point> curve_of(const ScheduleRow& row, int ranks) {
  std::vector<Point> points;
  for (int halves = 1; halves <= 2 * kMostMicrobatches; ++halves) {
    const ScheduleRequest request{ranks, halves * ranks / 2, row.default_stages_per_rank};
    if (row.outside != nullptr && !row.outside(request).empty()) continue;
    const auto bubble = bubble_ratio(row, make_schedule(row, request));
    if (bubble) points.push_back({halves / 2.0, *bubble});
  }
  return points;
}

std::string text(double x, double y, std::string_view anchor, std::string_view style, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" {}>{}</text>\n", x, y, anchor, style,
                     escaped(words));
}

/// One schedule's curves, one for each number of ranks.
class Panel {
 public:
  Panel(double left, double top) : left_(left), top_(top) {}

  std::string draw(const ScheduleRow& row) const {
    std::string svg = text(left_ + kLeft, top_ + 15, "start", "font-weight=\"bold\"", row.name);
    svg += axes();
    double beside = top_ + kTop + 10;  // the next line beside the rule
    const auto note = [&](std::string_view colour, std::string_view words) {
      svg += text(x(kMostMicrobatches) - 2, beside, "end", fmt::format("font-size=\"11\" fill=\"{}\"", colour), words);
      beside += 13;
    };
    for (std::size_t i = 0; i < kRanks.size(); ++i) {
      const auto points = curve_of(row, kRanks[i]);
      svg += curve(points, kColours[i]);
      for (const Point& point : points)
        if (point.microbatches == kRule) note(kColours[i], fmt::format("{:.1f} %", 100 * point.bubble));
    }
    if (row.bubble_of == BubbleOf::kPeriod) note("#666", "of the period");
    return svg;
  }

 private:
  double x(double microbatches) const {
    return left_ + kLeft + microbatches / kMostMicrobatches * (kPanelWidth - kLeft - kRight);
  }
  double y(double bubble) const {
    return top_ + kPanelHeight - kBottom - bubble / kMostBubble * (kPanelHeight - kTop - kBottom);
  }

  std::string axes() const {
    constexpr std::string_view kMark = "font-size=\"11\" fill=\"#666\"";
    std::string svg;
    for (const int percent : {0, 20, 40, 60}) {
      const double height = y(percent / 100.0);
      svg +=
          fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#e3e3e3\"/>\n", x(0), height, x(kMostMicrobatches));
      svg += text(x(0) - 4, height + 4, "end", kMark, fmt::format("{}", percent));
    }
    for (const int microbatches : {0, 2, 4, 6, 8})
      svg += text(x(microbatches), y(0) + 14, "middle", kMark, fmt::format("{}", microbatches));
    return svg + fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}\" stroke=\"#888\" stroke-dasharray=\"3 3\"/>\n", x(kRule),
                             y(kMostBubble), y(0));
  }

  /// The curve, as far as it lies on the scale, with a dot at the rule.
  std::string curve(const std::vector<Point>& points, std::string_view colour) const {
    const double width = x(kMostMicrobatches) - x(0), height = y(0) - y(kMostBubble);
    std::string line, dots;
    for (const Point& point : points) {
      line += fmt::format("{:.1f},{:.1f} ", x(point.microbatches) - x(0), y(point.bubble) - y(kMostBubble));
      if (point.microbatches == kRule && point.bubble <= kMostBubble)
        dots = fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.6\" fill=\"{}\"/>\n", x(kRule), y(point.bubble),
                           colour);
    }
    // An inner picture cuts off what lies outside it; a pixel more below, for the width of a line at 0.
    return fmt::format(
        "<svg x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><polyline fill=\"none\" stroke=\"{}\" "
        "stroke-width=\"1.6\" points=\"{}\"/></svg>\n{}",
        x(0), y(kMostBubble), width, height + 1, colour, line, dots);
  }

  double left_;
  double top_;
};

std::string header() {
  std::string svg = text(kMargin, 20, "start", "font-size=\"16\" font-weight=\"bold\"",
                         "Bubble in % against microbatches a rank, m / p");
  double x = kMargin;
  for (std::size_t i = 0; i < kRanks.size(); ++i) {
    svg += fmt::format("<path d=\"M{:.1f} 36h20\" stroke=\"{}\" stroke-width=\"2.5\"/>\n", x, kColours[i]);
    svg += text(x + 25, 40, "start", "", fmt::format("p = {}", kRanks[i]));
    x += 80;
  }
  return svg + text(x + 6, 40, "start", "fill=\"#555\"",
                    "dashed: m = 4p, with the values there beside it (naive: above the scale); F = I = W, sending "
                    "takes no time");
}

/// A panel for every schedule: whether m >= 4p makes the bubble small.
std::string microbatches_svg() {
  std::string panels;
  int count = 0;
  for (const ScheduleRow& row : schedules()) {
    const int line = count / kColumns;
    panels += Panel(kMargin + count % kColumns * kPanelWidth, kHeader + line * kPanelHeight).draw(row);
    ++count;
  }
  const int rows = (count + kColumns - 1) / kColumns;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" fill=\"#222\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{2}{3}</svg>\n",
      kWidth, kHeader + rows * kPanelHeight, header(), panels);
}

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) {
  try {
    const std::string folder = argc > 1 ? argv[1] : "docs/figures";
    triaxis::write_file_atomically(folder + "/microbatches.svg", triaxis::microbatches_svg());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_figures: {}\n", error.what());
    return 1;
  }
}
