// The communicators of one rank, one a set of axes.
#pragma once

#include <memory>

#include "comm/communicator.h"
#include "topology/grid.h"

namespace triaxis {

struct Groups {
  std::unique_ptr<Communicator> all;
  std::unique_ptr<Communicator> tensor;  ///< these four are null where the axis has degree 1
  std::unique_ptr<Communicator> pipeline;
  std::unique_ptr<Communicator> data;
  std::unique_ptr<Communicator> tie;        ///< the pipeline's ranks again, with an order of its own
  std::unique_ptr<Communicator> model;      ///< tensor x pipeline: the ranks that together hold one copy of the model
  std::unique_ptr<Communicator> sequences;  ///< pipeline x data: the ranks that together see every sequence once
};

/// COLLECTIVE OVER: the world.
Groups make_groups(World& world, const Grid& grid);

}  // namespace triaxis
