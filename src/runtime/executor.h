// Runs a program: waits for what an action needs, calls the layers, hands on what they made. It knows no schedule by
// name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "comm/channel.h"
#include "layers/stage.h"
#include "runtime/program.h"
#include "runtime/reduction.h"

namespace triaxis {

/// Everything about one rank that outlives a step.
struct ExecutorSetup {
  const Model& model;
  const Kernels& kernels;
  Stream& stream;
  MemoryLedger& ledger;
  TensorSlice slice;
  std::int64_t batch = 1;   ///< sequences of a microbatch
  std::int64_t groups = 1;  ///< data groups accumulated on this rank
  std::uint64_t seed = 0;
  std::vector<std::vector<Block>> stages;  ///< the blocks of every stage of the model
  const Program* train = nullptr;          ///< null where nothing is trained
  const Program* forward = nullptr;
  Communicator* tensor = nullptr;  ///< null where the axis has degree 1
  Communicator* pipeline = nullptr;
  Communicator* data = nullptr;
  Communicator* tie = nullptr;  ///< the pipeline's ranks again, for what two ends of a tie exchange
  int first_rank = 0;           ///< the pipeline's rank that has the embedding
  int last_rank = 0;            ///< the pipeline's rank that has the head
};

/// One stage of this rank with its parameters.
struct StageRuntime {
  StageRuntime(const ExecutorSetup& setup, Workspace& workspace, OrderedSum* tensor, std::span<const Block> blocks,
               const SlotCounts& counts);

  ParameterStore parameters;
  GradientSink sink;
  Context context;
  Stage stage;
};

class Executor {
 public:
  explicit Executor(const ExecutorSetup& setup);

  /// Starts every weight from the seed and packs it.
  void initialise();
  /// Packs the weights that an update has changed.
  void refresh();
  /// Runs one step of a program over its microbatches. In training, gradients start at zero and end summed over data
  /// and ties, in entry 0 of each unit's. `probe` (may be null) looks at every tensor as it is made. COLLECTIVE OVER:
  /// all ranks of the grid.
  void run(const Program& program, std::span<const Microbatch> microbatches, double dropout, const Probe* probe);

  std::span<const std::unique_ptr<StageRuntime>> stages() const { return stages_; }
  Workspace& workspace() { return *workspace_; }
  /// What this rank is doing: "1F3; last completed 1F2".
  std::string activity() const;

 private:
  void execute(const Instruction& instruction, std::span<const Microbatch> microbatches);
  void forward(const Instruction& instruction, const Microbatch& microbatch);
  void backward(const Instruction& instruction, const Microbatch& microbatch);
  View take(const Instruction& instruction, ActionKind sent_as, int sender, const Microbatch& microbatch);
  View give(const Instruction& instruction);
  void make_channels(const ExecutorSetup& setup);
  StageRuntime& stage(const Instruction& instruction) { return *stages_[static_cast<std::size_t>(instruction.stage)]; }

  Stream& stream_;
  const Kernels& kernels_;
  Arena communication_;
  std::optional<OrderedSum> tensor_sum_;
  std::unique_ptr<Workspace> workspace_;
  std::vector<std::unique_ptr<StageRuntime>> stages_;
  std::unique_ptr<Reduction> reduction_;
  std::map<int, SendChannel> sends_;  // by peer
  std::map<int, ReceiveChannel> receives_;
  std::vector<View> local_;
  Action current_;
  Action completed_;
  bool running_ = false;
  bool any_completed_ = false;
};

}  // namespace triaxis
