#include "cli/tokenize.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "data/documents.h"
#include "data/token_file.h"
#include "data/tokenizer.h"

namespace triaxis {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string input;
  std::string output;
  std::string tokenizer = "bytes";
  bool json = false;
};

/// Refuses an output that could not be written, or that the next run would read as a part of the input.
void check_output(const Options& options) {
  const fs::path output(options.output);
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw UserError(fmt::format("-o {}: {} is no folder; create it, or name another", options.output, folder.string()));
  if (fs::is_directory(output, error)) throw UserError(fmt::format("-o {}: is a folder; name a file", options.output));
  const fs::path inside = fs::weakly_canonical(output).lexically_relative(fs::weakly_canonical(options.input));
  if (!inside.empty() && *inside.begin() != "..") {
    throw UserError(fmt::format("-o {}: lies in the input, {}, and would be read as a text of it; name another place",
                                options.output, options.input));
  }
}

void print_summary(const Options& options, const DocumentCounts& counts, const TokenFileHeader& header,
                   double seconds) {
  const std::uintmax_t bytes = fs::file_size(options.output);
  const double per_token = static_cast<double>(counts.bytes) / static_cast<double>(counts.tokens);
  if (options.json) {
    const nlohmann::ordered_json json = {{"output", options.output},
                                         {"documents", counts.documents},
                                         {"input_bytes", counts.bytes},
                                         {"tokens", counts.tokens},
                                         {"bytes", bytes},
                                         {"symbols", header.symbols},
                                         {"end_of_text", header.end_of_text},
                                         {"tokenizer", fmt::format("{:016x}", header.tokenizer)},
                                         {"checksum", fmt::format("{:016x}", header.tokens_hash)},
                                         {"seconds", seconds}};
    fmt::print("{}\n", json.dump());
    return;
  }
  fmt::print("{}: {} of {} in {} as {} tokens of {} symbols, {:.2f} bytes a token; {} in {}\n", options.output,
             counts.documents == 1 ? "1 text" : fmt::format("{} texts", counts.documents),
             format_bytes(static_cast<double>(counts.bytes)), options.input, counts.tokens, header.symbols, per_token,
             format_bytes(static_cast<double>(bytes)), format_seconds(seconds));
}

void run(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  const Tokenizer tokenizer(options.tokenizer);
  const std::vector<fs::path> documents = list_documents(options.input, options.input);
  check_output(options);
  TokenFileWriter writer(options.output, tokenizer);
  const DocumentCounts counts = read_documents(documents, tokenizer, options.input,
                                               [&writer](std::span<const Token> tokens) { writer.append(tokens); });
  const TokenFileHeader header = writer.finish();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  print_summary(options, counts, header, seconds.count());
}

}  // namespace

void add_tokenize(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("tokenize", "Cut a text into tokens once, for many runs");
  command->add_option("INPUT", options->input, "a text file, or a folder of text files")->required();
  command->add_option("-o,--output", options->output, "the token file to write")->required();
  command->add_option("--tokenizer", options->tokenizer, "what data.tokenizer takes: bytes, or a tokenizer's file")
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer("Example:\n  triaxis tokenize books/ -o books.tokens --tokenizer gpt2/tokenizer.json");
  command->callback([options] { run(*options); });
}

}  // namespace triaxis
