#include "render/loss_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace triaxis {
namespace {

constexpr double kWidth = 720, kHeight = 320, kLeft = 48, kRight = 170, kTop = 36, kBottom = 34;

/// Steps and losses to places on the page.
class Axes {
 public:
  Axes(std::size_t steps, double most)
      : steps_(static_cast<double>(std::max<std::size_t>(steps, 2))), most_(std::ceil(most)) {}
  double x(double step) const { return kLeft + (step - 1) / (steps_ - 1) * (kWidth - kLeft - kRight); }
  double y(double loss) const { return kHeight - kBottom - loss / most_ * (kHeight - kTop - kBottom); }
  int most() const { return static_cast<int>(most_); }

 private:
  double steps_;
  double most_;
};

std::string text(double x, double y, std::string_view anchor, std::string_view fill, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"{}\">{}</text>\n", x, y, anchor, fill,
                     words);
}

}  // namespace

std::string loss_svg(std::span<const double> losses, const std::vector<LossLevel>& levels, std::string_view title) {
  double most = *std::max_element(losses.begin(), losses.end());
  for (const LossLevel& level : levels) most = std::max(most, level.loss);
  const Axes axes(losses.size(), most);
  const double right = kWidth - kRight;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      kWidth, kHeight);
  svg += text(kLeft, 20, "start", "#222", title);
  for (int loss = 0; loss <= axes.most(); ++loss) {
    svg += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#e5e5e5\"/>\n", kLeft, right,
                       axes.y(loss), axes.y(loss));
    svg += text(kLeft - 8, axes.y(loss) + 4, "end", "#666", std::to_string(loss));
  }
  for (const LossLevel& level : levels) {
    svg += fmt::format(
        "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#c2410c\" stroke-dasharray=\"5 4\"/>\n", kLeft,
        right, axes.y(level.loss), axes.y(level.loss));
    svg +=
        text(right + 8, axes.y(level.loss) + 4, "start", "#c2410c", fmt::format("{} {:.3f}", level.name, level.loss));
  }
  svg += "<polyline fill=\"none\" stroke=\"#1d4ed8\" stroke-width=\"1.8\" points=\"";
  for (std::size_t i = 0; i < losses.size(); ++i) {
    svg += fmt::format("{:.1f},{:.1f} ", axes.x(static_cast<double>(i + 1)), axes.y(losses[i]));
  }
  svg += "\"/>\n";
  svg += text((kLeft + right) / 2, kHeight - 8, "middle", "#666",
              fmt::format("step (of {}); loss in nats a token", losses.size()));
  return svg + "</svg>\n";
}

}  // namespace triaxis
