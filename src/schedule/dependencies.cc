#include "schedule/dependencies.h"

namespace triaxis {
namespace {

using enum ActionKind;

Action backward_of(const TableIndex& index, int stage, int microbatch) {
  const bool split = index.find(kBackwardInput, stage, microbatch).found();
  return make_action(split ? kBackwardInput : kBackward, stage, microbatch);
}

/// The tensor that `producer` makes for an action of `rank`, whose receive would be `receive`.
void add_tensor(Waits& waits, const TableIndex& index, int rank, Action producer, Action receive) {
  const int stage = producer.stage;
  const int microbatch = producer.microbatch;
  const Place made = index.find(producer.kind, stage, microbatch);
  if (!index.lowered() || !made.found() || made.rank == rank) {
    waits.add(producer, made);
    return;
  }
  const ActionKind send = receive.kind == kRecvForward ? kSendForward : kSendBackward;
  waits.add(receive, index.find(receive.kind, receive.stage, microbatch));
  waits.add(make_action(send, stage, microbatch), index.find(send, stage, microbatch));
}

void add_if_present(Waits& waits, const TableIndex& index, ActionKind kind, Action like) {
  const Place place = index.find(kind, like.stage, like.microbatch);
  if (place.found()) waits.add(make_action(kind, like.stage, like.microbatch), place);
}

void add_own(Waits& waits, const TableIndex& index, Action own) {
  waits.add(own, index.find(own.kind, own.stage, own.microbatch));
}

void add_backward(Waits& waits, const TableIndex& index, int rank, Action action) {
  const int stage = action.stage;
  const int microbatch = action.microbatch;
  if (stage + 1 < index.stages()) {
    add_tensor(waits, index, rank, backward_of(index, stage + 1, microbatch),
               make_action(kRecvBackward, stage, microbatch));
  }
  add_own(waits, index, make_action(kForward, stage, microbatch));
  // A recomputation runs on what was fetched, so the later of the two is enough.
  const bool recomputed = index.find(kRecompute, stage, microbatch).found();
  add_if_present(waits, index, recomputed ? kRecompute : kFetch, action);
}

}  // namespace

void add_waits(const TableIndex& index, int rank, Action action, Waits& waits) {
  const int stage = action.stage;
  const int microbatch = action.microbatch;
  const Action forward = make_action(kForward, stage, microbatch);
  switch (action.kind) {
    case kForward:
      if (stage > 0) {
        add_tensor(waits, index, rank, make_action(kForward, stage - 1, microbatch),
                   make_action(kRecvForward, stage, microbatch));
      }
      break;
    case kBackwardInput:
    case kBackward:
      add_backward(waits, index, rank, action);
      break;
    case kBackwardWeight:
      add_own(waits, index, make_action(kBackwardInput, stage, microbatch));
      break;
    case kRecompute:
      add_own(waits, index, forward);
      add_if_present(waits, index, kFetch, action);
      break;
    case kSendForward:
    case kOffload:
      add_own(waits, index, forward);
      break;
    case kSendBackward:
      add_own(waits, index, backward_of(index, stage, microbatch));
      break;
    case kFetch:
      add_own(waits, index, make_action(kOffload, stage, microbatch));
      break;
    case kReduceGrad: {
      const auto [weight, place] = index.last_weight(rank, stage);
      waits.add(weight, place);
      break;
    }
    case kRecvForward:
    case kRecvBackward:
    case kUnshard:
    case kReshard:
    case kUpdate:  // takes the gradients made before it in its own row
      break;
  }
}

}  // namespace triaxis
