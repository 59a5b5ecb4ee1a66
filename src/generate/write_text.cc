#include "generate/write_text.h"

#include <chrono>

#include "base/error.h"
#include "generate/text_stream.h"

namespace triaxis {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

std::string_view name_of(TextEnd end) {
  switch (end) {
    case TextEnd::kStop:
      return "stop";
    case TextEnd::kEndOfText:
      return "end_of_text";
    case TextEnd::kTokens:
      break;
  }
  return "tokens";
}

WrittenText write_text(Decoder& decoder, const Tokenizer& tokenizer, std::vector<std::int32_t> prompt,
                       const TextOptions& options, const std::function<void(std::string_view)>& show) {
  check(decoder.window().empty(), "a decoder that has read nothing");
  const auto end_of_text = static_cast<std::int32_t>(tokenizer.end_of_text());
  if (prompt.empty()) prompt.push_back(end_of_text);
  SampleOptions sample = options.sample;
  sample.symbols = tokenizer.symbols();
  TokenChooser chooser(sample);
  TextStream stream(options.stops);
  WrittenText written;
  const auto give = [&](const std::string& text) {
    written.text += text;
    if (!text.empty()) show(text);
  };

  Clock::time_point start = Clock::now();
  decoder.append(prompt);
  written.prompt_seconds = seconds_since(start);
  start = Clock::now();
  for (std::int64_t i = 0; i < options.tokens && !stream.stopped(); ++i) {
    if (i > 0) decoder.append(std::span(&written.ids.back(), 1));
    const std::int32_t id = chooser.choose(decoder.logits(), std::ssize(prompt) + i);
    if (id == end_of_text && !options.past_end_of_text) {
      written.end = TextEnd::kEndOfText;
      break;
    }
    written.ids.push_back(id);
    give(stream.push(tokenizer.decode(id)));
  }
  if (stream.stopped()) written.end = TextEnd::kStop;
  give(stream.finish());
  written.seconds = seconds_since(start);
  return written;
}

}  // namespace triaxis
