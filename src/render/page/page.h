// What page.html, page.css and the scripts beside it hold. Compiled in, so that a page needs no other file.
#pragma once

#include <string_view>

namespace triaxis {

/// The page with fields for fmt::format in the places of what is its own.
std::string_view page_frame();
std::string_view page_style();
std::string_view page_script();

}  // namespace triaxis
