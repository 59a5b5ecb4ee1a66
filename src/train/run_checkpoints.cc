#include "train/run_checkpoints.h"

#include <fmt/format.h>

#include "base/text.h"
#include "config/resume.h"

namespace triaxis {
namespace {

std::vector<const ParameterStore*> stores_of(Trainer& trainer) {
  std::vector<const ParameterStore*> stores;
  for (const auto& runtime : trainer.executor().stages()) stores.push_back(&runtime->parameters);
  return stores;
}

SaverSetup setup_of(const Config& config, const RunPlan& plan, int rank) {
  return {.run = config.checkpoint.dir,
          .keep = config.checkpoint.keep,
          .rank = rank,
          .ranks = plan.grid.ranks(),
          .slices = plan.saved};
}

}  // namespace

RunCheckpoints::RunCheckpoints(const Config& config, const RunPlan& plan, const Corpus& corpus, Trainer& trainer,
                               int rank, std::function<void(const SaveNotice&)> on_complete)
    : config_(config),
      corpus_(corpus),
      trainer_(trainer),
      saver_(setup_of(config, plan, rank), stores_of(trainer), trainer.ledger()),
      is_first_(rank == 0),
      on_complete_(std::move(on_complete)) {}

void RunCheckpoints::note_if_complete(bool was_pending) {
  if (!is_first_ || !was_pending || saver_.pending()) return;
  notice_.bytes = saver_.bytes();
  notice_.complete_seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  on_complete_(notice_);
}

void RunCheckpoints::take(std::span<const SaveReport> reports) {
  const bool was_pending = saver_.pending();
  saver_.take(reports);
  note_if_complete(was_pending);
}

double RunCheckpoints::start(std::int64_t step, const std::vector<double>& losses) {
  const Clock::time_point asked = Clock::now();
  finish();
  CheckpointIndex state;
  state.step = step;
  if (is_first_) {
    state.sequences = step * config_.batch.global;
    state.losses = losses;
    state.configuration = to_toml(kept(config_));
    state.data_checksum = corpus_.checksum;
  }
  started_ = Clock::now();
  saver_.start(std::move(state), trainer_.stream());
  notice_ = {.step = step,
             .bytes = 0,
             .held_up_seconds = std::chrono::duration<double>(Clock::now() - asked).count(),
             .complete_seconds = 0};
  return notice_.held_up_seconds;
}

void RunCheckpoints::finish() {
  const bool was_pending = saver_.pending();
  saver_.finish(*trainer_.groups().all);
  note_if_complete(was_pending);
}

std::string describe(const SaveNotice& notice) {
  return fmt::format("saved step {}: {} on the disk within {}, training held up {}", notice.step,
                     format_bytes(static_cast<double>(notice.bytes)), format_seconds(notice.complete_seconds),
                     format_seconds(notice.held_up_seconds));
}

}  // namespace triaxis
