#include "data/byte_pair_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/vocabulary.h"

namespace triaxis {
namespace {

using Json = nlohmann::json;

[[noreturn]] void not_built(const JsonObject& object, std::string_view key) {
  const Json& value = object.value().at(std::string(key));
  const std::string shown = value.is_object() || value.is_array() ? "" : fmt::format(" = {}", value.dump());
  throw UserError(fmt::format("{}: \"{}\"{} is not built; what is read is byte-level BPE as in GPT-2 and Llama 3",
                              object.where(), key, shown));
}

/// Refuses the member unless it is missing, null or `neutral`.
void expect(const JsonObject& object, std::string_view key, const Json& neutral) {
  if (!object.has(key)) return;
  const Json& value = object.value().at(std::string(key));
  if (!value.is_null() && value != neutral) not_built(object, key);
}

void read_added_token(const Json& value, std::string where, Vocabulary& vocabulary) {
  const JsonObject object(value, std::move(where));
  for (const std::string_view key : {"single_word", "lstrip", "rstrip"}) expect(object, key, false);
  const auto token = static_cast<Token>(object.integer("id", 0, kMostSymbols - 1));
  vocabulary.add(object.string("content"), token, object.where());
}

/// A merge is "left right", or since 2024 a list of the two.
void read_merge(const Json& value, const std::string& where, Vocabulary& vocabulary) {
  if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
    vocabulary.merge(value[0].get_ref<const std::string&>(), value[1].get_ref<const std::string&>(), where);
    return;
  }
  if (!value.is_string()) throw UserError(fmt::format("{}: must be two tokens", where));
  const auto& text = value.get_ref<const std::string&>();
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos)
    throw UserError(fmt::format("{}: must be two tokens with a blank between them", where));
  vocabulary.merge(text.substr(0, blank), text.substr(blank + 1), where);
}

void expect_byte_level(const JsonObject& object) {
  if (object.string("type") != "ByteLevel") not_built(object, "type");
  expect(object, "add_prefix_space", false);
}

/// The pattern of a Split whose matches are the words.
std::string split_pattern(const JsonObject& split) {
  if (split.string("type") != "Split") not_built(split, "type");
  const bool invert = split.has("invert") && split.boolean("invert");
  if (split.string("behavior") != (invert ? "Removed" : "Isolated")) not_built(split, "behavior");
  return split.object("pattern").string("Regex");
}

/// Words are cut by ByteLevel itself, with GPT-2's pattern, or by a Split before it.
std::string read_pattern(const JsonObject& file) {
  const JsonObject object = file.object("pre_tokenizer");
  if (object.string("type") != "Sequence") {
    expect_byte_level(object);
    expect(object, "use_regex", true);
    return std::string(kGpt2Pattern);
  }
  const Json& steps = object.array("pretokenizers");
  if (steps.size() != 2) not_built(object, "pretokenizers");
  const JsonObject last(steps[1], object.where() + ": \"pretokenizers\"[1]");
  expect_byte_level(last);
  if (last.boolean("use_regex")) not_built(last, "use_regex");
  return split_pattern(JsonObject(steps[0], object.where() + ": \"pretokenizers\"[0]"));
}

BytePairModel read_tokenizer(const Json& json, std::string_view name) {
  const JsonObject file(json, std::string(name));
  for (const std::string_view key : {"normalizer", "truncation", "padding"}) expect(file, key, nullptr);
  const JsonObject model = file.object("model");
  if (model.has("type") && model.string("type") != "BPE") not_built(model, "type");
  for (const std::string_view key : {"dropout", "unk_token"}) expect(model, key, nullptr);
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) expect(model, key, "");
  expect(model, "byte_fallback", false);

  Vocabulary vocabulary(model.object("vocab").value(), model.where() + ": \"vocab\"");
  std::size_t number = 0;
  for (const Json& merge : model.array("merges"))
    read_merge(merge, fmt::format("{}: \"merges\"[{}]", model.where(), number++), vocabulary);
  number = 0;
  if (file.has("added_tokens")) {
    for (const Json& token : file.array("added_tokens"))
      read_added_token(token, fmt::format("{}: \"added_tokens\"[{}]", name, number++), vocabulary);
  }
  BytePairModel result = vocabulary.finish();
  result.pattern = read_pattern(file);
  result.words_first = model.has("ignore_merges") && model.boolean("ignore_merges");
  return result;
}

BytePairModel read_vocab_and_merges(const Json& vocab, std::string_view vocab_name, std::string_view merges,
                                    std::string_view merges_name) {
  Vocabulary vocabulary(vocab, std::string(vocab_name));
  constexpr std::string_view kVersion = "#version";
  for (std::size_t number = 1; !merges.empty(); ++number) {
    const std::size_t end = std::min(merges.find('\n'), merges.size());
    std::string_view line = merges.substr(0, end);
    merges.remove_prefix(std::min(end + 1, merges.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with(kVersion))) continue;
    read_merge(std::string(line), fmt::format("{}:{}", merges_name, number), vocabulary);
  }
  // The only token of GPT-2 that stands in a text by its name.
  constexpr std::string_view kEnd = "<|endoftext|>";
  if (const auto end = vocab.find(kEnd); end != vocab.end())
    vocabulary.add(std::string(kEnd), end->get<Token>(), vocab_name);
  return vocabulary.finish();
}

}  // namespace

BytePairModel parse_tokenizer_json(std::string_view text, std::string_view name) {
  return read_tokenizer(parse_json(text, name), name);
}

BytePairModel parse_vocab_and_merges(std::string_view vocab, std::string_view vocab_name, std::string_view merges,
                                     std::string_view merges_name) {
  return read_vocab_and_merges(parse_json(vocab, vocab_name), vocab_name, merges, merges_name);
}

BytePairModel read_byte_pair_model(const std::string& path) {
  const Json json = parse_json(read_file(path), path);
  if (json.is_object() && json.contains("model") && json["model"].is_object()) return read_tokenizer(json, path);
  const std::string merges = std::filesystem::path(path).replace_filename("merges.txt");
  return read_vocab_and_merges(json, path, read_file(merges), merges);
}

}  // namespace triaxis
