#include "tensor/gemm_onednn.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr auto kFloat = dnnl::memory::data_type::f32;

/// Tells the OpenMP runtime that oneDNN may have brought along that this thread works alone. OpenMP keeps that setting
/// thread by thread, and oneDNN reads it when a primitive is made and when it runs. Found by name, because only oneDNN
/// knows which runtime it is linked with, if any.
void work_alone() {
  thread_local const bool done = [] {
    void* const setter = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (setter != nullptr) reinterpret_cast<void (*)(int)>(setter)(1);
    return true;
  }();
  static_cast<void>(done);
}

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// oneDNN 2 describes an operation before its primitive; oneDNN 3 has no such step.
template <typename Matmul>
typename Matmul::primitive_desc describe_matmul(const dnnl::memory::desc& a, const dnnl::memory::desc& b,
                                                const dnnl::memory::desc& bias, const dnnl::memory::desc& c,
                                                const dnnl::primitive_attr& attributes) {
  if constexpr (requires { typename Matmul::desc; }) {
    return typename Matmul::primitive_desc(typename Matmul::desc(a, b, bias, c), attributes, cpu());
  } else {
    return typename Matmul::primitive_desc(cpu(), a, b, bias, c, attributes);
  }
}

}  // namespace

dnnl::memory::desc matrix(std::int64_t rows, std::int64_t columns, std::int64_t row_stride,
                          std::int64_t column_stride) {
  return {{rows, columns}, kFloat, dnnl::memory::dims{row_stride, column_stride}};
}

dnnl::memory::desc matrix_of_any_layout(std::int64_t rows, std::int64_t columns) {
  return {{rows, columns}, kFloat, dnnl::memory::format_tag::any};
}

OnednnCall::OnednnCall(const dnnl::primitive& primitive, std::initializer_list<Operand> operands,
                       const dnnl::memory::desc& scratch, int threads)
    : primitive_(primitive) {
  std::vector<Operand> all;
  for (const Operand& operand : operands) {
    if (operand.layout.get_size() != 0) all.push_back(operand);
  }
  all.push_back({DNNL_ARG_SCRATCHPAD, scratch});
  check(all.size() <= kMaxOperands, "too many operands for a oneDNN call");
  for (const Operand& operand : all) layouts_.push_back(operand.layout);
  for (int thread = 0; thread < threads; ++thread) {
    Member& member = members_.emplace_back(Member{dnnl::stream(cpu()), {}, {}});
    for (std::size_t i = 0; i < all.size(); ++i) {
      member.operands.emplace_back(all[i].layout, cpu(), nullptr);
      member.arguments[i] = {all[i].name, member.operands.back().get()};
    }
  }
}

void OnednnCall::run(int thread, std::initializer_list<void*> data, std::byte* scratch) const {
  work_alone();
  const Member& member = members_[static_cast<std::size_t>(thread)];
  const std::size_t last = layouts_.size() - 1;
  for (std::size_t i = 0; i < last; ++i) member.operands[i].set_data_handle(data.begin()[i]);
  member.operands[last].set_data_handle(scratch);
  // The C call: dnnl::primitive::execute takes a map.
  const dnnl_status_t status = dnnl_primitive_execute(primitive_.get(), member.stream.get(),
                                                      static_cast<int>(layouts_.size()), member.arguments.data());
  if (status != dnnl_success) throw RunError(fmt::format("oneDNN failed with {}", dnnl_status2str(status)));
}

OnednnCall onednn_matmul(const dnnl::memory::desc& a, const dnnl::memory::desc& b, const dnnl::memory::desc& c,
                         const dnnl::memory::desc& bias, bool accumulate, int threads) {
  work_alone();
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attributes.set_post_ops(sum);
  }
  const auto description = describe_matmul<dnnl::matmul>(a, b, bias, c, attributes);
  return {dnnl::matmul(description),
          {{DNNL_ARG_SRC, description.src_desc()},
           {DNNL_ARG_WEIGHTS, description.weights_desc()},
           {DNNL_ARG_DST, description.dst_desc()},
           {DNNL_ARG_BIAS, bias}},
          description.scratchpad_desc(),
          threads};
}

OnednnCall onednn_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to, int threads) {
  work_alone();
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc description(cpu(), from, cpu(), to, attributes);
  return {
      dnnl::reorder(description), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, description.scratchpad_desc(), threads};
}

}  // namespace triaxis
