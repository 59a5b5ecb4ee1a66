#include "cli/supervise_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/error.h"
#include "checkpoint/directory.h"
#include "cli/elastic_probe.h"
#include "cli/elastic_slots.h"
#include "train/elastic.h"

namespace triaxis {
namespace {

constexpr std::chrono::seconds kAnswerWithin{10};

/// The layout and the slots of a run, start after start.
class Runner {
 public:
  explicit Runner(const TrainingJob& job)
      : job_(job), now_(job.config), slots_(job.hosts, ranks(job.config)), all_slots_(slots_.count()) {}

  NextStart after(const LaunchOutcome& outcome) {
    NextStart start;
    if (job_.elastic) start.note = shrink(outcome);
    start.request = {.ranks = ranks(now_),
                     .hosts = job_.elastic ? slots_.hosts() : job_.hosts,
                     .words = resuming_words(job_.words, job_.config.parallel, now_.parallel),
                     .ready_within = job_.config.comm.timeout};
    const std::vector<CheckpointPath> checkpoints = list_checkpoints(job_.config.checkpoint.dir);
    start.from = checkpoints.empty() ? "the start" : fmt::format("step {}", checkpoints.back().step);
    return start;
  }

 private:
  /// RETURNS: what was done, or nothing if all goes on as it was.
  std::string shrink(const LaunchOutcome& outcome) {
    if (outcome.failure && !outcome.failure->told) slots_.lose(outcome.failure->rank);
    std::string lost;
    for (const std::string& host : unreachable_hosts(slots_.names(), kAnswerWithin)) {
      slots_.lose_host(host);
      lost += fmt::format("host {} does not answer; ", host);
    }
    const std::string left = fmt::format("{}{} of {} slots left", lost, slots_.count(), all_slots_);
    const Config before = now_;
    try {
      now_ = shrink_layout(job_.config, slots_.count(), job_.memory);
    } catch (const RunError& error) {
      throw RunError(fmt::format("{}; {}: {}", outcome.reason, left, error.what()));
    }
    const std::string name = layout_name(now_.parallel);
    if (name == layout_name(before.parallel)) return "";
    return fmt::format("{}: {} goes on as {}; {}", left, layout_name(before.parallel), name,
                       bits_after_change(before, now_));
  }

  const TrainingJob& job_;
  Config now_;
  Slots slots_;
  int all_slots_;
};

}  // namespace

std::vector<std::string> resuming_words(const std::vector<std::string>& words, const ParallelConfig& before,
                                        const ParallelConfig& now) {
  std::vector<std::string> result;
  std::ranges::copy_if(words, std::back_inserter(result),
                       [](const std::string& word) { return word != "--overwrite" && word != "--resume"; });
  std::vector<std::string> added = {"--resume"};
  const auto set = [&](std::string_view degree, int then, int value) {
    if (then != value) added.insert(added.end(), {"--set", fmt::format("parallel.{}={}", degree, value)});
  };
  set("data", before.data, now.data);
  set("tensor", before.tensor, now.tensor);
  set("pipeline", before.pipeline, now.pipeline);
  // What stands after "--" is no option.
  result.insert(std::ranges::find(result, "--"), added.begin(), added.end());
  return result;
}

int supervise_training(const TrainingJob& job, LaunchSignals& signals) {
  Runner runner(job);
  const LaunchRequest request{
      .ranks = ranks(job.config), .hosts = job.hosts, .words = job.words, .ready_within = job.config.comm.timeout};
  return supervise(request, job.policy, signals, [&](const LaunchOutcome& outcome) { return runner.after(outcome); });
}

}  // namespace triaxis
