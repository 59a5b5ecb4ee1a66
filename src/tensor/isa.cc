#include "tensor/isa.h"

#include "tensor/fast/targets.h"
// The above comes first.
#include <hwy/highway.h>

#include <dnnl.hpp>

#include "base/error.h"

namespace triaxis {
namespace {

std::int64_t best(std::int64_t targets) { return targets & -targets; }

#if HWY_ARCH_X86
/// Keeps oneDNN to what Highway's `target` has.
void limit_onednn(std::int64_t target) {
  dnnl::cpu_isa isa = dnnl::cpu_isa::sse41;
  if (target == HWY_AVX2) isa = dnnl::cpu_isa::avx2;
  if (target == HWY_AVX3) isa = dnnl::cpu_isa::avx512_core;
  check(dnnl::set_max_cpu_isa(isa) == dnnl::status::success, "limit_isa comes before oneDNN's first use");
}
#else
void limit_onednn(std::int64_t) {}
#endif

}  // namespace

std::int64_t supported_isa() { return hwy::SupportedTargets() & HWY_TARGETS; }

std::string_view isa_name() { return hwy::TargetName(best(supported_isa())); }

void limit_isa(std::int64_t targets) {
  check(targets != 0 && (targets & ~supported_isa()) == 0, "a subset of supported_isa()");
  limit_onednn(best(targets));
  hwy::DisableTargets(~targets);
}

}  // namespace triaxis
