// The configuration of a run that was not trained but written: by a conversion or an import.
#pragma once

#include <filesystem>
#include <string>

#include "config/config.h"

namespace triaxis {

/// Makes `name` the run's own directory in `config`, holds that the configuration is valid, and writes it as run.toml
/// into `directory`, which will have that name. RETURNS: the configuration as TOML.
std::string place_run(Config& config, const std::filesystem::path& directory, const std::filesystem::path& name);

}  // namespace triaxis
