#include "data/split_pattern.h"

#include <fmt/format.h>

#include "base/error.h"
#include "data/utf8.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace triaxis {
namespace {

std::string message_of(int code) {
  std::string text(256, '\0');
  const int length = pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(text.data()), text.size());
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return text;
}

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

SplitPattern::SplitPattern(const std::string& pattern, std::string name) : name_(std::move(name)) {
  int error = 0;
  std::size_t place = 0;
  code_.reset(pcre2_compile(units(pattern), pattern.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error,
                            &place, nullptr),
              pcre2_code_free);
  if (code_ == nullptr) {
    throw UserError(
        fmt::format("{}: its pattern for words is wrong at character {}: {}", name_, place, message_of(error)));
  }
  std::uint32_t behind = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_MAXLOOKBEHIND, &behind);
  if (behind > 0) {
    throw UserError(
        fmt::format("{}: its pattern for words looks at what stands before a word; such a pattern is not "
                    "built",
                    name_));
  }
  // Where there is no such compiler, matching is slower and the same.
  pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
}

std::size_t SplitPattern::cut(std::string_view text, bool whole,
                              const std::function<void(std::string_view)>& piece) const {
  if (!whole) text = text.substr(0, whole_characters(text));
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view valid = text.substr(at, valid_bytes(text.substr(at)));
    const bool ends = whole || at + valid.size() < text.size();
    const std::size_t done = cut_valid(valid, ends, piece);
    at += done;
    if (done < valid.size()) break;
    const std::string_view wrong = text.substr(at, wrong_bytes(text.substr(at)));
    if (wrong.empty() || (!whole && at + wrong.size() == text.size())) break;
    piece(wrong);
    at += wrong.size();
  }
  return at;
}

std::size_t SplitPattern::cut_valid(std::string_view text, bool whole,
                                    const std::function<void(std::string_view)>& piece) const {
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create_from_pattern(code_.get(), nullptr), pcre2_match_data_free);
  const std::size_t* bounds = pcre2_get_ovector_pointer(match.get());
  const std::uint32_t options = PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | (whole ? 0U : PCRE2_PARTIAL_HARD);
  std::size_t at = 0;
  while (at < text.size()) {
    const int found = pcre2_match(code_.get(), units(text), text.size(), at, options, match.get(), nullptr);
    if ((found == PCRE2_ERROR_NOMATCH || found == PCRE2_ERROR_PARTIAL) && !whole) return at;
    if (found == PCRE2_ERROR_NOMATCH) {
      piece(text.substr(at));
      return text.size();
    }
    if (found < 0) throw UserError(fmt::format("{}: its pattern for words fails: {}", name_, message_of(found)));
    if (bounds[0] < at || bounds[1] <= bounds[0])
      throw UserError(fmt::format("{}: its pattern for words moves a match's start", name_));
    if (bounds[0] > at) piece(text.substr(at, bounds[0] - at));
    piece(text.substr(bounds[0], bounds[1] - bounds[0]));
    at = bounds[1];
  }
  return at;
}

}  // namespace triaxis
