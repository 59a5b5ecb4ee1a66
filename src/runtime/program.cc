#include "runtime/program.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "schedule/index.h"
#include "schedule/verify.h"

namespace triaxis {
namespace {

/// Numbers handed out lowest first and given back.
class FreeList {
 public:
  int take() {
    if (free_.empty()) return count_++;
    const auto lowest = std::min_element(free_.begin(), free_.end());
    const int number = *lowest;
    free_.erase(lowest);
    return number;
  }
  void give(int number) { free_.push_back(number); }
  int count() const { return count_; }

 private:
  int count_ = 0;
  std::vector<int> free_;
};

/// A boundary tensor, by the stage and microbatch that it is the input of (x), or the output's gradient of (dy).
using Boundary = std::pair<int, int>;

class Compiler {
 public:
  Compiler(const Table& table, int rank) : table_(table), index_(table), rank_(rank) {
    program_.stages = stages_of_rank(table, rank);
    program_.microbatches = table.microbatches;
    program_.reduces = table.kind == TableKind::kTrain;
    saved_.resize(program_.stages.size());
    gradients_.resize(program_.stages.size());
  }

  Program run() {
    for (const Action& action : table_.rows[static_cast<std::size_t>(rank_)])
      program_.instructions.push_back(translate(action));
    for (std::size_t s = 0; s < program_.stages.size(); ++s) {
      program_.slots.push_back({saved_[s].count(), gradients_[s].count()});
    }
    for (const auto& [peer, messages] : sent_by_peer_) program_.sends.push_back({peer, kSendBuffers});
    for (const auto& [peer, buffers] : receive_buffers_) program_.receives.push_back({peer, buffers.count()});
    program_.local_buffers = local_.count();
    return std::move(program_);
  }

 private:
  Instruction translate(const Action& action) {
    Instruction instruction;
    instruction.action = action;
    const auto found = std::lower_bound(program_.stages.begin(), program_.stages.end(), static_cast<int>(action.stage));
    instruction.stage = static_cast<int>(found - program_.stages.begin());
    switch (action.kind) {
      case ActionKind::kForward:
        forward(instruction);
        break;
      case ActionKind::kBackwardInput:
      case ActionKind::kBackward:
        backward(instruction);
        break;
      case ActionKind::kBackwardWeight:
        weight(instruction);
        break;
      case ActionKind::kSendForward:
      case ActionKind::kSendBackward:
        instruction.out = sent_.at({action.kind, {action.stage, action.microbatch}});
        break;
      case ActionKind::kRecvForward:
      case ActionKind::kRecvBackward:
        receive(instruction);
        break;
      case ActionKind::kReduceGrad:
        break;
      default:
        throw UserError("the table has " + action_text(action) + ", which the runtime does not execute yet");
    }
    return instruction;
  }

  void forward(Instruction& instruction) {
    const int stage = instruction.action.stage;
    const int microbatch = instruction.action.microbatch;
    const auto s = static_cast<std::size_t>(instruction.stage);
    instruction.slot.saved = saved_[s].take();
    if (stage > 0) instruction.in = consume(activations_, {stage, microbatch});
    if (stage + 1 < table_.stages)
      instruction.out = produce(ActionKind::kSendForward, stage, microbatch, stage + 1, activations_);
    if (table_.kind == TableKind::kForward) {
      saved_[s].give(instruction.slot.saved);
    } else {
      slots_[{stage, microbatch}] = instruction.slot;
    }
    release(instruction.in);
  }

  void backward(Instruction& instruction) {
    const int stage = instruction.action.stage;
    const int microbatch = instruction.action.microbatch;
    const auto s = static_cast<std::size_t>(instruction.stage);
    Slot& slot = slots_.at({stage, microbatch});
    if (instruction.action.kind == ActionKind::kBackwardInput) slot.gradient = gradients_[s].take();
    instruction.slot = slot;
    if (stage + 1 < table_.stages) instruction.in = consume(errors_, {stage, microbatch});
    if (stage > 0) instruction.out = produce(ActionKind::kSendBackward, stage, microbatch, stage - 1, errors_);
    if (instruction.action.kind == ActionKind::kBackward) saved_[s].give(slot.saved);
    release(instruction.in);
  }

  void weight(Instruction& instruction) {
    const auto s = static_cast<std::size_t>(instruction.stage);
    instruction.slot = slots_.at({instruction.action.stage, instruction.action.microbatch});
    saved_[s].give(instruction.slot.saved);
    gradients_[s].give(instruction.slot.gradient);
  }

  void receive(Instruction& instruction) {
    const int peer = index_.peer_of(instruction.action);
    instruction.in = {Port::Where::kChannel, peer, receive_buffers_[peer].take()};
    auto& arriving = instruction.action.kind == ActionKind::kRecvForward ? activations_ : errors_;
    arriving[{instruction.action.stage, instruction.action.microbatch}] = instruction.in;
  }

  /// Where a boundary tensor lies.
  static Port consume(std::map<Boundary, Port>& waiting, const Boundary& boundary) {
    const Port port = waiting.at(boundary);
    waiting.erase(boundary);
    return port;
  }

  /// Frees the buffer of a compute action's input once its output's is chosen, so that the two differ.
  void release(const Port& port) {
    if (port.where == Port::Where::kChannel) receive_buffers_[port.peer].give(port.buffer);
    if (port.where == Port::Where::kLocal) local_.give(port.buffer);
  }

  /// A buffer for what `stage` makes and `next` takes.
  Port produce(ActionKind send, int stage, int microbatch, int next, std::map<Boundary, Port>& waiting) {
    const int peer = index_.rank_of(next, microbatch);
    if (peer == rank_) {
      const Port port{Port::Where::kLocal, 0, local_.take()};
      waiting[{next, microbatch}] = port;
      return port;
    }
    const Port port{Port::Where::kChannel, peer, static_cast<int>(sent_by_peer_[peer]++ % kSendBuffers)};
    sent_[{send, {stage, microbatch}}] = port;
    return port;
  }

  const Table& table_;
  TableIndex index_;
  int rank_;
  Program program_;
  std::vector<FreeList> saved_;
  std::vector<FreeList> gradients_;
  std::map<int, FreeList> receive_buffers_;  // by peer
  std::map<int, int> sent_by_peer_;
  FreeList local_;
  std::map<Boundary, Slot> slots_;
  std::map<Boundary, Port> activations_;
  std::map<Boundary, Port> errors_;
  std::map<std::pair<ActionKind, Boundary>, Port> sent_;
};

}  // namespace

Program compile(const Table& table, int rank) { return Compiler(table, rank).run(); }

}  // namespace triaxis
