// Tokens that stand in a text by their name, such as <|endoftext|>, and are cut out before anything else.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/token.h"

namespace triaxis {

struct AddedToken {
  std::string text;
  Token token = 0;
};

class AddedTokens {
 public:
  /// REQUIRES: no text is empty.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  /// RETURNS: the first place of one in `text`, and the longest one there; text.size() and null if there is none.
  std::pair<std::size_t, const AddedToken*> find(std::string_view text) const;

  /// RETURNS: the bytes of the longest one.
  std::size_t longest() const { return longest_; }

 private:
  std::vector<AddedToken> tokens_;  // longest first
  std::array<bool, 256> starts_{};  // whether one starts with this byte
  std::size_t longest_ = 0;
};

}  // namespace triaxis
