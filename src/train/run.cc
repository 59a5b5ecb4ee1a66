#include "train/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "checkpoint/reader.h"
#include "comm/collectives.h"
#include "data/sampler.h"
#include "data/tokenizer.h"
#include "generate/generate.h"
#include "train/digest.h"
#include "train/metrics.h"
#include "train/run_checkpoints.h"
#include "train/stop.h"
#include "train/trainer.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What every rank tells every other after a step.
struct Status {
  std::array<std::int64_t, kCategories> memory{};
  std::int64_t stop = 0;
  SaveReport save;
};

/// RETURNS: the largest memory, and whether anyone was told to stop.
Status exchange(Trainer& trainer, RunCheckpoints& checkpoints) {
  Status mine;
  for (int c = 0; c < kCategories; ++c)
    mine.memory[static_cast<std::size_t>(c)] = trainer.ledger().high_water(static_cast<Category>(c));
  mine.stop = stop_requested() ? 1 : 0;
  mine.save = checkpoints.report();
  std::vector<Status> all(static_cast<std::size_t>(trainer.groups().all->size()));
  all_gather(*trainer.groups().all, std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
  std::vector<SaveReport> reports;
  for (const Status& other : all) {
    for (std::size_t c = 0; c < mine.memory.size(); ++c) mine.memory[c] = std::max(mine.memory[c], other.memory[c]);
    mine.stop |= other.stop;
    reports.push_back(other.save);
  }
  checkpoints.take(reports);
  return mine;
}

/// What a sample continues: the start of the text that was not trained on, or of all if there is none.
std::vector<std::int32_t> prompt_of(const Corpus& corpus) {
  constexpr std::size_t kLength = 16;
  const std::span<const Token> text = corpus.validation().size() < kLength ? corpus.training() : corpus.validation();
  const std::span<const Token> start = text.first(std::min(kLength, text.size()));
  return {start.begin(), start.end()};
}

class Loop {
 public:
  Loop(World& world, const Config& config, const RunPlan& plan, const Corpus& corpus, const RunOptions& options)
      : config_(config),
        plan_(plan),
        options_(options),
        prompt_(prompt_of(corpus)),
        is_first_(world.rank() == 0),
        sampler_(corpus, config.model.seq_len, static_cast<std::uint64_t>(config.train.seed)),
        trainer_(world, config, plan),
        checkpoints_(config, plan, corpus, trainer_, world.rank(), [this](const SaveNotice& notice) { say(notice); }),
        predicted_(largest_memory(config, plan)) {
    if (is_first_) metrics_.emplace(config.log.metrics);
    if (!options.checkpoint.empty()) go_on_from(options.checkpoint);
  }

  RunResult run() {
    for (std::int64_t step = first_; step <= config_.train.steps && result_.stopped_after == 0; ++step) one_step(step);
    if (is_first_ && options_.columns > 0) std::fputc('\n', stderr);
    if (!options_.digest.empty() && is_first_) write_file_atomically(options_.digest, digests_.dump(1) + "\n");
    if (options_.sample_bytes > 0 && result_.stopped_after == 0) result_.sample = sample();
    return std::move(result_);
  }

 private:
  void go_on_from(const std::filesystem::path& checkpoint) {
    CheckpointReader reader(checkpoint);
    trainer_.restore(reader);
    first_ = reader.index().step + 1;
    result_.losses = reader.index().losses;
    if (is_first_) log_info(fmt::format("going on from {}", checkpoint.string()));
  }

  void one_step(std::int64_t step) {
    const Clock::time_point start = Clock::now();
    const bool digested = !options_.digest.empty() && (step == first_ || step == config_.train.steps);
    std::vector<TensorDigest> gradients;
    StepMetrics metrics;
    metrics.step = step;
    metrics.result = trainer_.step(
        step, [this](std::int64_t n, auto ids, auto targets) { sampler_.fill(n, ids, targets); },
        digested ? [&] { gradients = digest(trainer_, plan_, DigestOf::kGradients); } : std::function<void()>());
    const Status status = exchange(trainer_, checkpoints_);
    metrics.seconds = seconds_since(start);
    metrics.memory = status.memory;
    if (digested) note_digest(metrics, gradients, digest(trainer_, plan_, DigestOf::kWeights));
    const bool last = step == config_.train.steps;
    const std::int64_t every = config_.train.validate_every;
    if ((last || (every > 0 && step % every == 0)) && sampler_.validation_windows() > 0)
      result_.validation_loss = metrics.validation_loss = validate();
    result_.losses.push_back(metrics.result.loss);
    training_seconds_ += metrics.seconds;
    ++result_.steps;
    if (status.stop != 0 && !last) result_.stopped_after = step;
    const bool ends = last || result_.stopped_after > 0;
    if (ends || step % config_.checkpoint.every == 0)
      metrics.checkpoint_seconds = checkpoints_.start(step, result_.losses);
    // The line is written before the checkpoint can be complete, so that no run goes on without it.
    if (is_first_) report(metrics, ends);
    if (ends) checkpoints_.finish();
  }

  double validate() {
    return trainer_.validate(sampler_.validation_windows(), [this](std::int64_t n, auto ids, auto targets) {
      sampler_.fill_validation(n, ids, targets);
    });
  }

  void report(const StepMetrics& metrics, bool last) {
    const double tokens = static_cast<double>(config_.batch.global * config_.model.seq_len);
    const double seconds_per_step = training_seconds_ / static_cast<double>(result_.steps);
    result_.tokens_per_second = tokens / seconds_per_step;
    if (!last && metrics.step % config_.log.every != 0 && !metrics.validation_loss) return;
    result_.last_line = metrics_line(config_, metrics, predicted_);
    metrics_->append(result_.last_line);
    const double left = seconds_per_step * static_cast<double>(config_.train.steps - metrics.step);
    const std::string text = progress_line(config_, metrics, left, options_.columns);
    std::fputs((options_.columns > 0 ? "\r" + text + "\x1b[K" : text + "\n").c_str(), stderr);
    std::fflush(stderr);
  }

  void say(const SaveNotice& notice) const {
    if (options_.columns > 0) std::fputs("\r\x1b[K", stderr);
    log_info(describe(notice));
  }

  void note_digest(const StepMetrics& metrics, const std::vector<TensorDigest>& gradients,
                   const std::vector<TensorDigest>& weights) {
    if (!is_first_) return;
    nlohmann::ordered_json tensors;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      tensors[weights[i].name] = {{"gradient_norm", gradients[i].norm},
                                  {"gradient_hash", gradients[i].hash},
                                  {"weight_norm", weights[i].norm},
                                  {"weight_hash", weights[i].hash}};
    }
    digests_["steps"][std::to_string(metrics.step)] = {{"loss_bits", loss_bits(metrics.result.loss)},
                                                       {"grad_norm", metrics.result.gradient_norm},
                                                       {"tensors", tensors}};
  }

  std::string sample() {
    const Tokenizer tokenizer(config_.data.tokenizer);
    GenerateOptions generate;
    generate.tokens = options_.sample_bytes;
    generate.seed = static_cast<std::uint64_t>(config_.train.seed);
    generate.symbols = tokenizer.symbols();
    const auto logits = [this](std::span<const std::int32_t> tokens, std::int64_t position) {
      return trainer_.logits(tokens, position);
    };
    return tokenizer.decode(triaxis::generate(prompt_, config_.batch.micro, config_.model.seq_len, logits, generate));
  }

  const Config& config_;
  const RunPlan& plan_;
  const RunOptions& options_;
  std::vector<std::int32_t> prompt_;
  bool is_first_;
  Sampler sampler_;
  Trainer trainer_;
  RunCheckpoints checkpoints_;
  std::int64_t first_ = 1;  // step of this start
  MemoryBytes predicted_;
  std::optional<LineFile> metrics_;
  nlohmann::ordered_json digests_ = {{"steps", nlohmann::ordered_json::object()}};
  double training_seconds_ = 0;
  RunResult result_;
};

}  // namespace

std::string loss_bits(double loss) {
  return fmt::format("{:08x}", std::bit_cast<std::uint32_t>(static_cast<float>(loss)));
}

RunResult run_training(World& world, const Config& config, const RunPlan& plan, const Corpus& corpus,
                       const RunOptions& options) {
  world.set_timeout(config.comm.timeout);
  return Loop(world, config, plan, corpus, options).run();
}

}  // namespace triaxis
