#include "render/explorer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "render/explorer_tables.h"
#include "render/page/page.h"
#include "render/page_text.h"

namespace triaxis {

std::string explorer_page(std::span<const ScheduleRow> rows) {
  const PageParts parts = explorer_parts();
  return fmt::format(fmt::runtime(parts.frame), fmt::arg("style", parts.style),
                     fmt::arg("legend", page_legend("FBIWO")), fmt::arg("tables", embedded_json(explorer_tables(rows))),
                     fmt::arg("script", parts.script));
}

}  // namespace triaxis
