// Text inside SVG and HTML.
#pragma once

#include <string>
#include <string_view>

namespace triaxis {

/// The text with the characters that markup gives a meaning to replaced, for use between tags.
std::string escaped(std::string_view text);

}  // namespace triaxis
