#include "generate/write_text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kWindow = 32;

/// A model of bytes whose logits after a token depend on that token alone, as a test sets them.
class TableModel {
 public:
  TableModel() : parameters_(model_, blocks_of(model_), {1, 0, 1}, 0, DType::kF32, ledger_) {
    // Every token's embedding is its own direction, no layer adds to it, and the last norm hands it to the head.
    for (std::int64_t id = 0; id < model_.vocab; ++id) at("embedding.token.weight", id, id) = 1;
    for (std::int64_t channel = 0; channel < model_.hidden; ++channel) at("head.norm.weight", channel) = 1;
  }

  /// From now on the logit of `next` after `token` is `logit` above the others.
  void prefer(std::int32_t token, std::int32_t next, float logit) {
    // The norm makes of a one among n zeros sqrt(n - 1), nearly, and of the zeros nearly none.
    at("head.weight", next, token) = logit / std::sqrt(static_cast<float>(model_.hidden) - 1);
  }

  WrittenText write(const std::string& prompt, const TextOptions& options) {
    Stream stream(1);
    Decoder decoder(model_, parameters_, fast_kernels(), stream, ledger_);
    shown_.clear();
    return write_text(decoder, tokenizer_, {prompt.begin(), prompt.end()}, options,
                      [&](std::string_view text) { shown_.emplace_back(text); });
  }

  const std::vector<std::string>& shown() const { return shown_; }
  std::int32_t end_of_text() const { return static_cast<std::int32_t>(tokenizer_.end_of_text()); }

 private:
  static Model small() {
    Model model;
    model.layers = 1;
    model.hidden = 260;
    model.heads = model.kv_heads = 2;
    model.head_dim = 4;
    model.ffn_hidden = 8;
    model.vocab = 260;  // three more than there are symbols
    model.seq_len = kWindow;
    model.tie_embeddings = false;
    return model;
  }

  float& at(const std::string& name, std::int64_t row, std::int64_t column = -1) {
    const View& weight = parameters_.units()[static_cast<std::size_t>(parameters_.unit(name))].weight;
    return weight.as<float>()[column < 0 ? row : row * model_.hidden + column];
  }

  MemoryLedger ledger_;
  Model model_ = small();
  ParameterStore parameters_;
  Tokenizer tokenizer_{"bytes"};
  std::vector<std::string> shown_;
};

/// "abcabc..." for ever.
class Cycle : public TableModel {
 public:
  Cycle() {
    prefer('a', 'b', 50);
    prefer('b', 'c', 50);
    prefer('c', 'a', 50);
  }
};

TextOptions greedy(std::int64_t tokens) { return {.tokens = tokens, .sample = {.temperature = 0}}; }

TEST(WriteText, ContinuesThePromptTokenByToken) {
  Cycle model;
  const WrittenText written = model.write("xa", greedy(5));
  EXPECT_EQ(written.text, "bcabc");
  EXPECT_THAT(written.ids, ElementsAre('b', 'c', 'a', 'b', 'c'));
  EXPECT_EQ(name_of(written.end), "tokens");
  EXPECT_THAT(model.shown(), ElementsAre("b", "c", "a", "b", "c"));
}

TEST(WriteText, GoesOnBeyondTheWindow) {
  Cycle model;
  const WrittenText written = model.write(std::string(kWindow - 1, 'x') + "a", greedy(3 * kWindow));
  std::string expected;
  for (std::int64_t i = 0; i < 3 * kWindow; ++i) expected += "bca"[i % 3];
  EXPECT_EQ(written.text, expected);
}

TEST(WriteText, EndsBeforeAStopString) {
  Cycle model;
  TextOptions options = greedy(50);
  options.stops = {"cab"};
  const WrittenText written = model.write("a", options);
  EXPECT_EQ(written.text, "b");
  EXPECT_EQ(name_of(written.end), "stop");
  EXPECT_EQ(written.ids.size(), 4U);  // no token more than it takes to know
}

TEST(WriteText, ShowsWhatMightHaveBecomeAStopString) {
  Cycle model;
  TextOptions options = greedy(2);
  options.stops = {"cab"};
  EXPECT_EQ(model.write("a", options).text, "bc");
}

TEST(WriteText, EndsWhereTheModelEndsTheText) {
  Cycle model;
  model.prefer('c', model.end_of_text(), 90);
  model.prefer(model.end_of_text(), 'a', 50);
  const WrittenText written = model.write("a", greedy(10));
  EXPECT_EQ(written.text, "bc");
  EXPECT_EQ(name_of(written.end), "end_of_text");
  EXPECT_EQ(written.ids.size(), 2U);

  TextOptions past_it = greedy(6);
  past_it.past_end_of_text = true;
  EXPECT_EQ(model.write("a", past_it).text, "bc\nabc");
}

TEST(WriteText, WithoutAPromptItStartsADocument) {
  Cycle model;
  model.prefer(model.end_of_text(), 'c', 50);
  EXPECT_EQ(model.write("", greedy(4)).text, "cabc");
}

TEST(WriteText, NoTokensAreNoText) {
  Cycle model;
  EXPECT_EQ(model.write("a", greedy(0)).text, "");
  EXPECT_TRUE(model.shown().empty());
}

TEST(WriteText, OneSeedIsOneText) {
  TableModel model;  // all are equally likely
  const auto text = [&](std::uint64_t seed) {
    return model.write("a", {.tokens = 40, .sample = {.temperature = 1, .seed = seed}}).ids;
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

TEST(WriteText, NeverChoosesBeyondTheTokenizersSymbols) {
  Cycle model;
  model.prefer('a', 258, 90);
  EXPECT_EQ(model.write("a", greedy(1)).text, "b");
}

TEST(WriteText, ShowsWholeCharactersOnly) {
  TableModel model;
  model.prefer('a', 0xC3, 50);
  model.prefer(0xC3, 0xA9, 50);
  model.prefer(0xA9, 'a', 50);
  model.write("a", greedy(7));
  EXPECT_THAT(model.shown(), ElementsAre("\u00E9", "a", "\u00E9", "a", "\uFFFD"));
}

TEST(WriteText, ANaNIsAFailure) {
  Cycle model;
  model.prefer('b', 'c', std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(model.write("a", greedy(5)), RunError);
}

}  // namespace
}  // namespace triaxis
