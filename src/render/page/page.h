// What the HTML, CSS and JavaScript files beside it hold. Compiled in, so that a page needs no other file.
#pragma once

#include <string_view>

namespace triaxis {

struct PageParts {
  std::string_view frame;  // with fields for fmt::format in the places of what is a page's own
  std::string_view style;
  std::string_view script;
};

/// Of the page that shows schedules which the program has timed.
PageParts schedule_parts();

/// Of the page that times schedules itself.
PageParts explorer_parts();

}  // namespace triaxis
