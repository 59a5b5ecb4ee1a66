// The table of the fast kernels. Sum rule: gradients of parameters are added to (`+=`), gradients of activations are
// written (`=`).
#include "tensor/fast/kernels.h"

namespace triaxis {

const Kernels& fast_kernels() {
  static constexpr Kernels kTable{
      .gemm = GemmEngine::kFast,
      .dtype = DType::kF32,
      .fill = fast::fill,
      .copy = fast::copy,
      .add = fast::add,
      .maximum = fast::maximum,
      .gelu_forward = fast::gelu_forward,
      .gelu_backward = fast::gelu_backward,
      .residual_forward = fast::residual_forward,
      .dropout_backward = fast::dropout_backward,
      .bias_backward = fast::bias_backward,
      .layernorm_forward = fast::layernorm_forward,
      .layernorm_backward_input = fast::layernorm_backward_input,
      .layernorm_backward_weight = fast::layernorm_backward_weight,
      .attention_forward = fast::attention_forward,
      .attention_backward = fast::attention_backward,
      .attention_cached = fast::attention_cached,
      .attention_cache_size = fast::attention_cache_size,
      .attention_scratch = fast::attention_scratch,
      .embedding_forward = fast::embedding_forward,
      .position_forward = fast::position_forward,
      .embedding_backward = fast::embedding_backward,
      .cross_entropy_max = fast::cross_entropy_max,
      .cross_entropy_sums = fast::cross_entropy_sums,
      .cross_entropy_loss = fast::cross_entropy_loss,
      .cross_entropy_backward = fast::cross_entropy_backward,
      .adamw = fast::adamw,
      .sum_of_squares = fast::sum_of_squares,
      .all_finite = fast::all_finite,
      .fill_normal = fast::fill_normal,
  };
  return kTable;
}

}  // namespace triaxis
