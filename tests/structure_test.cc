// Holds the sources to the map and the budgets of the design. Each rule is first shown a sample that breaks it.
#include "structure.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "base/file.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kFileBudget = 400;
constexpr size_t kFunctionBudget = 80;
constexpr size_t kMedianBudget = 150;

/// Files above their budget, or holding a function above its own, each with the reason.
const std::map<std::string, std::string>& exceptions() {
  static const std::map<std::string, std::string> list = {};
  return list;
}

std::vector<SourceFile> sources(const std::vector<std::string>& folders) {
  return read_sources(TRIAXIS_SOURCE_DIR, folders);
}

FolderMap sample_map() {
  return read_map(
      "triaxis_folder(base)\ntriaxis_folder(schedule)\nadd_library(triaxis_paper INTERFACE)\n"
      "if(NOT PAPER)\n  triaxis_folder(tensor dnnl)\n  triaxis_folder(comm)\nendif()\n");
}

std::vector<std::string> judge(const std::string& path, const std::string& include) {
  return forbidden_includes(to_source(path, "// A sample.\n#include " + include + "\n"), sample_map());
}

TEST(Map, IsReadFromTheBuild) {
  EXPECT_THAT(sample_map().folders, ElementsAre("base", "schedule", "tensor", "comm"));
  EXPECT_EQ(sample_map().paper, 2u);
}

TEST(Map, ForbidsIncludesThatGoDown) {
  EXPECT_THAT(judge("src/comm/mpi/world.cc", "\"base/error.h\""), IsEmpty());
  EXPECT_THAT(judge("src/comm/mpi/world.cc", "\"comm/channel.h\""), IsEmpty());
  EXPECT_THAT(judge("src/base/error.h", "\"schedule/table.h\""), ElementsAre(HasSubstr("base/error.h:2: ")));
  EXPECT_THAT(judge("src/schedule/table.cc", "\"tensor/view.h\""), ElementsAre(HasSubstr("running half")));
  EXPECT_THAT(judge("src/schedule/table.cc", "\"table.h\""), ElementsAre(HasSubstr("no folder")));
  EXPECT_THAT(judge("src/elsewhere/a.cc", "<vector>"), ElementsAre(HasSubstr("no folder")));
}

TEST(Map, KeepsLibrariesInTheirPlace) {
  EXPECT_THAT(judge("src/comm/mpi/world.cc", "<mpi.h>"), IsEmpty());
  EXPECT_THAT(judge("src/schedule/table.cc", "<mpi.h>"), ElementsAre(HasSubstr("only comm/")));
  EXPECT_THAT(judge("src/comm/channel.cc", "<dnnl.hpp>"), ElementsAre(HasSubstr("only tensor/")));
  EXPECT_THAT(judge("src/schedule/table.cc", "<nlohmann/json.hpp>"), IsEmpty());
  EXPECT_THAT(judge("src/schedule/table.h", "<nlohmann/json.hpp>"), ElementsAre(HasSubstr("only sources")));
  EXPECT_THAT(judge("src/schedule/table.h", "<nlohmann/json_fwd.hpp>"), IsEmpty());
}

std::vector<std::pair<size_t, size_t>> function_lines(std::string_view text) {
  std::vector<std::pair<size_t, size_t>> lines;
  for (const FunctionSpan& span : find_functions(to_source("sample.cc", text))) {
    lines.emplace_back(span.first_line, span.last_line);
  }
  return lines;
}

TEST(FindFunctions, SeesFunctionsMethodsAndTemplates) {
  EXPECT_THAT(function_lines("namespace a {\n"
                             "/// Not part: {.\n"
                             "template <class T>\n"
                             "void f(T x,\n"
                             "       int y) {\n"
                             "  if (x) {\n"
                             "  }\n"
                             "}\n"
                             "class C {\n"
                             " public:\n"
                             "  C() : a_{1}, b_({2}) {\n"
                             "    g([] {\n"
                             "    });\n"
                             "  }\n"
                             "  struct Inner {\n"
                             "    int h() { return 1; }\n"
                             "  };\n"
                             "};\n"
                             "}  // namespace a\n"
                             "TEST(A, B) {\n"
                             "}\n"),
              ElementsAre(std::pair(3, 8), std::pair(11, 14), std::pair(16, 16), std::pair(20, 21)));
}

TEST(FindFunctions, IsNotFooledByLiteralsTablesAndMacros) {
  EXPECT_THAT(function_lines("#define M(x) \\\n"
                             "  { x\n"
                             "constexpr std::array<int, 2> kTable = {\n"
                             "    {f(1), 2}};\n"
                             "enum class E { kA };\n"
                             "void f() { puts(\"}\\\"}\"); /* } */ }  // }\n"
                             "const char* g() {\n"
                             "  return R\"x(\n"
                             "}}\")x\" + '}' + 1'000;\n"
                             "}\n"),
              ElementsAre(std::pair(6, 6), std::pair(7, 10)));
}

TEST(MedianLength, IsTheLowerMiddle) {
  EXPECT_EQ(median_length({to_source("a", "1\n2\n3\n"), to_source("b", "1\n"), to_source("c", "1\n2\n")}), 2u);
}

TEST(Sources, KeepToTheMap) {
  const FolderMap map = read_map(read_file(TRIAXIS_SOURCE_DIR "/CMakeLists.txt"));
  ASSERT_GT(map.paper, 0u);
  ASSERT_GT(map.folders.size(), map.paper);
  for (const SourceFile& file : sources({"src"})) EXPECT_THAT(forbidden_includes(file, map), IsEmpty());
}

TEST(Sources, KeepToTheBudgets) {
  for (const SourceFile& file : sources({"src", "tests", "bench"})) {
    if (exceptions().contains(file.path)) continue;
    EXPECT_LE(file.lines.size(), kFileBudget) << file.path;
    for (const FunctionSpan& span : find_functions(file)) {
      EXPECT_LE(span.length(), kFunctionBudget) << fmt::format("{}:{}", file.path, span.first_line);
    }
  }
  EXPECT_LE(median_length(sources({"src"})), kMedianBudget);
}

TEST(Sources, NeedEveryExceptionThatIsListed) {
  std::map<std::string, std::string> unneeded = exceptions();
  for (const SourceFile& file : sources({"src", "tests", "bench"})) {
    const std::vector<FunctionSpan> functions = find_functions(file);
    const auto long_one = [](const FunctionSpan& span) { return span.length() > kFunctionBudget; };
    const bool over = file.lines.size() > kFileBudget || std::any_of(functions.begin(), functions.end(), long_one);
    if (over) unneeded.erase(file.path);
  }
  EXPECT_THAT(unneeded, IsEmpty());
}

}  // namespace
}  // namespace triaxis
