#include "data/pieces.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>

#include "base/error.h"

namespace triaxis {
namespace {

/// The bytes that a piece stands for inside a text.
std::string bytes_of(const sentencepiece::SentencePieceProcessor& processor, int token) {
  if (processor.IsControl(token)) return "";
  if (processor.IsUnknown(token)) return "\xEF\xBF\xBD";  // U+FFFD
  const std::string& piece = processor.IdToPiece(token);
  if (processor.IsByte(token))  // "<0x0A>"
    return {static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16))};
  constexpr std::string_view kBlank = "\u2581";
  std::string bytes;
  for (std::size_t at = 0; at < piece.size();) {
    const bool blank = std::string_view(piece).substr(at).starts_with(kBlank);
    bytes += blank ? ' ' : piece[at];
    at += blank ? kBlank.size() : 1;
  }
  return bytes;
}

}  // namespace

PieceTokenizer::PieceTokenizer(std::string_view bytes, std::string_view name) {
  const auto refuse = [&](std::string why) {
    std::replace(why.begin(), why.end(), '\n', ' ');
    throw UserError(fmt::format("{}: {}", name, why));
  };
  const auto processor = std::make_shared<sentencepiece::SentencePieceProcessor>();
  const auto status = processor->LoadFromSerializedProto({bytes.data(), bytes.size()});
  if (!status.ok()) refuse(fmt::format("no SentencePiece model: {}", status.message()));
  const int size = processor->GetPieceSize();
  if (size < 1 || size > static_cast<int>(kMostSymbols)) refuse(fmt::format("a model of {} pieces", size));
  if (processor->eos_id() < 0) refuse("no piece of the model ends a text");
  end_of_text_ = static_cast<Token>(processor->eos_id());
  for (int token = 0; token < size; ++token) pieces_.push_back(bytes_of(*processor, token));
  processor_ = processor;

  std::vector<Token> tokens;
  encode("a", true, tokens);
  starts_with_blank_ = !tokens.empty() && decode(tokens[0]).starts_with(' ');
}

std::size_t PieceTokenizer::encode(std::string_view text, bool whole, std::vector<Token>& tokens) const {
  if (!whole) return 0;
  std::vector<int> ids;
  const auto status = processor_->Encode({text.data(), text.size()}, &ids);
  if (!status.ok()) throw RunError(fmt::format("SentencePiece: {}", status.message()));
  tokens.insert(tokens.end(), ids.begin(), ids.end());
  return text.size();
}

}  // namespace triaxis
