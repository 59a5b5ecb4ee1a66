#include "data/added_tokens.h"

#include <algorithm>
#include <utility>

namespace triaxis {

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::stable_sort(tokens_.begin(), tokens_.end(),
                   [](const auto& a, const auto& b) { return a.text.size() > b.text.size(); });
  for (const AddedToken& token : tokens_) starts_[static_cast<unsigned char>(token.text[0])] = true;
  if (!tokens_.empty()) longest_ = tokens_.front().text.size();
}

std::pair<std::size_t, const AddedToken*> AddedTokens::find(std::string_view text) const {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!starts_[static_cast<unsigned char>(text[at])]) continue;
    const auto found = std::find_if(tokens_.begin(), tokens_.end(),
                                    [&](const AddedToken& token) { return text.substr(at).starts_with(token.text); });
    if (found != tokens_.end()) return {at, &*found};
  }
  return {text.size(), nullptr};
}

}  // namespace triaxis
