#include "data/byte_pairs.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

namespace triaxis {
namespace {

std::uint64_t pair_key(Token left, Token right) { return std::uint64_t{left} << 32 | right; }

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

}  // namespace

/// Encodes the words of one text, and remembers those that it has met.
class WordEncoder {
 public:
  WordEncoder(const BytePairTokenizer& tokenizer, std::vector<Token>& tokens)
      : tokenizer_(tokenizer), tokens_(tokens) {}

  /// Appends the tokens of `word`. VALID UNTIL: the text that the words are part of goes.
  void append(std::string_view word) {
    const auto met = met_.find(word);
    if (met != met_.end()) {
      tokens_.insert(tokens_.end(), met->second.begin(), met->second.end());
      return;
    }
    const std::size_t before = tokens_.size();
    encode(word);
    constexpr std::size_t kLongestKept = 64;
    constexpr std::size_t kMostKept = 1 << 17;
    if (word.size() <= kLongestKept && met_.size() < kMostKept)
      met_.emplace(word, std::vector<Token>(tokens_.begin() + static_cast<std::ptrdiff_t>(before), tokens_.end()));
  }

 private:
  /// A token of a word whose pairs are being merged, in a list of those that are left.
  struct Node {
    Token token = 0;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
    bool gone = false;
  };
  /// A pair that may be merged: the lowest rank first, then the leftmost.
  using Candidate = std::pair<std::uint32_t, std::uint32_t>;  // rank, left node

  void encode(std::string_view word) {
    if (tokenizer_.model_.words_first) {
      if (const auto token = tokenizer_.words_.find(std::string(word)); token != tokenizer_.words_.end()) {
        tokens_.push_back(token->second);
        return;
      }
    }
    const auto size = static_cast<std::uint32_t>(word.size());
    nodes_.resize(size);
    for (std::uint32_t i = 0; i < size; ++i) {
      nodes_[i] = {.token = tokenizer_.model_.bytes[static_cast<unsigned char>(word[i])],
                   .previous = i == 0 ? kNone : i - 1,
                   .next = i + 1 == size ? kNone : i + 1};
    }
    merge_all();
    for (const Node& node : nodes_)
      if (!node.gone) tokens_.push_back(node.token);
  }

  void merge_all() {
    for (std::uint32_t i = 0; i + 1 < nodes_.size(); ++i) propose(i);
    while (!candidates_.empty()) {
      const auto [rank, left] = candidates_.top();
      candidates_.pop();
      // One of the two may have become part of another pair since.
      const BytePairTokenizer::Ranked* merge = merge_at(left);
      if (merge == nullptr || merge->rank != rank) continue;
      Node& node = nodes_[left];
      Node& right = nodes_[node.next];
      node.token = merge->merged;
      node.next = right.next;
      right.gone = true;
      if (node.next != kNone) nodes_[node.next].previous = left;
      propose(left);
      propose(node.previous);
    }
  }

  const BytePairTokenizer::Ranked* merge_at(std::uint32_t left) const {
    if (left == kNone || nodes_[left].gone || nodes_[left].next == kNone) return nullptr;
    const auto found = tokenizer_.merges_.find(pair_key(nodes_[left].token, nodes_[nodes_[left].next].token));
    return found == tokenizer_.merges_.end() ? nullptr : &found->second;
  }

  void propose(std::uint32_t left) {
    if (const auto* merge = merge_at(left)) candidates_.emplace(merge->rank, left);
  }

  const BytePairTokenizer& tokenizer_;
  std::vector<Token>& tokens_;
  std::unordered_map<std::string_view, std::vector<Token>> met_;
  std::vector<Node> nodes_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
};

BytePairTokenizer::BytePairTokenizer(BytePairModel model, std::string name)
    : model_(std::move(model)), added_(model_.added), pattern_(model_.pattern, std::move(name)) {
  std::uint32_t rank = 0;
  for (const BytePairModel::Merge& merge : model_.merges)
    merges_.insert_or_assign(pair_key(merge.left, merge.right), Ranked{rank++, merge.merged});
  if (!model_.words_first) return;
  for (Token token = 0; token < symbols(); ++token) words_.emplace(model_.symbols[token], token);
}

std::size_t BytePairTokenizer::encode(std::string_view text, bool whole, std::vector<Token>& tokens) const {
  WordEncoder words(*this, tokens);
  // What follows a text that is not whole may complete an added token at its end, or make it a longer one.
  const std::size_t unsure = whole || added_.longest() == 0 ? 0 : added_.longest() - 1;
  const std::size_t sure = text.size() - std::min(unsure, text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const auto [distance, added] = added_.find(text.substr(at));
    const bool ends = whole || (added != nullptr && at + distance < sure);
    const std::size_t length = ends ? distance : std::max(sure, at) - at;
    const std::size_t done =
        pattern_.cut(text.substr(at, length), ends, [&words](std::string_view word) { words.append(word); });
    at += done;
    if (done < length || !ends) break;
    if (added != nullptr) {
      tokens.push_back(added->token);
      at += added->text.size();
    }
  }
  return at;
}

}  // namespace triaxis
