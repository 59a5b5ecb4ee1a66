#include "runtime/executor.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

// The verifier counts on as many as a channel has.
static_assert(SendChannel::kBuffers == kSendBuffers);

std::int64_t tokens(const ExecutorSetup& setup) { return setup.batch * setup.model.seq_len; }

std::vector<const Program*> programs(const ExecutorSetup& setup) {
  std::vector<const Program*> all;
  for (const Program* program : {setup.train, setup.forward}) {
    if (program != nullptr) all.push_back(program);
  }
  check(!all.empty(), "an executor needs a program");
  return all;
}

/// Channels of all programs, by peer, with the most buffers that any needs.
std::map<int, int> joined(const ExecutorSetup& setup, std::vector<ChannelPlan> Program::*member) {
  std::map<int, int> buffers;
  for (const Program* program : programs(setup)) {
    for (const ChannelPlan& plan : program->*member) buffers[plan.peer] = std::max(buffers[plan.peer], plan.buffers);
  }
  return buffers;
}

int local_buffers(const ExecutorSetup& setup) {
  int most = 0;
  for (const Program* program : programs(setup)) most = std::max(most, program->local_buffers);
  return most;
}

bool has_head(const ExecutorSetup& setup) {
  for (const int stage : programs(setup).front()->stages) {
    if (setup.stages[static_cast<std::size_t>(stage)].back().kind == BlockKind::kHead) return true;
  }
  return false;
}

/// Null unless the model is tied and this rank has an end.
std::optional<TieEnds> tie_ends(const ExecutorSetup& setup) {
  if (!setup.model.tie_embeddings) return std::nullopt;
  const std::vector<int>& here = programs(setup).front()->stages;
  const int last = static_cast<int>(setup.stages.size()) - 1;
  const auto place = [&](int stage) {
    const auto found = std::find(here.begin(), here.end(), stage);
    return found == here.end() ? -1 : static_cast<int>(found - here.begin());
  };
  TieEnds ends{
      .first_stage = place(0), .last_stage = place(last), .first_peer = setup.first_rank, .last_peer = setup.last_rank};
  if (ends.first_stage < 0 && ends.last_stage < 0) return std::nullopt;
  return ends;
}

bool tie_leaves(const std::optional<TieEnds>& ends) { return ends && (ends->first_stage < 0 || ends->last_stage < 0); }

std::size_t communication_bytes(const ExecutorSetup& setup) {
  const DType dtype = setup.kernels.dtype;
  const std::int64_t boundary = tokens(setup) * setup.model.hidden;
  std::size_t bytes = static_cast<std::size_t>(local_buffers(setup)) * Arena::footprint(dtype, boundary);
  for (std::size_t c = 0; c < joined(setup, &Program::sends).size(); ++c)
    bytes += SendChannel::footprint(dtype, boundary);
  for (const auto& [peer, buffers] : joined(setup, &Program::receives))
    bytes += ReceiveChannel::footprint(dtype, boundary, buffers);
  if (setup.tensor != nullptr) bytes += OrderedSum::footprint(dtype, boundary, setup.tensor->size());
  return bytes + Reduction::footprint(dtype, setup.data == nullptr ? 1 : setup.data->size(), setup.data != nullptr,
                                      tie_leaves(tie_ends(setup)));
}

Context make_context(const ExecutorSetup& setup, ParameterStore& parameters, GradientSink& sink, Workspace& workspace,
                     OrderedSum* tensor) {
  return {setup.kernels, setup.stream, setup.model, parameters, sink, workspace, tensor, setup.seed};
}

}  // namespace

StageRuntime::StageRuntime(const ExecutorSetup& setup, Workspace& workspace, OrderedSum* tensor,
                           std::span<const Block> blocks, const SlotCounts& counts)
    : parameters(setup.model, blocks, setup.slice, setup.groups, setup.kernels.dtype, setup.ledger),
      sink(parameters.units().size()),
      context(make_context(setup, parameters, sink, workspace, tensor)),
      stage(context, setup.ledger, blocks, setup.batch, counts) {}

Executor::Executor(const ExecutorSetup& setup)
    : stream_(setup.stream),
      kernels_(setup.kernels),
      communication_(setup.ledger, Category::kCommunication, communication_bytes(setup)) {
  const DType dtype = kernels_.dtype;
  if (setup.tensor != nullptr)
    tensor_sum_.emplace(*setup.tensor, kernels_, communication_, tokens(setup) * setup.model.hidden);
  workspace_ = std::make_unique<Workspace>(setup.model, WorkspaceShape{setup.batch, setup.slice, has_head(setup)},
                                           dtype, setup.ledger);
  const std::vector<const Program*> all = programs(setup);
  for (std::size_t s = 0; s < all.front()->stages.size(); ++s) {
    SlotCounts counts = all.front()->slots[s];
    for (const Program* program : all) {
      check(program->stages == all.front()->stages, "the programs of an executor must have the same stages");
      counts.saved = std::max(counts.saved, program->slots[s].saved);
      counts.gradient = std::max(counts.gradient, program->slots[s].gradient);
    }
    const auto number = static_cast<std::size_t>(all.front()->stages[s]);
    stages_.push_back(std::make_unique<StageRuntime>(setup, *workspace_, tensor_sum_ ? &*tensor_sum_ : nullptr,
                                                     setup.stages[number], counts));
  }
  make_channels(setup);
  std::vector<ParameterStore*> stores;
  for (const auto& runtime : stages_) stores.push_back(&runtime->parameters);
  const std::optional<TieEnds> ends = tie_ends(setup);
  reduction_ = std::make_unique<Reduction>(stream_, kernels_, communication_, std::move(stores), setup.data,
                                           tie_leaves(ends) ? setup.tie : nullptr, ends);
}

void Executor::make_channels(const ExecutorSetup& setup) {
  const DType dtype = kernels_.dtype;
  const std::array<std::int64_t, 2> shape = {tokens(setup), setup.model.hidden};
  const std::map<int, int> sends = joined(setup, &Program::sends);
  const std::map<int, int> receives = joined(setup, &Program::receives);
  check((sends.empty() && receives.empty()) || setup.pipeline != nullptr, "a pipeline needs a communicator");
  for (const auto& [peer, buffers] : sends)
    sends_.try_emplace(peer, *setup.pipeline, peer, communication_, dtype, shape);
  for (const auto& [peer, buffers] : receives) {
    receives_.try_emplace(peer, *setup.pipeline, peer, communication_, dtype, shape, buffers);
  }
  for (int i = 0; i < local_buffers(setup); ++i) local_.push_back(communication_.allocate(dtype, shape));
}

void Executor::initialise() {
  for (const auto& runtime : stages_) runtime->parameters.initialise(stream_, kernels_, runtime->context.seed);
  refresh();
}

void Executor::refresh() {
  for (const auto& runtime : stages_) runtime->stage.refresh(runtime->context);
}

void Executor::run(const Program& program, std::span<const Microbatch> microbatches, double dropout,
                   const Probe* probe) {
  check(static_cast<int>(microbatches.size()) == program.microbatches,
        "a program runs as many microbatches as its table has");
  for (const auto& runtime : stages_) {
    runtime->context.dropout = dropout;
    runtime->context.probe = probe;
    runtime->sink.start(program.microbatches);
    if (!program.reduces) continue;
    runtime->parameters.zero_gradients(stream_, kernels_);
  }
  reduction_->start_step();
  running_ = true;
  for (const Instruction& instruction : program.instructions) {
    current_ = instruction.action;
    execute(instruction, microbatches);
    completed_ = instruction.action;
    any_completed_ = true;
  }
  running_ = false;
  for (auto& [peer, channel] : sends_) channel.drain();
}

void Executor::execute(const Instruction& instruction, std::span<const Microbatch> microbatches) {
  const Action& action = instruction.action;
  const auto microbatch = [&]() -> const Microbatch& {
    return microbatches[static_cast<std::size_t>(action.microbatch)];
  };
  switch (action.kind) {
    case ActionKind::kForward:
      return forward(instruction, microbatch());
    case ActionKind::kBackwardInput:
    case ActionKind::kBackward:
      return backward(instruction, microbatch());
    case ActionKind::kBackwardWeight: {
      StageRuntime& runtime = stage(instruction);
      return runtime.stage.backward_weight(runtime.context, microbatch(), instruction.slot);
    }
    case ActionKind::kSendForward:
    case ActionKind::kSendBackward:
      return sends_.at(instruction.out.peer)
          .post(instruction.out.buffer, {static_cast<std::int32_t>(action.kind), action.stage, action.microbatch,
                                         static_cast<std::int32_t>(microbatch().step)});
    case ActionKind::kRecvForward:
    case ActionKind::kRecvBackward:
      return receives_.at(instruction.in.peer).post(instruction.in.buffer);
    case ActionKind::kReduceGrad:
      if (!stage(instruction).sink.all_ready())
        check(false, "a gradient is reduced before its last backward: " + action_text(action));
      return reduction_->run(instruction.stage);
    default:
      check(false, "no such instruction: " + action_text(action));
  }
}

void Executor::forward(const Instruction& instruction, const Microbatch& microbatch) {
  const View x = take(instruction, ActionKind::kSendForward, instruction.action.stage - 1, microbatch);
  const View y = give(instruction);
  StageRuntime& runtime = stage(instruction);
  runtime.stage.forward(runtime.context, microbatch, x, y, instruction.slot);
}

void Executor::backward(const Instruction& instruction, const Microbatch& microbatch) {
  const View dy = take(instruction, ActionKind::kSendBackward, instruction.action.stage + 1, microbatch);
  const View dx = give(instruction);
  StageRuntime& runtime = stage(instruction);
  if (instruction.action.kind == ActionKind::kBackward) {
    runtime.stage.backward(runtime.context, microbatch, dy, dx, instruction.slot);
  } else {
    runtime.stage.backward_input(runtime.context, microbatch, dy, dx, instruction.slot);
  }
}

View Executor::take(const Instruction& instruction, ActionKind sent_as, int sender, const Microbatch& microbatch) {
  const Port& port = instruction.in;
  if (port.where == Port::Where::kNone) return {};
  if (port.where == Port::Where::kLocal) return local_[static_cast<std::size_t>(port.buffer)];
  return receives_.at(port.peer).take(port.buffer,
                                      {static_cast<std::int32_t>(sent_as), sender, instruction.action.microbatch,
                                       static_cast<std::int32_t>(microbatch.step)});
}

View Executor::give(const Instruction& instruction) {
  const Port& port = instruction.out;
  if (port.where == Port::Where::kNone) return {};
  if (port.where == Port::Where::kLocal) return local_[static_cast<std::size_t>(port.buffer)];
  return sends_.at(port.peer).acquire(port.buffer);
}

std::string Executor::activity() const {
  std::string text = running_ ? action_text(current_) : "no action";
  if (any_completed_) text += "; last completed " + action_text(completed_);
  return text;
}

}  // namespace triaxis
