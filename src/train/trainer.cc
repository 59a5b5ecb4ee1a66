#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "checkpoint/restore.h"
#include "comm/collectives.h"
#include "data/sampler.h"
#include "optim/adamw.h"
#include "optim/clip.h"
#include "optim/learning_rate.h"
#include "spec/activation.h"

namespace triaxis {
namespace {

ExecutorSetup setup(const Config& config, const RunPlan& plan, const RankPlan& mine, const Groups& groups,
                    Stream& stream, MemoryLedger& ledger) {
  return {.model = config.model,
          .kernels = fast_kernels(),
          .stream = stream,
          .ledger = ledger,
          .slice = mine.slice,
          .batch = config.batch.micro,
          .groups = mine.groups,
          .seed = static_cast<std::uint64_t>(config.train.seed),
          .stages = plan.blocks,
          .train = &mine.train,
          .forward = &mine.forward,
          .tensor = groups.tensor.get(),
          .pipeline = groups.pipeline.get(),
          .data = groups.data.get(),
          .tie = groups.tie.get(),
          .first_rank = plan.first_rank,
          .last_rank = plan.last_rank};
}

BatchShape batch_shape(const Config& config, const RankPlan& mine) {
  return {.microbatches = mine.microbatches,
          .micro = config.batch.micro,
          .seq = config.model.seq_len,
          .groups = mine.groups};
}

template <typename T>
std::span<const std::byte> bytes(const std::vector<T>& values) {
  return std::as_bytes(std::span<const T>(values));
}

template <typename T>
std::vector<T> gather(Communicator& group, const std::vector<T>& mine) {
  std::vector<T> all(mine.size() * static_cast<std::size_t>(group.size()));
  all_gather(group, bytes(mine), std::as_writable_bytes(std::span<T>(all)));
  return all;
}

}  // namespace

int compute_threads(const Config& config, int ranks_here) {
  if (config.train.threads > 0) return config.train.threads;
  if (const char* asked = std::getenv("OMP_NUM_THREADS"); asked != nullptr && std::atoi(asked) > 0)
    return std::atoi(asked);
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / std::max(1, ranks_here));
}

Trainer::Trainer(World& world, const Config& config, const RunPlan& plan)
    : config_(config),
      plan_(plan),
      mine_(plan_rank(config, plan, world.rank())),
      rank_(world.rank()),
      groups_(make_groups(world, plan.grid)),
      stream_(compute_threads(config, static_cast<int>(world.ranks_here().size()))),
      kernels_(fast_kernels()),
      executor_(std::make_unique<Executor>(setup(config_, plan, mine_, groups_, stream_, ledger_))),
      batch_(batch_shape(config, mine_), ledger_),
      norms_(parameters_of(config.model), tensor_shards(config)),
      norm_parts_(norm_parts()),
      squares_(norms_.size(), 0.0),
      small_(ledger_, Category::kWorkspace, Arena::footprint(DType::kF64, 1)),
      square_(small_.allocate(DType::kF64, {1})) {
  world.set_activity([this] { return executor_->activity(); });
  executor_->initialise();
}

void Trainer::restore(CheckpointReader& reader) {
  for (const auto& runtime : executor_->stages()) triaxis::restore(runtime->parameters, reader, stream_, true);
  executor_->refresh();
}

StepResult Trainer::step(std::int64_t step, const FillSequence& fill, const std::function<void()>& before_update) {
  const BatchConfig& batch = config_.batch;
  const double tokens = static_cast<double>(batch.global) * static_cast<double>(config_.model.seq_len);
  batch_.load(step, first_sequence(batch, step - 1, config_.parallel.data, mine_.at.data, 0), 1.0 / tokens, fill);
  executor_->run(mine_.train, batch_.microbatches(), config_.model.dropout, nullptr);
  StepResult result;
  result.loss = mean_loss(batch.global);
  gather_squares();
  result.gradient_norm = norms_.global_norm(squares_);
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) find_bad_tensor(step);
  const std::int64_t decay = config_.optimizer.decay_steps > 0 ? config_.optimizer.decay_steps : config_.train.steps;
  result.lr = learning_rate(config_.optimizer, decay, step);
  if (before_update) before_update();
  update(step, result);
  return result;
}

void Trainer::update(std::int64_t step, const StepResult& result) {
  const UpdateStep shared{step, result.lr, clip_scale(result.gradient_norm, config_.optimizer.clip)};
  for (const auto& runtime : executor_->stages()) {
    const ParameterStore& store = runtime->parameters;
    for (const Entry& entry : store.entries()) {
      const Unit& unit = store.units()[static_cast<std::size_t>(entry.unit)];
      if (unit.weight_of >= 0) continue;
      // Every end of a tie decays as the parameter that it is an end of.
      const AdamStep adam = adam_step(config_.optimizer, shared, entry.spec);
      for (std::int64_t s = 0; s < store.local_shards(entry); ++s) {
        kernels_.adamw(stream_, adam, store.block(entry, unit.gradients.front(), s), store.block(entry, unit.weight, s),
                       store.block(entry, unit.moment1, s), store.block(entry, unit.moment2, s));
      }
    }
  }
  executor_->refresh();
}

// Each (parameter, shard) has one owner in the list: the tensor rank that holds it, or tensor rank 0 of what all hold.
std::vector<Trainer::NormPart> Trainer::norm_parts() const {
  const std::vector<ParameterSpec> rows = parameters_of(config_.model);
  std::vector<NormPart> parts;
  for (const auto& runtime : executor_->stages()) {
    const ParameterStore& store = runtime->parameters;
    for (const Entry& entry : store.entries()) {
      const bool is_replicated = entry.spec.tensor.kind != SpreadKind::kSharded;
      if (!entry.spec.tied_to.empty() || (is_replicated && mine_.at.tensor != 0)) continue;
      const auto row =
          std::find_if(rows.begin(), rows.end(), [&](const ParameterSpec& r) { return r.name == entry.spec.name; });
      const View& gradient = store.units()[static_cast<std::size_t>(entry.unit)].gradients.front();
      for (std::int64_t s = 0; s < store.local_shards(entry); ++s) {
        const std::size_t number =
            norms_.entry(static_cast<std::size_t>(row - rows.begin()), store.first_shard(entry) + s);
        parts.push_back({number, store.block(entry, gradient, s)});
      }
    }
  }
  return parts;
}

void Trainer::gather_squares() {
  std::vector<double> here(norms_.size(), 0.0);
  for (const NormPart& part : norm_parts_) {
    kernels_.sum_of_squares(stream_, part.gradient, square_);
    here[part.entry] = *square_.as<double>();
  }
  const std::vector<double> all = gather(*groups_.model, here);
  // Exactly one rank has each entry, so adding the others' zeros is exact.
  std::fill(squares_.begin(), squares_.end(), 0.0);
  for (std::size_t i = 0; i < all.size(); ++i) squares_[i % squares_.size()] += all[i];
}

std::vector<double> Trainer::gather_losses() {
  const std::span<const double> losses = batch_.losses();
  const std::vector<double> all = gather(*groups_.sequences, std::vector<double>(losses.begin(), losses.end()));
  std::vector<double> global;
  for (int d = 0; d < config_.parallel.data; ++d) {
    const std::ptrdiff_t member = std::ptrdiff_t{d} * config_.parallel.pipeline + plan_.last_rank;
    const auto start = all.begin() + member * std::ssize(losses);
    global.insert(global.end(), start, start + std::ssize(losses));
  }
  return global;
}

double Trainer::mean_loss(std::int64_t sequences) {
  const std::vector<double> losses = gather_losses();
  double sum = 0;
  for (std::int64_t i = 0; i < sequences; ++i) sum += losses[static_cast<std::size_t>(i)];
  return sum / (static_cast<double>(sequences) * static_cast<double>(config_.model.seq_len));
}

double Trainer::validate(std::int64_t windows, const FillSequence& fill) {
  const std::int64_t global = config_.batch.global;
  double sum = 0;
  for (std::int64_t first = 0; first < windows; first += global) {
    // The last round is filled up with the last window, whose repetitions are not counted.
    batch_.load(0, first + mine_.at.data * (global / config_.parallel.data), 1.0,
                [&](std::int64_t window, std::span<std::int32_t> ids, std::span<std::int32_t> targets) {
                  fill(std::min(window, windows - 1), ids, targets);
                });
    executor_->run(mine_.forward, batch_.microbatches(), 0, nullptr);
    const std::int64_t counted = std::min(global, windows - first);
    sum += mean_loss(counted) * static_cast<double>(counted);
  }
  return sum / static_cast<double>(windows);
}

std::vector<float> Trainer::logits(std::span<const std::int32_t> tokens, std::int64_t position) {
  batch_.load(0, 0, 1.0, [&](std::int64_t, std::span<std::int32_t> ids, std::span<std::int32_t> targets) {
    std::copy(tokens.begin(), tokens.end(), ids.begin());
    std::fill(targets.begin(), targets.end(), 0);
  });
  executor_->run(mine_.forward, batch_.microbatches(), 0, nullptr);
  // Each rank of the model gives the columns that it has; the head's ranks have them all.
  const std::int64_t width = vocabulary_width(config_.model, mine_.slice.shards);
  std::vector<float> here(static_cast<std::size_t>(width) * static_cast<std::size_t>(mine_.slice.local), 0.0F);
  const View& view = executor_->workspace().logits;
  for (std::int64_t s = 0; !view.empty() && s < mine_.slice.local; ++s) {
    std::memcpy(here.data() + s * width, view[s].as<float>() + position * width,
                static_cast<std::size_t>(width) * sizeof(float));
  }
  const std::vector<float> all = gather(*groups_.model, here);
  const auto skip = static_cast<std::ptrdiff_t>(here.size()) * plan_.last_rank * config_.parallel.tensor;
  return {all.begin() + skip, all.begin() + skip + config_.model.vocab};
}

void Trainer::find_bad_tensor(std::int64_t step) {
  const Probe probe = [&](std::string_view block, std::string_view what, const View& view) {
    if (kernels_.all_finite(stream_, view)) return;
    throw RunError(fmt::format("step {}: rank {} has a NaN or an infinity in {} {}", step, rank_, block, what));
  };
  for (const auto& runtime : executor_->stages()) {
    for (const Unit& unit : runtime->parameters.units()) probe("the weights of", unit.name, unit.weight);
  }
  executor_->run(mine_.train, batch_.microbatches(), config_.model.dropout, &probe);
  throw RunError(
      fmt::format("step {}: the loss or the gradient's norm is NaN or infinite, but no single tensor is", step));
}

}  // namespace triaxis
