#include "cli/train_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "data/ngram.h"
#include "data/sampler.h"
#include "data/tokenizer.h"
#include "render/loss_svg.h"
#include "render/text.h"
#include "spec/parameter.h"

namespace triaxis {
namespace {

/// One bar for each of up to a dozen parts of the run, as long as its mean loss.
std::string loss_curve(const std::vector<double>& losses) {
  constexpr std::size_t kParts = 12;
  constexpr double kWidth = 48;
  const std::size_t parts = std::min(kParts, losses.size());
  const double most = *std::max_element(losses.begin(), losses.end());
  std::string text;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t first = part * losses.size() / parts;
    const std::size_t last = (part + 1) * losses.size() / parts;
    double mean = 0;
    for (std::size_t i = first; i < last; ++i) mean += losses[i] / static_cast<double>(last - first);
    const auto length = static_cast<int>(most > 0 ? mean / most * kWidth : 0);
    text += fmt::format("  step {:>5}  {:6.3f}  {:#>{}}\n", last, mean, "", length);
  }
  return text;
}

/// Nothing where nothing is validated on.
std::optional<NgramLosses> baselines(const Corpus& corpus, const Config& config) {
  const Sampler sampler(corpus, config.model.seq_len, static_cast<std::uint64_t>(config.train.seed));
  if (sampler.validation_windows() == 0) return std::nullopt;
  return ngram_losses(corpus.training(), sampler.validation_tokens(), Tokenizer(config.data.tokenizer).symbols());
}

std::string layout_of(const Config& config) {
  return fmt::format("data {} x tensor {} x pipeline {}", config.parallel.data, config.parallel.tensor,
                     config.parallel.pipeline);
}

}  // namespace

std::string report_text(const Config& config, const RunPlan& plan, const Corpus& corpus, const RunResult& result,
                        bool colour) {
  std::string text = fmt::format("\nLoss of {} parameters on {} ranks, {}\n",
                                 format_count(static_cast<double>(parameter_count(config.model))), plan.grid.ranks(),
                                 layout_of(config));
  text += loss_curve(result.losses);
  if (const std::optional<NgramLosses> ngram = baselines(corpus, config); ngram && result.validation_loss) {
    text += fmt::format(
        "\nValidation loss, nats a token\n  unigram counts  {:6.3f}\n  bigram counts   {:6.3f}\n  this model      "
        "{:6.3f}   ({:.3f} under the "
        "bigram)\n",
        ngram->unigram, ngram->bigram, *result.validation_loss, ngram->bigram - *result.validation_loss);
  }
  text += fmt::format("\nThe schedule {}: a row a rank of the pipeline, a column a step\n{}", plan.compute.name,
                      blocks_text(step_blocks(plan.compute), colour));
  if (!result.sample.empty()) text += fmt::format("\nA sample of what it writes\n{}\n", result.sample);
  text += fmt::format("\n{} tokens/s; metrics in {}, a picture in {}\n", format_count(result.tokens_per_second),
                      config.log.metrics, report_picture(config));
  return text;
}

std::string report_picture(const Config& config) {
  return (std::filesystem::path(config.checkpoint.dir) / "loss.svg").string();
}

std::string report_svg(const Config& config, const Corpus& corpus, const RunResult& result) {
  std::vector<LossLevel> levels;
  if (const std::optional<NgramLosses> ngram = baselines(corpus, config); ngram && result.validation_loss) {
    levels = {
        {"unigram counts", ngram->unigram}, {"bigram counts", ngram->bigram}, {"validation", *result.validation_loss}};
  }
  return loss_svg(result.losses, levels,
                  fmt::format("{} parameters, {}, {}", format_count(static_cast<double>(parameter_count(config.model))),
                              layout_of(config), config.parallel.schedule));
}

std::string report_json(const Config& config, const RunPlan& plan, const RunResult& result) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(result.last_line);
  json["ranks"] = plan.grid.ranks();
  json["layout"] = {
      {"data", config.parallel.data}, {"tensor", config.parallel.tensor}, {"pipeline", config.parallel.pipeline}};
  json["schedule"] = config.parallel.schedule;
  json["steps"] = config.train.steps;
  json["parameters"] = parameter_count(config.model);
  json["losses"] = result.losses;
  json["loss_bits"] = nlohmann::ordered_json::array();
  for (const double loss : result.losses) json["loss_bits"].push_back(loss_bits(loss));
  return json.dump();
}

}  // namespace triaxis
