#include "config/resume.h"

#include <fmt/format.h>

#include "base/error.h"
#include "config/schema.h"

namespace triaxis {

Config kept(const Config& config) {
  Config copy = config;
  if (copy.optimizer.decay_steps == 0) copy.optimizer.decay_steps = copy.train.steps;
  return copy;
}

Config resumed(const Config& saved, const Config& now, std::string_view saved_in, bool weights_only) {
  Config before = saved;
  Config result = now;
  for (const Key& key : schema()) {
    if (key.resume != Resume::kFixed || (weights_only && key.section != "model")) continue;
    const std::string was = to_toml(key.field(before));
    const std::string is = to_toml(key.field(result));
    if (was == is) continue;
    throw UserError(
        fmt::format("{0} = {1}, but the run in {2} has {0} = {3}, which must not change on resume; set it "
                    "so, or start anew in another directory",
                    full_name(key), is, saved_in, was));
  }
  if (!weights_only && result.optimizer.decay_steps == 0) result.optimizer.decay_steps = saved.optimizer.decay_steps;
  return result;
}

}  // namespace triaxis
