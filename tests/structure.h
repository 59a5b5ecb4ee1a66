// What the map and the budgets of the design look like in the sources, read as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace triaxis {

/// A source file: its path from the repository's root, and its lines.
struct SourceFile {
  std::string path;
  std::vector<std::string> lines;
};

/// The folders of src/ from the top of the map down, as CMakeLists.txt links them.
struct FolderMap {
  std::vector<std::string> folders;
  /// How many of them, from the top, are the paper half.
  size_t paper = 0;
};

/// A function body in a file; lines count from 1.
struct FunctionSpan {
  size_t first_line = 0;
  size_t last_line = 0;

  size_t length() const { return last_line - first_line + 1; }
};

/// RETURNS: `text` as a source file.
SourceFile to_source(std::string path, std::string_view text);

/// RETURNS: every .h and .cc file under `folders` of the repository at `root`, sorted by path.
std::vector<SourceFile> read_sources(const std::string& root, const std::vector<std::string>& folders);

/// Reads the map from the triaxis_folder lines of CMakeLists.txt.
FolderMap read_map(std::string_view cmake_lists);

/// RETURNS: a line for each include of `file`, a file of src/, that the map forbids: of a folder further down, of a
/// library outside the one folder that may use it, or, in a header, of a library that is to stay in sources.
std::vector<std::string> forbidden_includes(const SourceFile& file, const FolderMap& map);

/// Finds function bodies by their braces, lambdas as part of the function around them. REQUIRES: clang-format's layout.
std::vector<FunctionSpan> find_functions(const SourceFile& file);

/// RETURNS: the middle one of the files' lengths in lines (the lower of two). REQUIRES: at least one file.
size_t median_length(const std::vector<SourceFile>& files);

}  // namespace triaxis
