// Plain loops over a scalar T, on the calling thread: the specification that the fast kernels are compared with. Sum
// rule: gradients of parameters are added to (`+=`), gradients of activations are written (`=`).
#include "tensor/kernels.h"

#include "tensor/reference/attention.h"
#include "tensor/reference/attention_cached.h"
#include "tensor/reference/cross_entropy.h"
#include "tensor/reference/elementwise.h"
#include "tensor/reference/embedding.h"
#include "tensor/reference/layernorm.h"
#include "tensor/reference/optimizer.h"

namespace triaxis {

template <typename T>
const Kernels& reference_kernels() {
  static constexpr Kernels kTable{
      .gemm = GemmEngine::kReference,
      .dtype = dtype_of<T>(),
      .fill = reference::fill<T>,
      .copy = reference::copy<T>,
      .add = reference::add<T>,
      .maximum = reference::maximum<T>,
      .gelu_forward = reference::gelu_forward<T>,
      .gelu_backward = reference::gelu_backward<T>,
      .residual_forward = reference::residual_forward<T>,
      .dropout_backward = reference::dropout_backward<T>,
      .bias_backward = reference::bias_backward<T>,
      .layernorm_forward = reference::layernorm_forward<T>,
      .layernorm_backward_input = reference::layernorm_backward_input<T>,
      .layernorm_backward_weight = reference::layernorm_backward_weight<T>,
      .attention_forward = reference::attention_forward<T>,
      .attention_backward = reference::attention_backward<T>,
      .attention_cached = reference::attention_cached<T>,
      .attention_cache_size = reference::attention_cache_size,
      .attention_scratch = reference::attention_scratch<T>,
      .embedding_forward = reference::embedding_forward<T>,
      .position_forward = reference::position_forward<T>,
      .embedding_backward = reference::embedding_backward<T>,
      .cross_entropy_max = reference::cross_entropy_max<T>,
      .cross_entropy_sums = reference::cross_entropy_sums<T>,
      .cross_entropy_loss = reference::cross_entropy_loss<T>,
      .cross_entropy_backward = reference::cross_entropy_backward<T>,
      .adamw = reference::adamw<T>,
      .sum_of_squares = reference::sum_of_squares<T>,
      .all_finite = reference::all_finite<T>,
      .fill_normal = reference::fill_normal<T>,
  };
  return kTable;
}

template const Kernels& reference_kernels<float>();
template const Kernels& reference_kernels<double>();

}  // namespace triaxis
