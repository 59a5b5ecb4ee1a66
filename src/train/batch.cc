#include "train/batch.h"

namespace triaxis {
namespace {

std::size_t footprint(const BatchShape& shape) {
  const std::int64_t tokens = shape.micro * shape.seq;
  const std::size_t one = 4 * Arena::footprint(DType::kI32, tokens) + Arena::footprint(DType::kI64, shape.micro);
  return static_cast<std::size_t>(shape.microbatches) * one +
         Arena::footprint(DType::kF64, shape.microbatches * shape.micro);
}

std::span<std::int32_t> row(const View& view, std::int64_t sequence, std::int64_t seq) {
  return {view.as<std::int32_t>() + sequence * seq, static_cast<std::size_t>(seq)};
}

}  // namespace

Batch::Batch(const BatchShape& shape, MemoryLedger& ledger)
    : shape_(shape), arena_(ledger, Category::kWorkspace, footprint(shape)) {
  const std::int64_t tokens = shape.micro * shape.seq;
  losses_ = arena_.allocate(DType::kF64, {shape.microbatches, shape.micro});
  for (std::int64_t m = 0; m < shape.microbatches; ++m) {
    Microbatch& microbatch = microbatches_.emplace_back();
    microbatch.group = m * shape.groups / shape.microbatches;
    microbatch.tokens.batch = shape.micro;
    microbatch.tokens.seq = shape.seq;
    microbatch.tokens.sequences = arena_.allocate(DType::kI64, {shape.micro});
    microbatch.tokens.positions = arena_.allocate(DType::kI32, {tokens});
    microbatch.tokens.document_starts = arena_.allocate(DType::kI32, {tokens});
    microbatch.ids = arena_.allocate(DType::kI32, {tokens});
    microbatch.targets = arena_.allocate(DType::kI32, {tokens});
    microbatch.losses = losses_[m];
    for (std::int64_t t = 0; t < tokens; ++t)
      microbatch.tokens.positions.as<std::int32_t>()[t] = static_cast<std::int32_t>(t % shape.seq);
  }
}

void Batch::load(std::int64_t step, std::int64_t first, double loss_scale, const FillSequence& fill) {
  std::int64_t sequence = first;
  for (Microbatch& microbatch : microbatches_) {
    microbatch.serial = next_serial_++;
    microbatch.step = step;
    microbatch.loss_scale = loss_scale;
    for (std::int64_t i = 0; i < shape_.micro; ++i, ++sequence) {
      microbatch.tokens.sequences.as<std::int64_t>()[i] = sequence;
      fill(sequence, row(microbatch.ids, i, shape_.seq), row(microbatch.targets, i, shape_.seq));
    }
  }
}

std::span<const double> Batch::losses() const {
  return {losses_.as<double>(), static_cast<std::size_t>(shape_.microbatches * shape_.micro)};
}

}  // namespace triaxis
