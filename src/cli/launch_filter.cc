#include "cli/launch_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <regex>
#include <utility>

namespace triaxis {
namespace {

constexpr std::size_t kRuleLength = 74;  // of the dashes around a banner of Open MPI 4

std::size_t trailing_dashes(std::string_view line) { return line.size() - (line.find_last_not_of('-') + 1); }

/// Whether a line that begins with `text` may be mpirun's talk: "mpirun: ..." or "[host:pid] ...".
bool may_be_talk(std::string_view text) {
  constexpr std::string_view kName = "mpirun: ";
  const std::size_t common = std::min(text.size(), kName.size());
  if (common > 0 && text.substr(0, common) == kName.substr(0, common)) return true;
  if (!text.starts_with('[')) return false;
  const std::size_t end = text.find(']');
  return std::ranges::all_of(text.substr(1, end == std::string_view::npos ? end : end - 1), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == ':';
  });
}

/// Lines about mpirun's own talk: where it goes, and that some of it was lost (a bug of Open MPI 4 in MPI_Abort).
bool is_talk(std::string_view line) {
  if (line.starts_with("mpirun: ")) return true;
  const auto contains = [&](std::string_view words) { return line.find(words) != std::string_view::npos; };
  return may_be_talk(line) &&
         (contains(" sent help message ") || contains("orte_base_help_aggregate") || contains("Read -1, expected ") ||
          (contains("ORTE_ERROR_LOG") && contains("show_help.c")));
}

/// RETURNS: the rank whose failure a banner reports; nothing if the banner is about something else.
std::optional<RankFailure> parse_failure(const std::string& banner) {
  std::smatch found;
  const auto matches = [&](const char* pattern) { return std::regex_search(banner, found, std::regex(pattern)); };
  const auto number = [&](std::size_t group) { return std::stoi(found[group]); };
  if (matches(R"(process\s+rank\s+(\d+)[^]*exited\s+on\s+signal\s+(\d+))")) {
    return RankFailure{.rank = number(1), .signal = number(2)};
  }
  if (matches(R"(Process name:\s+\[\[\d+,\d+\],(\d+)\]\s+Exit code:\s+(\d+))")) {
    return RankFailure{.rank = number(1), .exit_code = number(2)};
  }
  if (matches(R"(MPI_ABORT was invoked on rank (\d+)[^]*with errorcode (\d+))")) {
    return RankFailure{.rank = number(1), .exit_code = number(2), .told = true};
  }
  if (matches(R"(due to process rank (\d+)[^]*exiting improperly)")) return RankFailure{.rank = number(1)};
  return std::nullopt;
}

bool is_introduction(std::string_view banner) { return banner.starts_with("Primary job  terminated normally"); }

}  // namespace

std::string RankFailure::text() const {
  if (signal != 0) return fmt::format("rank {} was killed by signal {} ({})", rank, signal, strsignal(signal));
  if (exit_code != 0) return fmt::format("rank {} ended with exit code {}", rank, exit_code);
  return fmt::format("rank {} ended before the others", rank);
}

std::string LauncherFilter::feed(std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      end_line();
      continue;
    }
    line_ += c;
    if (c == '\r' && !in_banner_) {
      show(std::string_view(line_).substr(line_shown_));
      line_.clear();
      line_shown_ = 0;
    }
  }
  if (!in_banner_) {
    const std::size_t end = line_.size() - held();
    if (end > line_shown_) {
      show(std::string_view(line_).substr(line_shown_, end - line_shown_));
      line_shown_ = end;
    }
  }
  return std::exchange(output_, {});
}

std::string LauncherFilter::finish() {
  if (in_banner_) show(banner_);
  show(std::string_view(line_).substr(line_shown_));
  line_.clear();
  banner_.clear();
  in_banner_ = false;
  line_shown_ = 0;
  return std::exchange(output_, {});
}

std::size_t LauncherFilter::held() const {
  if (line_shown_ == 0 && may_be_talk(line_)) return line_.size();
  return std::min(trailing_dashes(line_), line_.size() - line_shown_);
}

void LauncherFilter::end_line() {
  const std::string line = std::exchange(line_, {});
  const std::size_t shown = std::exchange(line_shown_, 0);
  const bool rule = trailing_dashes(line) == kRuleLength;
  const bool ready = line.ends_with(kReadyLine);  // not at its start if another rank has left a line open
  ready_ = ready_ || ready;
  if (in_banner_) {
    banner_ += line + '\n';
    if (rule) end_banner();
  } else if (rule) {
    show(std::string_view(line).substr(shown, line.size() - kRuleLength - shown));
    banner_ = line.substr(line.size() - kRuleLength) + '\n';
    in_banner_ = true;
  } else if (shown > 0 || !(ready || is_talk(line))) {
    show(line.substr(shown) + '\n');
  }
}

void LauncherFilter::end_banner() {
  in_banner_ = false;
  const std::string banner = std::exchange(banner_, {});
  const std::string text = banner.substr(kRuleLength + 1);
  if (is_introduction(text)) return;
  const std::optional<RankFailure> failure = parse_failure(text);
  if (!failure) return show(banner);
  if (!failure_) failure_ = failure;
}

void LauncherFilter::show(std::string_view text) {
  output_ += text;
  error_shown_ = error_shown_ || text.find("rror") != std::string_view::npos;
}

}  // namespace triaxis
