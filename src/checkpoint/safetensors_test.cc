#include "checkpoint/safetensors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"

namespace triaxis {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string length_bytes(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xff);
  return bytes;
}

/// A file of this header and `data_bytes` zeros.
std::string file_of(const std::string& json, std::size_t data_bytes) {
  return length_bytes(json.size()) + json + std::string(data_bytes, '\0');
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors(std::as_bytes(std::span(file)), file.size(), "a.safetensors");
}

std::string error_of(const std::string& file) {
  try {
    parse(file);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of(const std::string& json, std::size_t data_bytes) { return error_of(file_of(json, data_bytes)); }

/// A tensor "name" of two floats at these offsets, as a member of the header.
std::string two_floats(const std::string& name, const std::string& offsets) {
  return fmt::format(R"("{}":{{"dtype":"F32","shape":[2],"data_offsets":{}}})", name, offsets);
}

std::string object_of(const std::string& members) { return fmt::format("{{{}}}", members); }

TEST(Safetensors, ReadsWhatItWrites) {
  const std::vector<SafetensorsEntry> tensors = {{"b", StoredType::kF32, {2, 3}, 0, 0},
                                                 {"a \"quoted\"", StoredType::kBF16, {5}, 0, 0},
                                                 {"scalar", StoredType::kF64, {}, 0, 0},
                                                 {"none", StoredType::kI8, {0, 7}, 0, 0}};
  const std::string start = safetensors_header(tensors, {{"format", "pt"}, {"x", "\n"}});
  EXPECT_EQ(start.size() % 8, 0U);
  const SafetensorsHeader header = parse(start + std::string(24 + 10 + 8, 'x'));
  EXPECT_EQ(header.data_start, start.size());
  EXPECT_EQ(header.metadata, (std::map<std::string, std::string>{{"format", "pt"}, {"x", "\n"}}));
  ASSERT_EQ(header.tensors.size(), 4U);
  EXPECT_EQ(header.tensors[0].name, "b");
  EXPECT_EQ(header.tensors[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(header.tensors[1].name, "a \"quoted\"");
  EXPECT_EQ(header.tensors[1].type, StoredType::kBF16);
  EXPECT_EQ(header.tensors[1].begin, 24U);
  EXPECT_EQ(header.tensors[2].begin, 34U);
  EXPECT_EQ(header.tensors[2].end, 42U);
  EXPECT_EQ(header.tensors[3].begin, 42U);
  EXPECT_EQ(parse(safetensors_header({}, {})).tensors.size(), 0U);
}

TEST(Safetensors, SortsByTheData) {
  const SafetensorsHeader header =
      parse(file_of(object_of(two_floats("a", "[8,16]") + "," + two_floats("z", "[0,8]")) + "  ", 16));
  ASSERT_EQ(header.tensors.size(), 2U);
  EXPECT_EQ(header.tensors[0].name, "z");
  EXPECT_EQ(header.tensors[1].name, "a");
}

TEST(Safetensors, RefusesOffsetsThatDoNotFillTheFileOnce) {
  const std::string first = two_floats("a", "[0,8]") + ",";
  EXPECT_EQ(error_of(object_of(first + two_floats("b", "[8,16]")), 16), "no error");
  EXPECT_THAT(error_of(object_of(first + two_floats("b", "[4,12]")), 12), HasSubstr("overlaps"));
  EXPECT_THAT(error_of(object_of(first + two_floats("b", "[0,8]")), 8), HasSubstr("overlaps"));
  EXPECT_THAT(error_of(object_of(first + two_floats("b", "[12,20]")), 20), HasSubstr("leaves a hole"));
  EXPECT_THAT(error_of(object_of(two_floats("b", "[4,12]")), 12), HasSubstr("leaves a hole"));
  EXPECT_THAT(error_of(object_of(first + two_floats("b", "[8,16]")), 17), HasSubstr("1 bytes after the last tensor"));
  EXPECT_THAT(error_of(object_of(first + two_floats("b", "[8,16]")), 15), HasSubstr("cut off: 15 bytes of data"));
  EXPECT_THAT(error_of("{}", 1), HasSubstr("1 bytes after"));
}

TEST(Safetensors, RefusesOffsetsThatAreNone) {
  for (const std::string offsets : {"[-8,0]",
                                    "[0,-8]",
                                    "[0,8.0]",
                                    "[0.5,8.5]",
                                    "[8,0]",
                                    "[0]",
                                    "[0,8,8]",
                                    "[]",
                                    "8",
                                    "null",
                                    "\"0,8\"",
                                    "[\"0\",8]",
                                    "[0,7]",
                                    "[0,9]",
                                    "[0,18446744073709551616]",
                                    "[0,18446744073709551615]",
                                    "[9223372036854775808,8]",
                                    "[0,1e300]",
                                    "[9223372036854775800,9223372036854775807]",
                                    "[[0],8]"}) {
    EXPECT_THAT(error_of(object_of(two_floats("a", offsets)), 8), StartsWith("a.safetensors: tensor \"a\"")) << offsets;
  }
  EXPECT_THAT(error_of(object_of(two_floats("a", "[9223372036854775799,9223372036854775807]")), 8), HasSubstr("hole"));
}

TEST(Safetensors, RefusesShapesAndTypes) {
  const auto with = [](const std::string& members) { return error_of(fmt::format("{{\"a\":{{{}}}}}", members), 8); };
  const std::string offsets = R"(,"data_offsets":[0,8])";
  for (const std::string shape :
       {"[-2]", "[2.0]", "[\"2\"]", "[-1,-2]", "2", "[[2]]", "[4294967296,4294967296]", "[9223372036854775807]",
        "[9223372036854775808]", "[4611686018427387904,4]", "[4294967296,4294967296,0]", "[3]", "[]", "[0]", "{}"}) {
    EXPECT_THAT(with(fmt::format(R"("dtype":"F32","shape":{}{})", shape, offsets)),
                StartsWith("a.safetensors: tensor \"a\""))
        << shape;
  }
  EXPECT_THAT(with(R"("dtype":"F33","shape":[2])" + offsets), HasSubstr("unknown dtype \"F33\""));
  EXPECT_THAT(with(R"("dtype":7,"shape":[2])" + offsets), HasSubstr("must be a string"));
  EXPECT_THAT(with(R"("shape":[2])" + offsets), HasSubstr("\"dtype\" is missing"));
  EXPECT_THAT(with(R"("dtype":"F32")" + offsets), HasSubstr("\"shape\" is missing"));
  EXPECT_THAT(with(R"("dtype":"F32","shape":[2])"), HasSubstr("\"data_offsets\" is missing"));
  EXPECT_THAT(with(R"("dtype":"F32","shape":[2],"more":0)" + offsets), HasSubstr("unknown member \"more\""));
  EXPECT_EQ(with(R"("dtype":"F32","shape":[2])" + offsets), "no error");
}

TEST(Safetensors, RefusesHeadersThatAreNone) {
  const auto is_refused = AllOf(StartsWith("a.safetensors: "), Not(HasSubstr("\n")));
  for (const std::string json :
       {"", " ", "[]", "3", "{", "{}{}", "\"a\"", "{\"a\":[]}", "{\"a\":3}", R"({"__metadata__":[]})",
        R"({"__metadata__":{"a":1}})", R"({"__metadata__":{"a":{}}})", R"({"__metadata__":{"a":"1","a":"2"}})",
        "{\"\xff\":1}"}) {
    EXPECT_THAT(error_of(json, 0), is_refused) << json;
  }
  const std::string twice = object_of(two_floats("a", "[0,8]") + "," + two_floats("a", "[8,16]"));
  EXPECT_THAT(error_of(twice, 16), HasSubstr("two members are named \"a\""));
  EXPECT_THAT(error_of("{\"a\":{\"shape\":[[[[" + std::string(1 << 20, '['), 0), HasSubstr("nested deeper than 4"));
}

TEST(Safetensors, RefusesLengthsBeyondTheFile) {
  EXPECT_THAT(error_of(""), HasSubstr("too short"));
  EXPECT_THAT(error_of("1234567"), HasSubstr("too short"));
  EXPECT_THAT(error_of(length_bytes(0)), StartsWith("a.safetensors: "));
  EXPECT_THAT(error_of(length_bytes(3) + "{}"), HasSubstr("cut off"));
  EXPECT_THAT(error_of(length_bytes(kMaxSafetensorsHeader + 1) + "{}"), HasSubstr("at most 100000000"));
  EXPECT_THAT(error_of(length_bytes(~0ULL) + "{}"), HasSubstr("at most 100000000"));
  const std::string start = length_bytes(2);  // and no more of the file than this
  EXPECT_THROW(parse_safetensors(std::as_bytes(std::span(start)), 10, "a.safetensors"), UserError);
}

TEST(Safetensors, EveryTruncationAndExtensionIsRefused) {
  const std::vector<SafetensorsEntry> tensors = {{"a", StoredType::kF32, {2}, 0, 0},
                                                 {"b", StoredType::kF32, {1}, 0, 0}};
  const std::string file = safetensors_header(tensors, {{"k", "v"}}) + std::string(12, 'x');
  EXPECT_EQ(error_of(file), "no error");
  EXPECT_NE(error_of(file + "x"), "no error");
  for (std::size_t size = 0; size < file.size(); ++size) EXPECT_NE(error_of(file.substr(0, size)), "no error") << size;
}

TEST(Safetensors, ReadsAFileOrSaysWhyNot) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("safetensors_test_" + std::to_string(getpid()));
  const auto error = [&] {
    try {
      read_safetensors(path);
    } catch (const UserError& caught) {
      return std::string(caught.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(error(), HasSubstr(path.string()));
  const std::string file = file_of(object_of(two_floats("a", "[0,8]")), 8);
  std::ofstream(path, std::ios::binary) << file;
  EXPECT_EQ(error(), "no error");
  EXPECT_EQ(read_safetensors(path).data_start, file.size() - 8);
  std::filesystem::resize_file(path, file.size() - 1);
  EXPECT_THAT(error(), HasSubstr("cut off"));
  std::filesystem::resize_file(path, 4);
  EXPECT_THAT(error(), HasSubstr("too short"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace triaxis
