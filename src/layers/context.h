// What every layer is given: where to run, the parameters of one weight version, the tensor axis, and where gradients
// go.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "comm/ordered_sum.h"
#include "layers/workspace.h"
#include "parameters/gradient_sink.h"
#include "parameters/store.h"
#include "spec/model.h"
#include "tensor/kernels.h"

namespace triaxis {

/// Looks at a tensor that a kernel just wrote: "layers.3", "attention.qkv". Throws to stop the run.
using Probe = std::function<void(std::string_view block, std::string_view tensor, const View& view)>;

/// One microbatch. VALID UNTIL: the step's end.
struct Microbatch {
  std::int64_t serial = 0;  ///< never twice in a run: what a workspace's contents are tagged with
  std::int64_t step = 0;
  std::int64_t group = 0;  ///< local number of its data group
  TokenIds tokens;
  View ids;               ///< [tokens] i32
  View targets;           ///< [tokens] i32
  View losses;            ///< [batch] f64: each sequence's loss, summed over its tokens
  double loss_scale = 1;  ///< of the gradient: one over the tokens of the global batch
};

struct Context {
  const Kernels& kernels;
  Stream& stream;
  const Model& model;
  ParameterStore& parameters;
  GradientSink& sink;
  Workspace& workspace;
  OrderedSum* tensor = nullptr;  ///< over the tensor axis; null where its degree is 1
  std::uint64_t seed = 0;
  double dropout = 0;            ///< the model's in training, 0 in validation and generation
  const Probe* probe = nullptr;  ///< null except when a step is run again to find a NaN

  void look(std::string_view block, std::string_view what, const View& view) const {
    if (probe != nullptr) (*probe)(block, what, view);
  }
  const Unit& unit(int index) const { return parameters.units()[static_cast<std::size_t>(index)]; }
  const View& gradient(int index, const Microbatch& microbatch) const {
    return unit(index).gradients[static_cast<std::size_t>(microbatch.group)];
  }
};

}  // namespace triaxis
