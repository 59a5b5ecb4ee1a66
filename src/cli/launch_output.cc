#include "cli/launch_output.h"

#include <fmt/format.h>

#include <regex>

namespace triaxis {
namespace {

bool is_rule(const std::string& text) { return text.size() > 20 && text.find_first_not_of('-') == std::string::npos; }

}  // namespace

std::string LaunchOutput::filter(std::string_view bytes) {
  std::string shown;
  for (const char c : bytes) {
    // A progress line starts with a carriage return and has no end: it is shown as it comes.
    if (c == '\r' && !in_banner_) {
      shown += partial_;
      partial_.clear();
    }
    partial_ += c;
    if (c != '\n') continue;
    shown += line(partial_.substr(0, partial_.size() - 1));
    partial_.clear();
  }
  if (!in_banner_ && partial_.starts_with('\r')) {
    shown += partial_;
    partial_.clear();
  }
  return shown;
}

// A banner stands between two rules; the sentence about a failed rank may run over several of its lines.
std::string LaunchOutput::line(const std::string& text) {
  if (!is_rule(text)) {
    if (!in_banner_) return text + "\n";
    banner_ += " " + text;
    return {};
  }
  in_banner_ = !in_banner_;
  if (in_banner_) {
    banner_.clear();
    return {};
  }
  static const std::regex killed(
      "process rank ([0-9]+) with PID [0-9]+ on node +[^ ]+ +exited on signal ([0-9]+ ?\\(?[A-Za-z ]*\\)?)");
  std::smatch found;
  if (std::regex_search(banner_, found, killed))
    failure_ = fmt::format("rank {} was killed by signal {}", found[1].str(), found[2].str());
  return {};
}

}  // namespace triaxis
