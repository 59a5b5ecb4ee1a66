#include "render/page_text.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

namespace triaxis {
namespace {

struct Key {
  char kind;
  std::string_view style;
  std::string_view name;
};

constexpr std::array<Key, 6> kKeys = {{{'F', "forward", "forward"},
                                       {'B', "backward", "backward"},
                                       {'I', "input", "backward of input"},
                                       {'W', "weight", "backward of weights"},
                                       {'R', "recompute", "recompute"},
                                       {'O', "update", "update of weights"}}};

}  // namespace

std::string page_legend(std::string_view kinds) {
  std::string text;
  for (const Key& key : kKeys) {
    if (kinds.find(key.kind) == std::string_view::npos) continue;
    text += fmt::format("<span class=\"key {0}\" style=\"--colour: var(--{0})\">{1}</span>\n", key.style, key.name);
  }
  return text +
         "<span class=\"key bubble\">bubble</span>\n"
         "<span class=\"key memory\" style=\"--colour: var(--memory)\">activations held, from F until W</span>\n";
}

std::string embedded_json(const nlohmann::ordered_json& json) {
  const std::string text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      result += "\\u003c";
    else
      result += c;
  }
  return result;
}

}  // namespace triaxis
