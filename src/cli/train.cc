#include "cli/train.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "cli/exit.h"
#include "cli/run_directory.h"
#include "cli/supervise_training.h"
#include "cli/train_report.h"
#include "comm/collectives.h"
#include "comm/local/local.h"
#include "comm/mpi/world.h"
#include "config/resume.h"
#include "data/tokenizer.h"
#include "tensor/isa.h"
#include "train/memory_limit.h"
#include "train/run.h"
#include "train/stop.h"

namespace triaxis {
namespace {

struct TrainArguments {
  std::string config;
  std::vector<std::string> sets;
  std::string digest;
  std::string transport = "mpi";
  std::string hosts;
  bool resume = false;
  bool overwrite = false;
  bool force = false;
  bool json = false;
  bool report = false;
  std::int64_t sample = 0;
  RestartPolicy restart;
  bool elastic = false;
  char** argv = nullptr;
};

/// All that is known before a second rank is needed.
struct Prepared {
  Config config;
  RunPlan plan;
  Corpus corpus;
  std::filesystem::path checkpoint;  ///< to go on from; empty: none
  std::int64_t done = 0;             ///< steps of the run that are in it
  std::string trained_on;            ///< the checksum of its data; empty: none yet
  RunLock lock;                      ///< on the run's directory
};

/// Takes the newest checkpoint of the run, if there is one, and holds the configuration against it.
void take_up(Prepared& prepared) {
  const std::filesystem::path run = prepared.config.checkpoint.dir;
  const std::vector<CheckpointPath> checkpoints = list_checkpoints(run);
  if (checkpoints.empty()) {
    refuse_damaged(run);
    return;
  }
  prepared.checkpoint = checkpoints.back().path;
  const CheckpointReader reader(prepared.checkpoint);
  const CheckpointIndex& index = reader.index();
  const std::string where = prepared.checkpoint / kIndexName;
  prepared.config =
      resumed(parse_config(index.configuration, where), prepared.config, where, index.data_checksum.empty());
  prepared.done = index.step;
  prepared.trained_on = index.data_checksum;
  if (prepared.config.train.steps < index.step) {
    throw UserError(fmt::format("train.steps = {}, but {} is of step {}; ask for at least as many",
                                prepared.config.train.steps, prepared.checkpoint.string(), index.step));
  }
}

void require_same_data(const Prepared& prepared) {
  if (prepared.trained_on.empty() || prepared.trained_on == prepared.corpus.checksum) return;
  throw UserError(
      fmt::format("data.path = \"{}\" is not the data that {} was trained on (by checksum; data.tokenizer and "
                  "data.validation count, too)",
                  prepared.config.data.path, prepared.checkpoint.string()));
}

/// `owner`: this process answers for the run's directory; others leave it alone.
Prepared prepare(const TrainArguments& arguments, bool owner) {
  if (arguments.resume && arguments.overwrite)
    throw UserError("--resume and --overwrite: only one of them can be meant");
  Prepared prepared;
  prepared.config = load_config(arguments.config, arguments.sets, tokenizer_symbols);
  // Held before it is looked into: a run that is just ending may save once more.
  if (arguments.resume && owner) prepared.lock = hold_run_directory(prepared.config);
  if (arguments.resume) take_up(prepared);
  const Config& config = prepared.config;
  prepared.plan = plan_run(config);
  prepared.corpus = load_corpus(config.data, Tokenizer(config.data.tokenizer), config.model.seq_len);
  require_same_data(prepared);
  return prepared;
}

void claim(const TrainArguments& arguments, Prepared& prepared) {
  if (arguments.resume) {
    resume_run_directory(prepared.config, prepared.done);
  } else {
    prepared.lock = hold_run_directory(prepared.config);
    claim_run_directory(prepared.config, arguments.overwrite);
  }
}

/// REQUIRES: `ranks_here` are the ranks that run on this host.
void refuse_too_large(const Prepared& prepared, std::span<const int> ranks_here) {
  std::vector<MemoryBytes> ranks;
  for (const int rank : ranks_here) {
    const int stage = prepared.plan.grid.coordinates(rank).pipeline;
    ranks.push_back(predict_memory(prepared.config.model, prepared.plan.loads[static_cast<std::size_t>(stage)]));
  }
  check_memory(ranks, memory_limit());
}

/// Columns of the terminal that standard error is, or that the launcher says it is; 0 if none.
int terminal_columns() {
  if (const char* told = std::getenv("TRIAXIS_TERMINAL")) return std::atoi(told);
  winsize size{};
  if (isatty(STDERR_FILENO) == 0 || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

RunOptions run_options(const TrainArguments& arguments, const Prepared& prepared) {
  return {.digest = arguments.digest,
          .columns = terminal_columns(),
          .sample_bytes = arguments.report ? (arguments.sample > 0 ? arguments.sample : 300) : arguments.sample,
          .checkpoint = prepared.checkpoint};
}

/// Prints what came of the run.
void finish(const TrainArguments& arguments, const Prepared& prepared, RunResult result) {
  if (result.steps == 0) {
    log_info(fmt::format("nothing is left to train: all {} steps are done", prepared.config.train.steps));
    result.last_line = last_metrics_line(prepared.config.log.metrics);
  }
  if (result.stopped_after > 0) {
    log_info(fmt::format("stopped by a signal after step {} of {}, which is saved; --resume goes on from there",
                         result.stopped_after, prepared.config.train.steps));
  }
  if (arguments.json) {
    fmt::print("{}\n", report_json(prepared.config, prepared.plan, result));
  } else if (arguments.report) {
    write_file_atomically(report_picture(prepared.config), report_svg(prepared.config, prepared.corpus, result));
    // mpirun gives its ranks a terminal of its own, whatever stands behind it.
    const bool colour = isatty(STDOUT_FILENO) != 0 && std::getenv("TRIAXIS_LAUNCHED") == nullptr;
    fmt::print("{}", report_text(prepared.config, prepared.plan, prepared.corpus, result, colour));
  } else {
    const std::string validation =
        result.validation_loss ? fmt::format(", validation {:.4f}", *result.validation_loss) : "";
    fmt::print("trained {} steps: loss {:.4f}{}, {:.0f} tokens/s; metrics in {}\n", result.losses.size(),
               result.losses.back(), validation, result.tokens_per_second, prepared.config.log.metrics);
    if (!result.sample.empty()) fmt::print("{}\n", result.sample);
  }
  std::fflush(stdout);
}

/// RETURNS: what every rank says, in their order.
std::vector<std::int64_t> ask_everyone(World& world, std::int64_t mine) {
  std::vector<int> everyone(static_cast<std::size_t>(world.size()));
  std::iota(everyone.begin(), everyone.end(), 0);
  const std::unique_ptr<Communicator> group = world.group(everyone);
  std::vector<std::int64_t> all(everyone.size());
  all_gather(*group, std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
  return all;
}

/// All ranks compute with the instruction sets that every one of them has.
void agree_on_isa(World& world) {
  std::int64_t common = supported_isa();
  for (const std::int64_t other : ask_everyone(world, common)) common &= other;
  if (common != supported_isa()) limit_isa(common);
}

/// All ranks go on from the same step, or none does.
void agree_on_start(World& world, const Prepared& prepared) {
  const std::vector<std::int64_t> all = ask_everyone(world, prepared.done);
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (all[rank] == all.front()) continue;
    throw RunError(
        fmt::format("the newest checkpoint is of step {} for rank 0 and of step {} for rank {}; checkpoint.dir = "
                    "\"{}\" must be on a "
                    "file system that all hosts share",
                    all.front(), all[rank], rank, prepared.config.checkpoint.dir));
  }
}

int run_here(const TrainArguments& arguments, const Prepared& prepared) {
  RunResult result;
  const RunOptions options = run_options(arguments, prepared);
  run_local(prepared.plan.grid.ranks(), [&](World& world) {
    RunResult mine = run_training(world, prepared.config, prepared.plan, prepared.corpus, options);
    if (world.rank() == 0) result = std::move(mine);
  });
  finish(arguments, prepared, std::move(result));
  return 0;
}

/// One rank of an MPI job. A failure is printed here, by the rank that has it, and ends the job. RETURNS: the exit
/// code.
int join(const TrainArguments& arguments) {
  stop_on_signals();  // before MPI starts threads of its own
  MpiWorld world;
  const bool launched = std::getenv("TRIAXIS_LAUNCHED") != nullptr;
  if (launched && world.rank() == 0) tell_ready();
  set_log_prefix(fmt::format("triaxis rank {}: ", world.rank()));
  try {
    if (arguments.restart.restarts > 0 && !launched) {
      throw UserError(
          "--restart: another MPI launcher started the ranks, and only it can start them again; leave it out and start "
          "the job anew with --resume, or let triaxis start the ranks");
    }
    Prepared prepared = prepare(arguments, world.rank() == 0 && !launched);
    if (world.size() != prepared.plan.grid.ranks()) {
      throw UserError(
          fmt::format("parallel.data x tensor x pipeline = {} x {} x {} needs {} ranks, but {} were started",
                      prepared.config.parallel.data, prepared.config.parallel.tensor, prepared.config.parallel.pipeline,
                      prepared.plan.grid.ranks(), world.size()));
    }
    if (!arguments.force) refuse_too_large(prepared, world.ranks_here());
    // Our launcher has claimed the directory for a new run, and holds it, but a restart is taken up here.
    if (world.rank() == 0 && (!launched || arguments.resume)) claim(arguments, prepared);
    agree_on_isa(world);
    agree_on_start(world, prepared);
    RunResult result =
        run_training(world, prepared.config, prepared.plan, prepared.corpus, run_options(arguments, prepared));
    if (world.rank() == 0) finish(arguments, prepared, std::move(result));
    return 0;
  } catch (const UserError& error) {
    // All ranks find most mistakes at once: the first speaks for all, and ends them before they repeat it.
    if (world.rank() != 0) std::this_thread::sleep_for(std::chrono::seconds(3));
    log_error(error.what());
    world.abort(2);
  } catch (const std::exception& error) {
    log_error(error.what());
    world.abort(1);
  }
}

void check_restart(const TrainArguments& arguments) {
  if (arguments.elastic && arguments.restart.restarts == 0)
    throw UserError("--elastic says how to restart; it needs --restart N");
  if (arguments.restart.restarts > 0 && arguments.transport == "local") {
    throw UserError(
        "--restart: with --transport local the ranks are threads of this process, which dies with any of them; leave "
        "out one of the two");
  }
}

/// RETURNS: the exit code.
int launch(const TrainArguments& arguments, const Prepared& prepared, LaunchSignals& signals) {
  TrainingJob job{.config = prepared.config,
                  .words = {},
                  .hosts = arguments.hosts,
                  .policy = arguments.restart,
                  .elastic = arguments.elastic};
  for (char** word = arguments.argv + 1; *word != nullptr; ++word) job.words.emplace_back(*word);
  if (!arguments.force && arguments.hosts.empty()) job.memory = memory_limit();
  return supervise_training(job, signals);
}

/// RETURNS: the exit code.
int train(const TrainArguments& arguments) {
  check_restart(arguments);
  if (under_mpi_launcher()) {
    if (std::getenv("TRIAXIS_LAUNCHED") != nullptr) die_with_parent();
    return join(arguments);
  }
  LaunchSignals signals;  // one that comes from now on ends the run after its first step
  Prepared prepared = prepare(arguments, true);
  const int ranks = prepared.plan.grid.ranks();
  if (!arguments.force && arguments.hosts.empty()) {
    std::vector<int> all(static_cast<std::size_t>(ranks));
    std::iota(all.begin(), all.end(), 0);
    refuse_too_large(prepared, all);
  }
  claim(arguments, prepared);
  if (arguments.transport == "local" || (ranks == 1 && arguments.restart.restarts == 0)) {
    stop_on_signals();
    return run_here(arguments, prepared);
  }
  return launch(arguments, prepared, signals);
}

}  // namespace

void add_train(CLI::App& app, char** argv) {
  const auto arguments = std::make_shared<TrainArguments>();
  arguments->argv = argv;
  CLI::App* command = app.add_subcommand("train", "Trains a model as a configuration says");
  command->add_option("CONFIG", arguments->config, "The configuration, a TOML file")->required();
  command->add_option("--set", arguments->sets, "section.key=value, over the file; may be given again")
      ->allow_extra_args(false);
  command->add_flag("--resume", arguments->resume, "Continue from the newest checkpoint");
  command->add_flag("--overwrite", arguments->overwrite, "Start anew in a directory that holds a run");
  command->add_option("--digest", arguments->digest,
                      "Write norms and hashes of every tensor at the first and last step");
  command->add_flag("--force", arguments->force, "Start even if the memory is predicted not to suffice");
  command->add_option("--transport", arguments->transport, "local: ranks are threads of this process; mpi: processes")
      ->check(CLI::IsMember({"local", "mpi"}));
  command->add_option("--hosts", arguments->hosts, "Where the ranks run, for the MPI launcher: a:8,b:8");
  command
      ->add_option("--restart", arguments->restart.restarts,
                   "When a rank dies, start again from the last checkpoint, up to so many times")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--restart-delay", arguments->restart.first_delay,
                   "Seconds before the first restart (1), doubled for each further one")
      ->check(CLI::Range(0.0, 60.0));
  command->add_flag("--elastic", arguments->elastic,
                    "With --restart: count a dead rank's slot as lost and go on with the largest layout that is left");
  command->add_flag("--json", arguments->json, "Print one JSON object at the end");
  command->add_flag("--report", arguments->report,
                    "Print the loss beside its baselines, a sample and the schedule at the end");
  command->add_option("--sample", arguments->sample, "Tokens of text to generate at the end");
  command->footer("Example: triaxis train examples/demo.toml --set parallel.data=1 --set train.steps=50");
  command->callback([arguments] {
    if (const int code = train(*arguments); code != 0) throw Exit{code};
  });
}

}  // namespace triaxis
