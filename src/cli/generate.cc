#include "cli/generate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "generate/loaded_model.h"
#include "generate/write_text.h"
#include "train/trainer.h"

namespace triaxis {
namespace {

struct Arguments {
  std::string checkpoint;
  std::string prompt;
  std::string prompt_file;
  std::string prompt_ids;
  std::string logits;
  std::string tokenizer;
  TextOptions text;
  int threads = 0;
  bool json = false;
};

void refuse_bad_options(const Arguments& arguments) {
  const TextOptions& text = arguments.text;
  const auto refuse = [](bool bad, std::string_view why) {
    if (bad) throw UserError(std::string(why));
  };
  refuse(text.tokens < 0, "--tokens is the most tokens to make: 0 or more");
  refuse(!(text.sample.temperature >= 0) || !std::isfinite(text.sample.temperature),
         "--temperature is 0 (always the likeliest token) or a number above");
  refuse(text.sample.top_k < 0, "--top-k is a number of tokens, or 0 for all");
  refuse(!(text.sample.top_p > 0 && text.sample.top_p <= 1), "--top-p is a probability above 0 and up to 1");
  refuse(arguments.threads < 0, "--threads is a number of compute threads, or 0 for OMP_NUM_THREADS, else all cores");
  for (const std::string& stop : text.stops) refuse(stop.empty(), "--stop needs a text");
  const int prompts = (arguments.prompt.empty() ? 0 : 1) + (arguments.prompt_file.empty() ? 0 : 1) +
                      (arguments.prompt_ids.empty() ? 0 : 1);
  refuse(prompts > 1, "one of --prompt, --prompt-file and --prompt-ids is enough");
  refuse(!arguments.logits.empty() && prompts == 0, "--logits needs a prompt: --prompt-ids, --prompt or --prompt-file");
}

/// "1,2,3" as tokens of a vocabulary.
std::vector<std::int32_t> parse_ids(std::string_view text, std::int64_t vocab) {
  std::vector<std::int32_t> ids;
  while (true) {
    const std::string_view item = text.substr(0, text.find(','));
    std::int32_t id = -1;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), id);
    if (error != std::errc() || end != item.data() + item.size() || id < 0 || id >= vocab) {
      throw UserError(fmt::format("--prompt-ids: \"{}\" is no token of this model: numbers from 0 to {}, as in 1,2,3",
                                  item, vocab - 1));
    }
    ids.push_back(id);
    if (item.size() == text.size()) return ids;
    text.remove_prefix(item.size() + 1);
  }
}

std::string prompt_text(const Arguments& arguments) {
  if (arguments.prompt_file.empty()) return arguments.prompt;
  if (!std::filesystem::exists(arguments.prompt_file)) {
    throw UserError(fmt::format("--prompt-file {}: no such file", arguments.prompt_file));
  }
  return read_file(arguments.prompt_file);
}

/// The tokenizer of the model's run, or the one that was asked for.
Tokenizer tokenizer_of(const Arguments& arguments, const LoadedModel& model) {
  Tokenizer tokenizer(arguments.tokenizer.empty() ? model.config().data.tokenizer : arguments.tokenizer);
  if (tokenizer.symbols() > model.config().model.vocab) {
    throw UserError(fmt::format("the tokenizer has {} symbols, but the model's vocabulary only {}", tokenizer.symbols(),
                                model.config().model.vocab));
  }
  return tokenizer;
}

std::vector<std::int32_t> encode(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<Token> tokens;
  tokenizer.encode(text, tokens);
  return {tokens.begin(), tokens.end()};
}

/// Writes the logits after each of `ids` as JSON. Floats are written so that they read back the same.
void write_logits(const std::string& file, LoadedModel& model, std::span<const std::int32_t> ids) {
  const std::int64_t window = model.config().model.seq_len;
  if (std::ssize(ids) > window) {
    throw UserError(
        fmt::format("--logits: the prompt has {} tokens, more than the model's window of {}", ids.size(), window));
  }
  std::string json = fmt::format("{{\"ids\": [{}], \"logits\": [", fmt::join(ids, ", "));
  std::string_view separator = "\n";
  model.decoder().append(ids, [&](std::span<const float> logits) {
    for (const float logit : logits) {
      if (!std::isfinite(logit)) throw RunError("the model's logits are not finite");
    }
    json += fmt::format("{}[{}]", separator, fmt::join(logits, ","));
    separator = ",\n";
  });
  write_file_atomically(file, json + "\n]}\n");
}

double tokens_per_second(const WrittenText& written) {
  return written.seconds > 0 ? static_cast<double>(written.ids.size()) / written.seconds : 0;
}

std::string as_json(const std::string& prompt, std::size_t prompt_tokens, const WrittenText& written,
                    std::int64_t step) {
  nlohmann::ordered_json json;
  json["prompt"] = prompt;
  json["text"] = written.text;
  json["tokens"] = written.ids.size();
  json["seconds"] = written.seconds;
  json["tokens_per_second"] = tokens_per_second(written);
  json["stop"] = name_of(written.end);
  json["step"] = step;
  json["ids"] = written.ids;
  json["prompt_tokens"] = prompt_tokens;
  json["prompt_seconds"] = written.prompt_seconds;
  // A prompt may be no UTF-8.
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void show(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void warn_if_longer_than_window(std::size_t prompt, std::int64_t window) {
  if (static_cast<std::int64_t>(prompt) <= window) return;
  log_warning(fmt::format("the prompt has {} tokens and the model's window {}: only the newest {} count", prompt,
                          window, std::max<std::int64_t>(1, window / 2)));
}

/// Compute threads: as asked for, else as training decides for a single rank.
int threads_of(const Arguments& arguments) {
  Config config;
  config.train.threads = arguments.threads;
  return compute_threads(config, 1);
}

void generate(const Arguments& arguments) {
  refuse_bad_options(arguments);
  const std::string text = prompt_text(arguments);
  LoadedModel model(arguments.checkpoint, threads_of(arguments));
  const Model& shape = model.config().model;
  std::vector<std::int32_t> prompt;
  if (!arguments.prompt_ids.empty()) prompt = parse_ids(arguments.prompt_ids, shape.vocab);
  if (!arguments.logits.empty() && !prompt.empty()) return write_logits(arguments.logits, model, prompt);
  const Tokenizer tokenizer = tokenizer_of(arguments, model);
  if (prompt.empty()) prompt = encode(tokenizer, text);
  if (!arguments.logits.empty()) return write_logits(arguments.logits, model, prompt);

  warn_if_longer_than_window(prompt.size(), shape.seq_len);
  const WrittenText written =
      write_text(model.decoder(), tokenizer, prompt, arguments.text, [&](std::string_view piece) {
        if (!arguments.json) show(piece);
      });
  if (arguments.json) {
    const std::string said = arguments.prompt_ids.empty() ? text : tokenizer.decode(prompt);
    show(as_json(said, prompt.size(), written, model.step()) + "\n");
    return;
  }
  show("\n");
  log_info(fmt::format("{} tokens in {:.2f} s, {:.1f} tokens/s, from step {}", written.ids.size(), written.seconds,
                       tokens_per_second(written), model.step()));
}

}  // namespace

void add_generate(CLI::App& app) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("generate", "Continues a text with a trained model");
  command->add_option("CHECKPOINT", arguments->checkpoint, "A checkpoint, or a run's directory: its newest")
      ->required();
  command->add_option("--prompt", arguments->prompt, "The text to continue; none: a document's start");
  command->add_option("--prompt-file", arguments->prompt_file, "A file with the text to continue");
  command->add_option("--prompt-ids", arguments->prompt_ids, "The tokens to continue, as in 1,2,3");
  command->add_option("--tokens", arguments->text.tokens, "The most tokens to make")->capture_default_str();
  command->add_option("--temperature", arguments->text.sample.temperature, "0: always the likeliest token")
      ->capture_default_str();
  command->add_option("--top-k", arguments->text.sample.top_k, "Choose among the K likeliest tokens only; 0: all");
  command
      ->add_option("--top-p", arguments->text.sample.top_p,
                   "Choose among the likeliest tokens that together have probability P")
      ->capture_default_str();
  command->add_option("--seed", arguments->text.sample.seed, "The same seed makes the same text")
      ->capture_default_str();
  command->add_option("--stop", arguments->text.stops, "End before this text; may be given again")
      ->allow_extra_args(false);
  command->add_flag("--past-end", arguments->text.past_end_of_text, "Go on where the model ends the text");
  command->add_option("--tokenizer", arguments->tokenizer, "In place of the tokenizer that the run names");
  command->add_option("--threads", arguments->threads, "Compute threads; 0: OMP_NUM_THREADS, else all cores");
  command->add_option("--logits", arguments->logits, "Only write the logits after each token of the prompt, as JSON");
  command->add_flag("--json", arguments->json, "Print one JSON object at the end");
  command->footer("Example: triaxis generate runs/demo --prompt \"Once upon a time\" --temperature 0.7 --top-k 40");
  command->callback([arguments] { generate(*arguments); });
}

}  // namespace triaxis
