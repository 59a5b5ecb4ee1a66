#include "tiny_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "checkpoint/directory.h"
#include "checkpoint/reader.h"
#include "stored_tensors.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfig = R"(
[model]
layers = 2
hidden = 32
heads = 4
vocab = 257
seq_len = 16
[data]
path = "corpus.txt"
validation = 0
[batch]
global = 8
micro = 2
[numerics]
tensor_shards = 2
data_groups = 2
[train]
steps = {}
threads = 1
[checkpoint]
dir = "run"
every = {}
keep = 1
[comm]
timeout = 30
)";

/// A directory under its true name, as the kernel tells it of descriptors.
fs::path make_folder() {
  std::string name = fs::canonical(fs::temp_directory_path()) / "triaxis_faults_XXXXXX";
  return mkdtemp(name.data());
}

}  // namespace

TinyRun::TinyRun(std::string layout, const std::string& transport, std::vector<std::string> sets)
    : folder_(make_folder()), transport_(transport), sets_(std::move(sets)) {
  std::ofstream corpus(folder_ / "corpus.txt");
  for (int i = 0; i < 500; ++i) corpus << "line " << i * 7919 % 1000 << " of the text\n";
  std::ofstream(folder_ / "run.toml") << fmt::format(kConfig, kSteps, kEvery);
  std::ofstream(folder_ / "calls");
  std::replace(layout.begin(), layout.end(), 'x', ' ');
  std::istringstream degrees(layout);
  for (const char* axis : {"data", "tensor", "pipeline"}) {
    int degree = 0;
    degrees >> degree;
    ranks_ *= degree;
    sets_.push_back(fmt::format("parallel.{}={}", axis, degree));
  }
}

TinyRun::~TinyRun() { fs::remove_all(folder_); }

std::vector<std::string> TinyRun::words(const std::vector<std::string>& options) const {
  std::vector<std::string> words = {TRIAXIS_PROGRAM, "train",       folder_ / "run.toml",
                                    "--json",        "--transport", transport_};
  for (const std::string& set : sets_) words.insert(words.end(), {"--set", set});
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

void TinyRun::clear() const { fs::remove_all(directory()); }

Ended TinyRun::train(const std::vector<std::string>& options) const { return Child(words(options), folder_).wait(); }

Ended TinyRun::train(const Fault& fault, const std::vector<std::string>& options) const {
  fs::resize_file(folder_ / "calls", 0);
  return Child(words(options), folder_,
               {{"LD_PRELOAD", FAULT_SHIM},
                {kFaultDirectory, directory()},
                {kFaultLog, folder_ / "calls"},
                {kFaultRank, fault.rank},
                {kFaultCall, std::to_string(fault.call)},
                {kFaultDeed, std::string(name_of(fault.deed))}})
      .wait();
}

std::vector<LoggedCall> TinyRun::calls() const {
  std::istringstream text(content_of(folder_ / "calls"));
  std::vector<LoggedCall> calls;
  std::string result;
  for (LoggedCall call; text >> call.rank >> call.number >> call.name >> call.path >> call.other >> result;) {
    call.done = result == kDone;
    calls.push_back(call);
  }
  return calls;
}

std::string TinyRun::end_state(const Ended& trained) const {
  if (trained.code != 0) return fmt::format("exit code {}: {}", trained.code, trained.errors);
  std::string text;
  for (const auto& [name, hash] : stored_tensors(directory())) text += fmt::format("{} {}\n", name, hash);
  for (const auto& loss : nlohmann::json::parse(trained.output).at("loss_bits"))
    text += fmt::format("loss {}\n", loss.get<std::string>());
  std::ifstream metrics(directory() / "metrics.jsonl");
  for (std::string line; std::getline(metrics, line);) {
    const auto step = nlohmann::json::parse(line);
    text += fmt::format("step {} loss {} norm {}\n", step.at("step").dump(), step.at("loss").dump(),
                        step.at("grad_norm").dump());
  }
  // A kill between a checkpoint's commit and the removal of the one before leaves both, until the next save.
  const fs::path newest = find_checkpoint(directory());
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(directory())) {
    const bool is_older = fs::exists(entry.path() / kIndexName) && entry.path() != newest;
    if (!is_older) files.push_back(entry.path().filename());
  }
  for (const auto& entry : fs::directory_iterator(newest)) files.push_back(entry.path().filename());
  std::sort(files.begin(), files.end());
  return fmt::format("{}{}\n", text, fmt::join(files, "\n"));
}

std::vector<std::int64_t> TinyRun::readable_checkpoints() const {
  std::vector<std::int64_t> steps;
  for (const CheckpointPath& checkpoint : list_checkpoints(directory())) {
    CheckpointReader(checkpoint.path).verify();
    steps.push_back(checkpoint.step);
  }
  return steps;
}

WholeRun train_unbroken(const TinyRun& run) {
  run.clear();
  const Ended ended = run.train(Fault{});
  return {.end_state = run.end_state(ended), .calls = run.calls()};
}

int calls_of(const std::vector<LoggedCall>& calls, const std::string& rank) {
  return static_cast<int>(
      std::count_if(calls.begin(), calls.end(), [&](const auto& call) { return call.rank == rank; }));
}

std::int64_t newest_committed(const std::vector<LoggedCall>& calls) {
  constexpr std::string_view kPrefix = "step-";
  std::int64_t newest = 0;
  for (const LoggedCall& call : calls) {
    const std::string name = fs::path(call.other).filename();
    if (call.name != "rename" || !call.done || !name.starts_with(kPrefix) || name.ends_with(".tmp")) continue;
    newest = std::max<std::int64_t>(newest, std::stoll(name.substr(kPrefix.size())));
  }
  return newest;
}

Ended triaxis(const std::vector<std::string>& words, const std::filesystem::path& folder) {
  std::vector<std::string> all = {TRIAXIS_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  return Child(all, folder).wait();
}

int count_errors(const std::string& text) {
  int count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) count += line.find("error: ") != std::string::npos ? 1 : 0;
  return count;
}

}  // namespace triaxis
