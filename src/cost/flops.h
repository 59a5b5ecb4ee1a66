// Floating-point operations of a model, counted from its parameter rows. A multiply-add counts two.
//
// A product of [tokens, in] with a matrix [out, in] takes 2 x tokens x out x in, and each of its two gradients as much:
// 6 a token and matrix element in all (Kaplan et al. 2020, section 2.1; with the head counted as Narayanan et al. 2021,
// appendix, do). Causal attention takes one dot product for the score and one for the weighted values, 4 x heads x
// head_dim for each pair of a query and a key it may see, and twice that backward (Chowdhery et al. 2022, appendix B,
// who count every pair; here only the s (s + 1) / 2 that the mask leaves: half and the diagonal). These are *model*
// FLOPs: what a recomputing implementation repeats is not counted, nor is anything linear in the tensors.
#pragma once

#include <cstdint>
#include <vector>

#include "spec/model.h"

namespace triaxis {

/// FLOPs of one block for one microbatch, by the action that does them.
struct BlockFlops {
  double forward = 0;          ///< F
  double input_gradient = 0;   ///< I
  double weight_gradient = 0;  ///< W

  double total() const { return forward + input_gradient + weight_gradient; }
};

/// Of a microbatch of `batch` sequences of model.seq_len, over all tensor ranks. A lookup is no product: the embedding
/// takes none.
BlockFlops block_flops(const Model& model, const Block& block, std::int64_t batch);

/// Forward and backward of the whole model, a token: what MFU counts.
double model_flops_per_token(const Model& model);

/// The relative cost of each block of blocks_of(model), for `balance_stages`: its FLOPs, and the bytes that its
/// elementwise work moves, as the FLOPs that a machine would do in the meantime.
std::vector<double> block_costs(const Model& model);

}  // namespace triaxis
