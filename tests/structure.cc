#include "structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <sstream>

#include "base/error.h"
#include "base/file.h"

namespace triaxis {
namespace {

/// A library that one folder alone may include.
struct Outsider {
  std::string_view prefix;
  std::string_view folder;
};
constexpr std::array<Outsider, 4> kOutsiders = {
    {{"mpi.h", "comm"}, {"dnnl", "tensor"}, {"oneapi/dnnl", "tensor"}, {"hwy/", "tensor"}}};

/// Libraries that cost every includer seconds of compilation, and so stay out of headers.
constexpr std::array<std::string_view, 4> kHeavy = {"nlohmann/json.hpp", "toml++/toml.h", "spdlog/", "CLI/"};

/// Blanks out comments, preprocessor lines and the insides of literals, so that every brace left is one of the code.
class Stripper {
 public:
  std::string strip(const std::string& line) {
    if (state_ == State::kCode && (directive_ || line.starts_with("#"))) {
      directive_ = line.ends_with("\\");
      return "";
    }
    std::string code;
    for (size_t i = 0; i < line.size();) i += step(std::string_view(line).substr(i), code);
    return code;
  }

 private:
  enum class State { kCode, kComment, kRaw };

  /// Reads from the front of `rest`, appends what is code. RETURNS: how many characters were read.
  size_t step(std::string_view rest, std::string& code) {
    if (state_ == State::kComment) return skip_to(rest, "*/");
    if (state_ == State::kRaw) return skip_to(rest, raw_end_);
    if (rest.starts_with("//")) return rest.size();
    if (rest.starts_with("/*")) {
      state_ = State::kComment;
      return 2;
    }
    if (rest.starts_with("R\"")) {
      const size_t bracket = rest.find('(');
      raw_end_ = fmt::format("){}\"", rest.substr(2, bracket - 2));
      state_ = State::kRaw;
      return bracket + 1;
    }
    const bool digit_separator = rest.front() == '\'' && !code.empty() && std::isxdigit(code.back()) != 0;
    if (rest.front() == '"' || (rest.front() == '\'' && !digit_separator)) return literal(rest);
    code += rest.front();
    return 1;
  }

  size_t skip_to(std::string_view rest, std::string_view end) {
    const size_t found = rest.find(end);
    if (found == std::string_view::npos) return rest.size();
    state_ = State::kCode;
    return found + end.size();
  }

  static size_t literal(std::string_view rest) {
    size_t i = 1;
    while (i < rest.size() && rest[i] != rest.front()) i += rest[i] == '\\' ? 2 : 1;
    return std::min(i + 1, rest.size());
  }

  State state_ = State::kCode;
  std::string raw_end_;
  bool directive_ = false;
};

enum class Brace { kScope, kFunction, kOther };

/// What a brace opens, judged by the code since the last statement.
Brace classify(std::string head) {
  static const std::regex ignored(R"(template\s*<[^{]*?>\s|alignas\([^)]*\)|\[\[[^\]]*\]\])");
  static const std::regex scope(R"((^|[\s:])(namespace|class|struct|union|enum|extern)(\s|$))");
  // clang-format puts a space before a body, and none before the braces of a member's initializer.
  const bool spaced = head.empty() || head.ends_with(' ');
  while (head.ends_with(' ')) head.pop_back();
  if (head.ends_with('=') || head.ends_with(',') || head.ends_with('(')) return Brace::kOther;
  head = std::regex_replace(head, ignored, "");
  if (head.find('(') != std::string::npos) return spaced ? Brace::kFunction : Brace::kOther;
  return std::regex_search(head, scope) ? Brace::kScope : Brace::kOther;
}

/// Follows the braces of a file from line to line.
class BraceReader {
 public:
  void read_line(const std::string& code, size_t line) {
    for (char c : code) read(c, line);
    if (!head_.empty() && !head_.ends_with(' ')) head_ += ' ';
  }

  const std::vector<FunctionSpan>& functions() const { return functions_; }

 private:
  struct Open {
    Brace kind;
    size_t head_line;
  };

  /// True where declarations stand, so where a function may begin.
  bool in_scope() const { return open_.empty() || open_.back().kind == Brace::kScope; }

  void read(char c, size_t line) {
    if (c == '{') {
      open_.push_back({in_scope() ? classify(head_) : Brace::kOther, head_line_});
      if (open_.back().kind != Brace::kOther) head_.clear();
    } else if (c == '}') {
      close(line);
    } else if (in_scope() && c == ';') {
      head_.clear();
    } else if (in_scope() && !(head_.empty() && c == ' ')) {
      if (head_.empty()) head_line_ = line;
      head_ += c;
      if (head_ == "public:" || head_ == "protected:" || head_ == "private:") head_.clear();
    }
  }

  void close(size_t line) {
    check(!open_.empty(), "the braces of a source file do not match");
    const Open closed = open_.back();
    open_.pop_back();
    if (closed.kind == Brace::kFunction) functions_.push_back({closed.head_line, line});
    if (closed.kind != Brace::kOther) head_.clear();
  }

  std::vector<Open> open_;
  std::string head_;
  size_t head_line_ = 0;
  std::vector<FunctionSpan> functions_;
};

/// RETURNS: why `file` in `folder` may not include `target`, or nothing.
std::string objection(const SourceFile& file, size_t folder, const std::string& target, bool quoted,
                      const FolderMap& map) {
  for (const Outsider& outsider : kOutsiders) {
    if (!target.starts_with(outsider.prefix)) continue;
    return map.folders[folder] == outsider.folder ? "" : fmt::format("only {}/ may", outsider.folder);
  }
  const auto heavy = [&](std::string_view prefix) { return target.starts_with(prefix); };
  if (file.path.ends_with(".h") && std::any_of(kHeavy.begin(), kHeavy.end(), heavy)) return "only sources may";
  if (!quoted) return "";
  const auto found = std::find(map.folders.begin(), map.folders.end(), target.substr(0, target.find('/')));
  if (found == map.folders.end()) return "it names no folder of the map";
  const auto index = static_cast<size_t>(found - map.folders.begin());
  if (index <= folder) return "";
  return folder < map.paper && index >= map.paper ? "that is the running half" : "that folder is further down";
}

}  // namespace

SourceFile to_source(std::string path, std::string_view text) {
  SourceFile file{std::move(path), {}};
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) file.lines.push_back(line);
  return file;
}

std::vector<SourceFile> read_sources(const std::string& root, const std::vector<std::string>& folders) {
  std::vector<SourceFile> files;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(root) / folder)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      files.push_back(to_source(std::filesystem::relative(entry.path(), root).string(), read_file(entry.path())));
    }
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

FolderMap read_map(std::string_view cmake_lists) {
  static const std::regex folder(R"(^\s*triaxis_folder\((\w+).*)");
  FolderMap map;
  for (const std::string& line : to_source("", cmake_lists).lines) {
    std::smatch match;
    if (std::regex_match(line, match, folder)) map.folders.push_back(match[1]);
    if (line.starts_with("add_library(triaxis_paper")) map.paper = map.folders.size();
  }
  return map;
}

std::vector<std::string> forbidden_includes(const SourceFile& file, const FolderMap& map) {
  static const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  const std::string inside = file.path.substr(std::string_view("src/").size());
  const auto own = std::find(map.folders.begin(), map.folders.end(), inside.substr(0, inside.find('/')));
  if (own == map.folders.end()) return {fmt::format("{}: it lies in no folder of the map", file.path)};
  std::vector<std::string> forbidden;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    std::smatch match;
    if (!std::regex_match(file.lines[i], match, include)) continue;
    const std::string why =
        objection(file, static_cast<size_t>(own - map.folders.begin()), match[2], match[1] == "\"", map);
    if (!why.empty()) forbidden.push_back(fmt::format("{}:{}: includes {}: {}", file.path, i + 1, match[2].str(), why));
  }
  return forbidden;
}

std::vector<FunctionSpan> find_functions(const SourceFile& file) {
  Stripper stripper;
  BraceReader reader;
  for (size_t i = 0; i < file.lines.size(); ++i) reader.read_line(stripper.strip(file.lines[i]), i + 1);
  return reader.functions();
}

size_t median_length(const std::vector<SourceFile>& files) {
  check(!files.empty(), "a median needs at least one file");
  std::vector<size_t> lengths;
  for (const SourceFile& file : files) lengths.push_back(file.lines.size());
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>((lengths.size() - 1) / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return *middle;
}

}  // namespace triaxis
