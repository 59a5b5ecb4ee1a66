// What a run that goes on from a checkpoint may change.
#pragma once

#include <string_view>

#include "config/config.h"

namespace triaxis {

/// The configuration of a run that goes on: `now`, with what is kept from the first start (optimizer.decay_steps, where
/// 0 is written). Throws UserError, naming the key and both values, if a key differs that must not; the data is known
/// by its checksum and compared elsewhere. `saved_in` says where `saved` comes from. `weights_only`: nothing has been
/// trained here yet, as after an import, so that only the model counts.
Config resumed(const Config& saved, const Config& now, std::string_view saved_in, bool weights_only = false);

/// The configuration as a checkpoint keeps it, with what later starts must not take anew from their own keys.
Config kept(const Config& config);

}  // namespace triaxis
