// Saving and loading GPT-2 124M, weights and moments, as shares of what this disk and this memory do in the same
// minutes without a program around them. bench_checkpoint [directory [rounds]]; the current directory and 3 rounds
// unless given.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file_handle.h"
#include "base/philox.h"
#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "comm/local/local.h"
#include "config/config.h"
#include "train/run_checkpoints.h"
#include "train/trainer.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A short sequence: what is trained changes nothing about a checkpoint.
constexpr std::string_view kConfig = R"(
[model]
layers = 12
hidden = 768
heads = 12
vocab = 50304
seq_len = 128
[data]
path = "unused"
[batch]
global = 1
micro = 1
)";

constexpr std::size_t kBlock = std::size_t{1} << 20;

template <class Work>
double seconds_of(Work&& work) {
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Lets the system forget a file's content, so that it is read from the disk.
void forget(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0)
    throw RunError(fmt::format("cannot evict {}", path.string()));
  close(file);
}

double write_plainly(const fs::path& path, std::span<const std::byte> bytes) {
  return seconds_of([&] {
    FileHandle file = FileHandle::create(path);
    for (std::size_t at = 0; at < bytes.size(); at += kBlock)
      file.write(at, bytes.subspan(at, std::min(kBlock, bytes.size() - at)));
    file.flush();
  });
}

double read_plainly(const fs::path& path, std::uint64_t bytes) {
  std::vector<std::byte> block(kBlock);
  return seconds_of([&] {
    const FileHandle file = FileHandle::open(path);
    for (std::uint64_t at = 0; at < bytes; at += kBlock) file.read(at, block);
  });
}

/// What one round took, in seconds, and how much it moved.
struct Round {
  double plain_write = 0;
  double plain_read = 0;
  double plain_copy = 0;
  double held_up = 0;
  double save = 0;
  double load = 0;
  double load_cached = 0;
  double step = 0;
  double step_while_saving = 0;
};

class Bench {
 public:
  Bench(World& world, const Config& config, const RunPlan& plan)
      : run_(config.checkpoint.dir),
        trainer_(world, config, plan),
        checkpoints_(config, plan, corpus_, trainer_, 0, [](const SaveNotice&) {}) {
    step();
    save();
    bytes_ = checkpoints_bytes();
    from_.assign(bytes_, std::byte{1});
    to_.assign(bytes_, std::byte{2});
  }

  std::uint64_t bytes() const { return bytes_; }

  Round round() {
    Round round;
    const fs::path plain = run_ / "plain";
    round.plain_write = write_plainly(plain, from_);
    forget(plain);
    round.plain_read = read_plainly(plain, bytes_);
    fs::remove(plain);
    round.plain_copy = seconds_of([&] { std::memcpy(to_.data(), from_.data(), bytes_); });
    round.step = seconds_of([&] { step(); });
    round.save = seconds_of([&] {
      round.held_up = checkpoints_.start(steps_, losses_);
      checkpoints_.finish();
    });
    step();
    checkpoints_.start(steps_, losses_);
    round.step_while_saving = seconds_of([&] { step(); });
    checkpoints_.finish();
    for (const auto& entry : fs::directory_iterator(find_checkpoint(run_))) forget(entry.path());
    round.load = load();
    round.load_cached = load();
    return round;
  }

 private:
  void step() {
    const auto fill = [](std::int64_t sequence, std::span<std::int32_t> ids, std::span<std::int32_t> targets) {
      const RandomKey key = random_key(1, 0, site_hash("bench"));
      for (std::size_t t = 0; t < ids.size(); ++t) {
        ids[t] = static_cast<std::int32_t>(
            random_bits(key, static_cast<std::uint64_t>(sequence), static_cast<std::uint32_t>(t), 0) % 50257);
        targets[t] = ids[t];
      }
    };
    losses_.push_back(trainer_.step(++steps_, fill, {}).loss);
  }

  void save() {
    checkpoints_.start(steps_, losses_);
    checkpoints_.finish();
  }

  double load() {
    return seconds_of([&] {
      CheckpointReader reader(find_checkpoint(run_));
      trainer_.restore(reader);
    });
  }

  std::uint64_t checkpoints_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(find_checkpoint(run_))) bytes += entry.file_size();
    return bytes;
  }

  fs::path run_;
  Corpus corpus_;
  Trainer trainer_;
  RunCheckpoints checkpoints_;
  std::int64_t steps_ = 0;
  std::vector<double> losses_;
  std::uint64_t bytes_ = 0;
  std::vector<std::byte> from_;
  std::vector<std::byte> to_;
};

/// The best of all rounds: other programs come and go.
double best(const std::vector<Round>& rounds, double Round::*what) {
  double seconds = rounds.front().*what;
  for (const Round& round : rounds) seconds = std::min(seconds, round.*what);
  return seconds;
}

void report(const std::vector<Round>& rounds, std::uint64_t bytes) {
  const auto row = [&](std::string_view name, double Round::*what) {
    fmt::print("{:<36} {:>8.3f} s  {:>7.2f} GB/s\n", name, best(rounds, what),
               static_cast<double>(bytes) / best(rounds, what) / 1e9);
  };
  const auto ratio = [&](std::string_view name, double Round::*ours, double Round::*plain) {
    fmt::print("{:<36} {:>8.2f}\n", name, best(rounds, ours) / best(rounds, plain));
  };
  fmt::print("{:.3f} GB, best of {} rounds\n", static_cast<double>(bytes) / 1e9, rounds.size());
  row("disk: sequential write and fsync", &Round::plain_write);
  row("disk: sequential read", &Round::plain_read);
  row("memory: copy", &Round::plain_copy);
  row("save", &Round::save);
  row("load from the disk", &Round::load);
  row("load from the page cache", &Round::load_cached);
  row("training held up by a save", &Round::held_up);
  fmt::print("{:<36} {:>8.3f} s\n", "a step, for comparison", best(rounds, &Round::step));
  ratio("save / sequential write", &Round::save, &Round::plain_write);
  ratio("load / sequential read", &Round::load, &Round::plain_read);
  ratio("held up / copy", &Round::held_up, &Round::plain_copy);
  ratio("step beside a save / step", &Round::step_while_saving, &Round::step);
}

void run(const fs::path& directory, int rounds) {
  const Config config =
      parse_config(kConfig, "bench_checkpoint",
                   std::vector<std::string>{fmt::format("checkpoint.dir={}", directory.string()), "checkpoint.keep=1"});
  const RunPlan plan = plan_run(config);
  run_local(1, [&](World& world) {
    Bench bench(world, config, plan);
    std::vector<Round> all;
    for (int i = 0; i < rounds; ++i) all.push_back(bench.round());
    report(all, bench.bytes());
  });
}

}  // namespace
}  // namespace triaxis

int main(int argc, char** argv) {
  const std::filesystem::path directory = std::filesystem::path(argc > 1 ? argv[1] : ".") / "bench_checkpoint.tmp";
  int code = 0;
  try {
    triaxis::run(directory, argc > 2 ? std::max(1, std::atoi(argv[2])) : 3);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_checkpoint: {}\n", error.what());
    code = 1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return code;
}
