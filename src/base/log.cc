#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

namespace triaxis {
namespace {

// spdlog keeps loggers by name for the whole process: that is the only state here.
std::shared_ptr<spdlog::logger> logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto created = std::make_shared<spdlog::logger>("triaxis", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("triaxis: %v");
    created->flush_on(spdlog::level::info);
    return created;
  }();
  return instance;
}

}  // namespace

void set_log_prefix(std::string_view prefix) {
  std::string pattern;
  for (char c : prefix) pattern += c == '%' ? std::string("%%") : std::string(1, c);
  logger()->set_pattern(pattern + "%v");
}

void log_info(std::string_view message) { logger()->info(message); }
void log_warning(std::string_view message) { logger()->warn("warning: {}", message); }
void log_error(std::string_view message) { logger()->error("error: {}", message); }

}  // namespace triaxis
