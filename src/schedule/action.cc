#include "schedule/action.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::array<std::string_view, kActionKinds> kKindTexts = {
    "F",      "I",       "W",       "B",           "R",   "SEND_F",  "RECV_F", "SEND_B",
    "RECV_B", "UNSHARD", "RESHARD", "REDUCE_GRAD", "OPT", "OFFLOAD", "FETCH"};

constexpr std::string_view kGrammar = "a cell is blank, STAGE KIND [MICROBATCH] such as 2F0, or (1F3;1B0)OVERLAP_F_B";
constexpr std::string_view kOverlap = "OVERLAP_F_B";
constexpr std::string_view kWait = "WAIT_";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The text on one line that a terminal can print, cut where it is long.
std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  std::string line;
  for (const char letter : text.substr(0, kLongest)) {
    if (letter >= ' ' && letter <= '~')
      line += letter;
    else
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(letter));
  }
  return text.size() > kLongest ? line + "..." : line;
}

[[noreturn]] void reject(std::string_view text, std::string_view reason) {
  throw UserError(fmt::format("'{}': {}", shown(text), reason));
}

/// Takes the number at the start of `rest`; nothing if there is none or it does not fit.
std::optional<int> take_number(std::string_view& rest) {
  int value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || rest.front() == '-') return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

std::optional<ActionKind> parse_kind(std::string_view text) {
  for (std::size_t i = 0; i < kKindTexts.size(); ++i)
    if (kKindTexts[i] == text) return static_cast<ActionKind>(i);
  return std::nullopt;
}

bool may_be_awaited(ActionKind kind) { return is_send(kind) || kind == ActionKind::kReduceGrad; }

struct ParsedAction {
  Action action;
  bool awaited = false;  // the text is that of a wait for the action
};

ParsedAction parse_action(std::string_view text) {
  std::string_view rest = text;
  const auto stage = take_number(rest);
  if (!stage) reject(text, fmt::format("starts with no stage; {}", kGrammar));
  if (*stage >= kMaxStages) reject(text, fmt::format("stages go from 0 to {}", kMaxStages - 1));
  const auto letters = rest.substr(0, rest.find_first_of("0123456789"));
  const bool awaited = letters.starts_with(kWait);
  const auto kind = parse_kind(awaited ? letters.substr(kWait.size()) : letters);
  if (!kind || (awaited && !may_be_awaited(*kind))) {
    reject(text,
           fmt::format("'{}' is no kind of action; the kinds are {}", shown(letters), fmt::join(kKindTexts, " ")));
  }
  rest.remove_prefix(letters.size());
  if (!has_microbatch(*kind)) {
    if (!rest.empty()) reject(text, fmt::format("{} takes no microbatch", letters));
    return {make_action(*kind, *stage), awaited};
  }
  const auto microbatch = take_number(rest);
  if (!microbatch) reject(text, fmt::format("{} needs a microbatch, such as {}{}0", letters, *stage, letters));
  if (*microbatch >= kMaxMicrobatches) reject(text, fmt::format("microbatches go from 0 to {}", kMaxMicrobatches - 1));
  if (!rest.empty()) reject(text, fmt::format("'{}' follows the action; {}", shown(rest), kGrammar));
  return {make_action(*kind, *stage, *microbatch), awaited};
}

bool is_input_gradient(ActionKind kind) { return kind == ActionKind::kBackward || kind == ActionKind::kBackwardInput; }

std::vector<Action> parse_overlap(std::string_view text) {
  const auto close = text.find(')');
  if (close == std::string_view::npos || text.substr(close + 1) != kOverlap)
    reject(text, fmt::format("a pair ends with ){}, as in (1F3;1B0){}", kOverlap, kOverlap));
  const auto inside = text.substr(1, close - 1);
  const auto middle = inside.find(';');
  if (middle == std::string_view::npos) reject(text, "a pair has two members, as in (1F3;1B0)OVERLAP_F_B");
  Action first = parse_action(trimmed(inside.substr(0, middle))).action;
  const Action second = parse_action(trimmed(inside.substr(middle + 1))).action;
  const bool forward_first = first.kind == ActionKind::kForward && is_input_gradient(second.kind);
  const bool forward_second = second.kind == ActionKind::kForward && is_input_gradient(first.kind);
  if (!forward_first && !forward_second) reject(text, "a pair is an F and a B or I");
  first.with_next = true;
  return {first, second};
}

}  // namespace

std::string_view kind_text(ActionKind kind) { return kKindTexts[static_cast<std::size_t>(kind)]; }

std::string action_text(Action action) {
  if (!has_microbatch(action.kind)) return fmt::format("{}{}", action.stage, kind_text(action.kind));
  return fmt::format("{}{}{}", action.stage, kind_text(action.kind), action.microbatch);
}

std::string wait_text(Action awaited) {
  const std::string text = action_text(awaited);
  return fmt::format("{}{}{}", awaited.stage, kWait, text.substr(text.find_first_not_of("0123456789")));
}

std::vector<Action> parse_cell(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = trimmed(text.substr(1, text.size() - 2));
  if (text.empty()) return {};
  if (text.front() == '(') return parse_overlap(text);
  const auto [action, awaited] = parse_action(text);
  if (awaited) return {};
  return {action};
}

}  // namespace triaxis
