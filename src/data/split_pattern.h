// The regular expression that cuts a text into words before byte pairs are merged inside each.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct pcre2_real_code_8;  // NOLINT(readability-identifier-naming): PCRE2's own name

namespace triaxis {

/// GPT-2's pattern, which tokenizers of byte pairs have where they name no other.
constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class SplitPattern {
 public:
  /// `name` is the file that the pattern comes from. Throws UserError, starting with it, if PCRE2 cannot read the
  /// pattern, or if a match depends on what stands before it.
  SplitPattern(const std::string& pattern, std::string name);

  /// Cuts `text` into the pattern's matches and what lies between them; what is no UTF-8 is a piece of its own. Unless
  /// the text is `whole`, pieces that might change with what follows it are left out.
  /// RETURNS: the bytes of the pieces.
  std::size_t cut(std::string_view text, bool whole, const std::function<void(std::string_view)>& piece) const;

 private:
  std::size_t cut_valid(std::string_view text, bool whole, const std::function<void(std::string_view)>& piece) const;

  std::string name_;
  std::shared_ptr<pcre2_real_code_8> code_;
};

}  // namespace triaxis
