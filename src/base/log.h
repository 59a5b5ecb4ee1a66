// Messages to the person at the terminal: always on standard error, one line each, safe from several threads.
#pragma once

#include <string_view>

namespace triaxis {

/// Sets what stands before every message of this process, as in "triaxis rank 3: ". Until then it is "triaxis: ".
void set_log_prefix(std::string_view prefix);

/// Prints a message that is good to know.
void log_info(std::string_view message);

/// Prints a message about something that is probably not wanted, marked as a warning.
void log_warning(std::string_view message);

/// Prints why the program stops, marked as an error.
void log_error(std::string_view message);

}  // namespace triaxis
