// What may be shown of a text that is still being made.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// Takes a text's bytes as tokens bring them, and gives out whole UTF-8 characters only, up to the first stop string.
/// The start of what may become a stop string or a character is held back until it is known. Bytes that are no UTF-8
/// come out as U+FFFD.
class TextStream {
 public:
  /// REQUIRES: no empty stop string.
  explicit TextStream(std::vector<std::string> stops = {});

  /// RETURNS: what may be shown now. Once stopped, nothing.
  std::string push(std::string_view bytes);
  /// The text is at its end. RETURNS: what was held back.
  std::string finish();
  /// Whether a stop string has come.
  bool stopped() const { return stopped_; }

 private:
  std::size_t start_of_stop() const;
  std::size_t held_for_stops() const;

  std::vector<std::string> stops_;
  std::string pending_;
  bool stopped_ = false;
};

}  // namespace triaxis
