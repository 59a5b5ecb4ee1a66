// The instruction sets that the kernels are compiled for. On x86: SSE4, which every processor since 2008 has, AVX2, and
// AVX-512 (Highway's AVX3); those between them bring nothing here. Include before anything of Highway.
#pragma once

#include "hwy/detect_compiler_arch.h"

#if HWY_ARCH_X86
#define HWY_BASELINE_TARGETS HWY_SSE4
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#endif
