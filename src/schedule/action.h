// The action: one thing that one rank does for one stage, in the grammar that PyTorch's pipeline schedules use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// What an action does. The text of each kind (kind_text) stands behind it.
enum class ActionKind : std::uint8_t {
  kForward,         // F
  kBackwardInput,   // I: the gradient of the stage's input, which the previous stage waits for
  kBackwardWeight,  // W: the gradient of the stage's weights, which only this stage needs
  kBackward,        // B: I, then W
  kRecompute,       // R: the forward again, ahead of the backward
  kSendForward,     // SEND_F: stage is the sending one
  kRecvForward,     // RECV_F: stage is the receiving one
  kSendBackward,    // SEND_B: stage is the sending one
  kRecvBackward,    // RECV_B: stage is the receiving one
  kUnshard,         // UNSHARD: gathers the stage's parameters
  kReshard,         // RESHARD: drops what UNSHARD gathered
  kReduceGrad,      // REDUCE_GRAD: reduces the stage's gradients over data, then over its tie
  kUpdate,          // OPT: the stage's optimizer step; its number stands in place of the microbatch
  kOffload,         // OFFLOAD: moves a microbatch's activations out of the device
  kFetch,           // FETCH: brings them back
};

inline constexpr int kActionKinds = 15;
inline constexpr int kNoMicrobatch = -1;
inline constexpr int kMaxStages = 65536;
inline constexpr int kMaxMicrobatches = 1 << 30;

/// One entry of a rank's row. Eight bytes, since tables of millions of actions are made and timed.
struct Action {
  std::int32_t microbatch = kNoMicrobatch;  // kUpdate: the number of the update
  std::uint16_t stage = 0;
  ActionKind kind = ActionKind::kForward;
  bool with_next = false;  // runs at once with the next action of its row: both stand in one OVERLAP_F_B cell

  friend bool operator==(const Action&, const Action&) = default;
};
static_assert(sizeof(Action) == 8);

/// REQUIRES: 0 <= stage < kMaxStages; 0 <= microbatch < kMaxMicrobatches if has_microbatch(kind), else kNoMicrobatch.
constexpr Action make_action(ActionKind kind, int stage, int microbatch = kNoMicrobatch) {
  return {microbatch, static_cast<std::uint16_t>(stage), kind, false};
}

/// Whether the kind occupies the rank's compute: F, I, W, B, R.
constexpr bool is_compute(ActionKind kind) { return kind <= ActionKind::kRecompute; }

/// Whether the kind is a send between stages.
constexpr bool is_send(ActionKind kind) {
  return kind == ActionKind::kSendForward || kind == ActionKind::kSendBackward;
}

/// Whether the kind is a receive between stages.
constexpr bool is_receive(ActionKind kind) {
  return kind == ActionKind::kRecvForward || kind == ActionKind::kRecvBackward;
}

/// Whether the kind passes through a channel between two ranks.
constexpr bool is_message(ActionKind kind) { return is_send(kind) || is_receive(kind); }

/// Whether the kind ends what a microbatch's activations are kept for: W or B.
constexpr bool is_weight(ActionKind kind) {
  return kind == ActionKind::kBackwardWeight || kind == ActionKind::kBackward;
}

/// Whether actions of the kind name a microbatch (or, for kUpdate, a number).
constexpr bool has_microbatch(ActionKind kind) {
  return kind != ActionKind::kUnshard && kind != ActionKind::kReshard && kind != ActionKind::kReduceGrad;
}

/// The kind as it stands in a table: "F", "SEND_F", "OPT".
std::string_view kind_text(ActionKind kind);

/// The action as it stands in a table: "2F0", "1SEND_B3", "0REDUCE_GRAD".
std::string action_text(Action action);

/// What PyTorch writes where a rank waits until a send or a REDUCE_GRAD is over: "1WAIT_SEND_F3". No action of ours: a
/// rank of ours waits by itself, when it needs the buffer again.
std::string wait_text(Action awaited);

/// Parses one cell: nothing or a wait of PyTorch's (an empty vector), an action, or "(a;b)OVERLAP_F_B" (with_next set
/// on the first of the two). Blanks around a cell and around the members of a pair are ignored, and quotes around a
/// cell. Throws UserError, saying what is valid.
std::vector<Action> parse_cell(std::string_view text);

}  // namespace triaxis
