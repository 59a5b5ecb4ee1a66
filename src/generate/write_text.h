// A text from a model: prompt, choice after choice, and why it ends.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/tokenizer.h"
#include "generate/decoder.h"
#include "generate/sample.h"

namespace triaxis {

struct TextOptions {
  std::int64_t tokens = 200;         ///< at most
  SampleOptions sample;              ///< `symbols` are the tokenizer's, whatever stands here
  std::vector<std::string> stops{};  ///< the text ends before the first of these that it would contain
  bool past_end_of_text = false;     ///< whether an end of text is a token like any other, and not the end
};

enum class TextEnd : std::uint8_t { kTokens, kStop, kEndOfText };
std::string_view name_of(TextEnd end);

struct WrittenText {
  std::string text;               ///< what was shown
  std::vector<std::int32_t> ids;  ///< all that were chosen, but an end of text that ended it
  TextEnd end = TextEnd::kTokens;
  double prompt_seconds = 0;  ///< to read the prompt
  double seconds = 0;         ///< from then on
};

/// Continues `prompt`, or a document's start if it is empty. `show` is given the text as it is made, in whole
/// characters. Throws RunError if the model's logits are no numbers. REQUIRES: a decoder that has read nothing.
WrittenText write_text(Decoder& decoder, const Tokenizer& tokenizer, std::vector<std::int32_t> prompt,
                       const TextOptions& options, const std::function<void(std::string_view)>& show);

}  // namespace triaxis
