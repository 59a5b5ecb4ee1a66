#include "data/byte_pair_files.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "data/testing/tokenizer_cases.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;
using Json = nlohmann::json;

auto is_refused(const std::string& why) {
  return ThrowsMessage<UserError>(AllOf(StartsWith("t.json"), HasSubstr(why), Not(HasSubstr("\n"))));
}

/// A place in a tokenizer.json, what is put there, and what is said about it.
struct Bad {
  std::string place;
  Json value;
  std::string message;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.place << " = " << bad.value; }

class BadTokenizerTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadTokenizerTest, IsOneUserErrorInOneLine) {
  Json json = Json::parse(read_file(fixture("llama3/tokenizer.json")));
  json[Json::json_pointer(GetParam().place)] = GetParam().value;
  EXPECT_THAT([&] { BytePairTokenizer(parse_tokenizer_json(json.dump(), "t.json"), "t.json"); },
              is_refused(GetParam().message));
}

const Bad kNotBuilt[] = {
    {"/normalizer", {{"type", "NFC"}}, "t.json: \"normalizer\" is not built"},
    {"/model/type", "Unigram", "\"type\" = \"Unigram\" is not built"},
    {"/model/byte_fallback", true, "\"byte_fallback\" = true is not built"},
    {"/model/dropout", 0.1, "\"dropout\" = 0.1 is not built"},
    {"/model/unk_token", "<unk>", "\"unk_token\""},
    {"/model/end_of_word_suffix", "</w>", "\"end_of_word_suffix\""},
    {"/pre_tokenizer", {{"type", "Whitespace"}}, "\"pre_tokenizer\": \"type\" = \"Whitespace\" is not built"},
    {"/pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", true}}, "\"add_prefix_space\" = true is not built"},
    {"/pre_tokenizer/pretokenizers/0/type", "Digits", "\"pretokenizers\"[0]: \"type\" = \"Digits\" is not built"},
    {"/pre_tokenizer/pretokenizers/0/behavior", "MergedWithNext", "\"behavior\""},
    {"/pre_tokenizer/pretokenizers/1/use_regex", true, "\"use_regex\" = true is not built"},
    {"/pre_tokenizer/pretokenizers/2", {{"type", "ByteLevel"}}, "\"pretokenizers\" is not built"},
    {"/added_tokens/0/lstrip", true, "\"added_tokens\"[0]: \"lstrip\" = true is not built"},
};

const Bad kWrong[] = {
    {"/model", 3, "\"model\": must be a JSON object"},
    {"/pre_tokenizer", nullptr, "\"pre_tokenizer\": must be a JSON object"},
    {"/pre_tokenizer/pretokenizers/0/pattern/Regex", "(", "its pattern for words is wrong at character 1"},
    {"/pre_tokenizer/pretokenizers/0/pattern/Regex", "(?<=a)b", "looks at what stands before a word"},
    {"/pre_tokenizer/pretokenizers/0/pattern", {{"String", " "}}, "\"Regex\" is missing"},
    {"/model/vocab/in", -1, "\"vocab\": \"in\": must be a whole number in [0, 1048575]"},
    {"/model/vocab/in", 1ULL << 63, "must be a whole number in [0, 1048575]"},
    {"/model/vocab/in", 0, "another token has the number 0"},
    {"/model/vocab/in", "0", "must be a whole number"},
    {"/model/vocab", Json::object(), "must be an object of a number for each token"},
    {"/model/vocab", {{"<|endoftext|>", 0}}, "is not in the vocabulary"},
    {"/model/merges", {"a b c"}, "\"merges\"[0]: must be two tokens with a blank between them"},
    {"/model/merges", {"ab"}, "\"merges\"[0]: must be two tokens with a blank between them"},
    {"/model/merges", {"a zzz"}, "\"merges\"[0]: \"zzz\" is not in the vocabulary"},
    {"/model/merges", {3}, "\"merges\"[0]: must be two tokens"},
    {"/model/merges", {{"a"}}, "\"merges\"[0]: must be two tokens"},
    {"/added_tokens/0/id", 3, "another token has the number 3"},
    {"/added_tokens/0/content", "", "an added token without a text"},
    {"/added_tokens/0/content", "a", "\"a\" has the number"},
};

INSTANTIATE_TEST_SUITE_P(NotBuilt, BadTokenizerTest, ::testing::ValuesIn(kNotBuilt));
INSTANTIATE_TEST_SUITE_P(Wrong, BadTokenizerTest, ::testing::ValuesIn(kWrong));

TEST(BadTokenizerFile, CutOffAnywhereIsRefused) {
  const std::string text = read_file(fixture("gpt2/tokenizer.json"));
  for (std::size_t size = 0; size < text.size(); size += 97)
    EXPECT_THAT([&] { parse_tokenizer_json(text.substr(0, size), "t.json"); }, is_refused("no valid JSON"));
}

TEST(BadTokenizerFile, AFlippedBitIsRefusedOrReadAndNeverMore) {
  const std::string text = read_file(fixture("gpt2/tokenizer.json"));
  for (std::size_t place = 0; place < text.size(); place += 13) {
    std::string flipped = text;
    flipped[place] = static_cast<char>(flipped[place] ^ 1 << place % 8);
    try {
      parse_tokenizer_json(flipped, "t.json");
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), AllOf(StartsWith("t.json"), Not(HasSubstr("\n"))));
    }
  }
}

TEST(BadTokenizerFile, WithoutAByteOrAnEndIsRefused) {
  const auto without = [](const std::string& symbol) {
    Json vocab = Json::parse(read_file(fixture("gpt2/vocab.json")));
    vocab.erase(symbol);
    parse_vocab_and_merges(vocab.dump(), "t.json", "", "merges.txt");
  };
  EXPECT_THAT([&] { without("A"); }, is_refused("the byte 0x41 is no token"));
  EXPECT_THAT([&] { without("<|endoftext|>"); }, is_refused("no token ends a text; one of <|endoftext|>"));
}

TEST(BadTokenizerFile, AWrongMergeIsNamedByItsLine) {
  const std::string vocab = read_file(fixture("gpt2/vocab.json"));
  EXPECT_THAT([&] { parse_vocab_and_merges(vocab, "v.json", "#version: 0.2\nt h\nq\n", "merges.txt"); },
              ThrowsMessage<UserError>(StartsWith("merges.txt:3: must be two tokens")));
}

TEST(BadTokenizerFile, MergesHaveToLieBeside) {
  const std::string folder = testing::TempDir() + "triaxis_no_merges";
  std::filesystem::create_directories(folder);
  write_file_atomically(folder + "/vocab.json", read_file(fixture("gpt2/vocab.json")));
  EXPECT_THAT([&] { Tokenizer(folder + "/vocab.json"); },
              ThrowsMessage<UserError>(AllOf(HasSubstr("merges.txt"), HasSubstr("No such file"))));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace triaxis
