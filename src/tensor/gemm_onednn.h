// oneDNN 2 and 3 behind one small class: a primitive with its operands, run on one thread. Only tensor/'s GEMM files
// include this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <initializer_list>
#include <vector>

namespace triaxis {

/// A float matrix in place: element (i, j) lies at i * row_stride + j * column_stride.
dnnl::memory::desc matrix(std::int64_t rows, std::int64_t columns, std::int64_t row_stride, std::int64_t column_stride);
/// A float matrix in whatever layout oneDNN likes best.
dnnl::memory::desc matrix_of_any_layout(std::int64_t rows, std::int64_t columns);

/// A oneDNN primitive, prepared once and run single-threaded by any member of a team, several at a time. oneDNN itself
/// may allocate while it runs; this class does not.
class OnednnCall {
 public:
  struct Operand {
    int name = 0;  ///< DNNL_ARG_*
    dnnl::memory::desc layout;
  };

  OnednnCall(const dnnl::primitive& primitive, std::initializer_list<Operand> operands,
             const dnnl::memory::desc& scratch, int threads);

  const dnnl::memory::desc& layout(std::size_t operand) const { return layouts_[operand]; }
  std::size_t scratch_bytes() const { return layouts_.back().get_size(); }

  /// `data` are the operands' elements in the constructor's order. `thread` is the caller's number in the team, and
  /// `scratch` is its own.
  void run(int thread, std::initializer_list<void*> data, std::byte* scratch) const;

 private:
  static constexpr std::size_t kMaxOperands = 5;

  /// What a thread changes in a call, so that threads share only the primitive.
  struct Member {
    dnnl::stream stream;
    std::vector<dnnl::memory> operands;
    std::array<dnnl_exec_arg_t, kMaxOperands> arguments;
  };

  dnnl::primitive primitive_;
  std::vector<dnnl::memory::desc> layouts_;  // The scratch's is the last.
  std::vector<Member> members_;
};

/// c = a b (+ bias) or c += a b (+ bias). Operands in order: a, b, c and, if its layout has elements, bias.
OnednnCall onednn_matmul(const dnnl::memory::desc& a, const dnnl::memory::desc& b, const dnnl::memory::desc& c,
                         const dnnl::memory::desc& bias, bool accumulate, int threads);

/// Copies one layout into another. Operands in order: from, to.
OnednnCall onednn_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to, int threads);

}  // namespace triaxis
