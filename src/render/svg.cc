#include "render/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "render/markup.h"

namespace triaxis {
namespace {

constexpr double kMargin = 16;
constexpr double kRankLabel = 56;
constexpr double kHeader = 56;
constexpr double kRowHeight = 26;
constexpr double kRowGap = 4;
constexpr double kAxis = 26;
constexpr double kLegend = 24;
constexpr double kLetter = 6.2;  // width of a character at the blocks' font size

struct Look {
  std::string_view name;
  std::string_view fill;
  bool (*matches)(const DrawnBlock&);
};

constexpr std::string_view kUpdateFill = "#222222";

constexpr std::array<Look, 7> kLooks = {{
    {"forward and backward overlapped", "#d7afff", [](const DrawnBlock& b) { return b.overlapped; }},
    {"forward", "#87afff", [](const DrawnBlock& b) { return b.kind == ActionKind::kForward; }},
    {"backward", "#87d787", [](const DrawnBlock& b) { return b.kind == ActionKind::kBackward; }},
    {"backward of input", "#87d7af", [](const DrawnBlock& b) { return b.kind == ActionKind::kBackwardInput; }},
    {"backward of weights", "#afd787", [](const DrawnBlock& b) { return b.kind == ActionKind::kBackwardWeight; }},
    {"recompute", "#ffd787", [](const DrawnBlock& b) { return b.kind == ActionKind::kRecompute; }},
    {"update of weights", kUpdateFill, [](const DrawnBlock& b) { return b.kind == ActionKind::kUpdate; }},
}};

std::size_t look_of(const DrawnBlock& block) {
  std::size_t look = 0;
  while (!kLooks[look].matches(block)) ++look;
  return look;
}

/// A distance of axis marks that a person would choose, about `wanted` of them over `span`.
double mark_distance(double span, double wanted) {
  const double power = std::pow(10, std::floor(std::log10(span / wanted)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (span / (power * factor) <= wanted) return power * factor;
  return power * 10;
}

class Picture {
 public:
  explicit Picture(const BlockRows& rows) : rows_(rows) {
    double shortest = INFINITY;
    std::size_t label = 1;
    for (const auto& row : rows) {
      for (const DrawnBlock& block : row) {
        shortest = std::min(shortest, block.end - block.start);
        label = std::max(label, block.label.size());
        span_ = std::max(span_, block.end);
      }
    }
    if (span_ == 0) span_ = 1;
    // Wide enough for the labels, as far as a screen or two reach.
    const double wanted = (static_cast<double>(label) * kLetter + 6) * span_ / shortest;
    plot_width_ = std::clamp(wanted, 480.0, 2400.0);
    scale_ = plot_width_ / span_;
  }

  std::string draw(std::string_view title, std::string_view subtitle) {
    const double plot_height = static_cast<double>(rows_.size()) * (kRowHeight + kRowGap);
    const double width = 2 * kMargin + kRankLabel + plot_width_;
    const double height = kMargin + kHeader + plot_height + kAxis + kLegend;
    text_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
        "{1:.0f}\" "
        "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        "<text x=\"{2}\" y=\"34\" font-size=\"18\" font-weight=\"bold\">{3}</text>\n"
        "<text x=\"{2}\" y=\"54\" fill=\"#555\">{4}</text>\n",
        width, height, kMargin, escaped(title), escaped(subtitle));
    for (std::size_t rank = 0; rank < rows_.size(); ++rank) draw_row(rank);
    draw_axis(top(rows_.size()));
    draw_legend(top(rows_.size()) + kAxis + 12);
    return std::move(text_) + "</svg>\n";
  }

 private:
  double left(double time) const { return kMargin + kRankLabel + time * scale_; }
  static double top(std::size_t rank) { return kMargin + kHeader + static_cast<double>(rank) * (kRowHeight + kRowGap); }

  void draw_row(std::size_t rank) {
    const double y = top(rank);
    const double middle = y + kRowHeight / 2 + 4;
    text_ += fmt::format("<text x=\"{}\" y=\"{:.1f}\">rank {}</text>\n", kMargin, middle, rank);
    text_ += fmt::format("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{}\" fill=\"#eeeeee\"/>\n", left(0),
                         y, plot_width_, kRowHeight);
    for (const DrawnBlock& block : rows_[rank]) {
      const std::size_t look = look_of(block);
      used_[look] = true;
      const double width = (block.end - block.start) * scale_;
      text_ += fmt::format(
          "<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\" stroke=\"white\" "
          "stroke-width=\"{}\"><title>{} {:g}..{:g}</title></rect>\n",
          left(block.start), y, width, kRowHeight, kLooks[look].fill, width > 6 ? 1 : 0, block.label, block.start,
          block.end);
      if (static_cast<double>(block.label.size()) * kLetter + 2 <= width) {
        text_ += fmt::format("<text x=\"{:.2f}\" y=\"{:.1f}\" text-anchor=\"middle\"{}>{}</text>\n",
                             left((block.start + block.end) / 2), middle,
                             block.kind == ActionKind::kUpdate ? " fill=\"white\"" : "", block.label);
      }
      if (!block.updates.empty()) draw_updates(block, y);
    }
  }

  /// Updates that take no time: a bar at the end of the block before them.
  void draw_updates(const DrawnBlock& block, double y) {
    used_.back() = true;
    text_ += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"3\" height=\"{}\" fill=\"{}\"><title>{} {:g}</title></rect>\n",
        left(block.end) - 3, y, kRowHeight, kUpdateFill, block.updates, block.end);
  }

  void draw_axis(double y) {
    constexpr double kMarkEvery = 90;
    const double distance = mark_distance(span_, plot_width_ / kMarkEvery);
    for (int i = 0; i * distance <= span_ * (1 + 1e-9); ++i) {
      const double time = i * distance;
      text_ += fmt::format(
          "<path d=\"M{0:.2f} {1:.1f}v5\" stroke=\"#888\"/>"
          "<text x=\"{0:.2f}\" y=\"{2:.1f}\" text-anchor=\"middle\" fill=\"#555\">{3:g}</text>\n",
          left(time), y, y + 17, time);
    }
  }

  void draw_legend(double y) {
    double x = kMargin + kRankLabel;
    const auto add = [&](std::string_view name, std::string_view fill) {
      text_ += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"11\" height=\"11\" fill=\"{}\"/><text x=\"{:.1f}\" "
          "y=\"{:.1f}\">{}</text>\n",
          x, y - 10, fill, x + 16, y, name);
      x += 36 + static_cast<double>(name.size()) * kLetter;
    };
    for (std::size_t look = 0; look < kLooks.size(); ++look)
      if (used_[look]) add(kLooks[look].name, kLooks[look].fill);
    add("idle", "#eeeeee");
  }

  const BlockRows& rows_;
  double span_ = 0;
  double plot_width_ = 0;
  double scale_ = 1;
  std::array<bool, kLooks.size()> used_{};
  std::string text_;
};

}  // namespace

std::string blocks_svg(const BlockRows& rows, std::string_view title, std::string_view subtitle) {
  return Picture(rows).draw(title, subtitle);
}

}  // namespace triaxis
