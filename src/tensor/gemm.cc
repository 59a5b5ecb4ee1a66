#include "tensor/gemm.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "base/error.h"
#include "tensor/fast/row_product.h"
#include "tensor/gemm_fast.h"
#include "tensor/gemm_reference.h"

namespace triaxis {
namespace {

/// REQUIRES of an operand: [batch, rows, columns], or [rows, columns] where there is one entry.
void check_operand(std::string_view name, const View& view, std::int64_t batch, std::int64_t rows,
                   std::int64_t columns) {
  const bool batched = view.rank == 3 && view.dim(0) == batch;
  const bool single = view.rank == 2 && batch == 1;
  if (!view.empty() && (batched || single) && view.dim(-2) == rows && view.dim(-1) == columns) return;
  check(false, fmt::format("gemm: {} is {}, not [{}, {}, {}]", name, describe(view), batch, rows, columns));
}

std::string_view name_of_kernel(const GemmShape& shape) {
  if (fast::is_row_product(shape)) return "gemm row";
  if (shape.transpose_a) return shape.transpose_b ? "gemm tt" : "gemm tn";
  return shape.transpose_b ? "gemm nt" : "gemm nn";
}

}  // namespace

struct GemmPlan::Impl {
  GemmShape shape;
  int threads;
  GemmEngine engine;
  std::optional<FastGemm> fast;  // Empty: the reference, or the product of a row.

  std::int64_t entries_of_b() const { return shape.share_b ? 1 : shape.batch; }
  void check_stored_b(const View& b) const {
    check_dtype(b, shape.dtype);
    check_operand("b", b, entries_of_b(), shape.transpose_b ? shape.n : shape.k, shape.transpose_b ? shape.k : shape.n);
  }
  void check_operands(const View& a, const View& b, const View& bias, const View& c) const;
};

void GemmPlan::Impl::check_operands(const View& a, const View& b, const View& bias, const View& c) const {
  check_dtype(a, shape.dtype);
  check_dtype(bias, shape.dtype);
  check_dtype(c, shape.dtype);
  check_operand("a", a, shape.share_a ? 1 : shape.batch, shape.transpose_a ? shape.k : shape.m,
                shape.transpose_a ? shape.m : shape.k);
  check_operand("c", c, shape.batch, shape.m, shape.n);
  if (!shape.pack_b) check_stored_b(b);
  if (!shape.bias) {
    check(bias.empty(), "gemm: a bias, and none was planned");
  } else if (bias.rank != 1 || shape.batch != 1 || bias.dim(0) != shape.n) {
    check_operand("bias", bias, 1, shape.batch, shape.n);
  }
}

GemmPlan::GemmPlan(GemmEngine engine, Stream& stream, const GemmShape& shape)
    : impl_(std::make_unique<Impl>(Impl{shape, stream.threads(), engine, std::nullopt})) {
  check(shape.batch > 0 && shape.m > 0 && shape.n > 0 && shape.k > 0, "gemm: a dimension is not positive");
  if (engine == GemmEngine::kFast) {
    check(shape.dtype == DType::kF32, "gemm: the fast engine computes in f32");
    if (!fast::is_row_product(shape)) impl_->fast.emplace(stream, shape);
  } else {
    check(shape.dtype == DType::kF32 || shape.dtype == DType::kF64, "gemm: the reference computes in f32 or f64");
  }
}

GemmPlan::~GemmPlan() = default;
GemmPlan::GemmPlan(GemmPlan&&) noexcept = default;
GemmPlan& GemmPlan::operator=(GemmPlan&&) noexcept = default;

const GemmShape& GemmPlan::shape() const { return impl_->shape; }

std::size_t GemmPlan::packed_bytes() const {
  const GemmShape& s = impl_->shape;
  if (!s.pack_b) return 0;
  if (impl_->fast) return impl_->fast->packed_bytes();
  return static_cast<std::size_t>(impl_->entries_of_b() * s.n * s.k) * size_of(s.dtype);
}

void GemmPlan::pack(Stream& stream, const View& b, const View& packed) const {
  check(impl_->shape.pack_b, "gemm: packing was not planned");
  check(stream.threads() <= impl_->threads, "gemm: planned for a stream of fewer threads");
  check(packed.bytes() == packed_bytes(), "gemm: the packed form has another size");
  impl_->check_stored_b(b);
  const KernelScope scope(stream, "gemm pack");
  if (impl_->fast) {
    impl_->fast->pack(stream, b, packed);
  } else {
    std::memcpy(packed.data, b.data, packed.bytes());
  }
}

void GemmPlan::run(Stream& stream, const View& a, const View& b, const View& bias, const View& c) const {
  const GemmShape& s = impl_->shape;
  check(stream.threads() <= impl_->threads, "gemm: planned for a stream of fewer threads");
  check(!s.pack_b || b.bytes() == packed_bytes(), "gemm: b is not packed");
  impl_->check_operands(a, b, bias, c);
  const KernelScope scope(stream, name_of_kernel(s));
  if (impl_->fast) {
    impl_->fast->run(stream, a, b, bias, c);
  } else if (impl_->engine == GemmEngine::kFast) {
    fast::row_product(stream, s, a, b, bias, c);
  } else if (s.dtype == DType::kF64) {
    reference_gemm<double>(stream, s, a, b, bias, c);
  } else {
    reference_gemm<float>(stream, s, a, b, bias, c);
  }
}

}  // namespace triaxis
