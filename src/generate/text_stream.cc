#include "generate/text_stream.h"

#include <algorithm>

#include "base/error.h"
#include "data/utf8.h"

namespace triaxis {
namespace {

/// The text with a U+FFFD for every run of bytes that are no UTF-8.
std::string readable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t valid = valid_bytes(text);
    result += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) break;
    result += "\uFFFD";
    text.remove_prefix(wrong_bytes(text));
  }
  return result;
}

}  // namespace

TextStream::TextStream(std::vector<std::string> stops) : stops_(std::move(stops)) {
  check(std::none_of(stops_.begin(), stops_.end(), [](const std::string& stop) { return stop.empty(); }),
        "a stop string has a character at least");
}

std::string TextStream::push(std::string_view bytes) {
  if (stopped_) return {};
  pending_ += bytes;
  const std::size_t stop = start_of_stop();
  if (stop != std::string::npos) {
    stopped_ = true;
    pending_.resize(stop);
    return finish();
  }
  const std::string_view certain = std::string_view(pending_).substr(0, pending_.size() - held_for_stops());
  const std::size_t shown = whole_characters(certain);
  std::string text = readable(certain.substr(0, shown));
  pending_.erase(0, shown);
  return text;
}

std::string TextStream::finish() {
  std::string text = readable(pending_);
  pending_.clear();
  return text;
}

/// RETURNS: where the first stop string in what is pending starts; npos if there is none.
std::size_t TextStream::start_of_stop() const {
  std::size_t first = std::string::npos;
  for (const std::string& stop : stops_) first = std::min(first, pending_.find(stop));
  return first;
}

/// RETURNS: how many bytes at the end of what is pending may be the start of a stop string.
std::size_t TextStream::held_for_stops() const {
  std::size_t held = 0;
  for (const std::string& stop : stops_) {
    for (std::size_t n = std::min(stop.size() - 1, pending_.size()); n > held; --n) {
      if (pending_.ends_with(std::string_view(stop).substr(0, n))) held = n;
    }
  }
  return held;
}

}  // namespace triaxis
