// What the pages share beside their files.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace triaxis {

/// The legend: the kinds among `kinds` ("FIW", with O for OPT), idle time, memory.
std::string page_legend(std::string_view kinds);

/// JSON that may stand inside a script element whatever its strings hold.
std::string embedded_json(const nlohmann::ordered_json& json);

}  // namespace triaxis
