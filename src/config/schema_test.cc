#include "config/schema.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "base/file.h"

namespace triaxis {
namespace {

using ::testing::HasSubstr;

TEST(SchemaTest, EveryKeyStandsOnceAndHasAMemberOfItsOwn) {
  Config config;
  std::set<std::string> names;
  std::set<Field> members;
  for (const Key& key : schema()) {
    EXPECT_TRUE(names.insert(full_name(key)).second) << full_name(key);
    EXPECT_TRUE(members.insert(key.field(config)).second) << full_name(key);
  }
}

TEST(SchemaTest, DefaultsAreAccepted) {
  Config config;
  for (const Key& key : schema()) EXPECT_EQ(objection(key, config), std::nullopt) << full_name(key);
}

TEST(SchemaTest, WhatRunsTodayIsWithinTheDomain) {
  for (const Key& key : schema()) {
    for (std::string_view value : key.built) {
      if (value.empty()) continue;
      const std::string sets[] = {"data.path=x", full_name(key).append("=").append(value)};
      EXPECT_NO_THROW(parse_config("", "run.toml", sets)) << full_name(key);
    }
  }
}

TEST(SchemaTest, MayChangeOnResumeAsTheCommandLineSays) {
  for (const Key& key : schema()) {
    const bool free_section = key.section == "parallel" || key.section == "log" || key.section == "checkpoint" ||
                              key.section == "comm" || key.section == "optimizer";
    const bool free_key = key.section == "train" && key.name != "seed" && key.name != "precision";
    EXPECT_EQ(key.resume == Resume::kFree, free_section || free_key) << full_name(key);
    EXPECT_EQ(key.resume == Resume::kSameData, key.section == "data") << full_name(key);
  }
}

TEST(SchemaTest, PageShowsEveryKeyAsItIs) {
  const std::filesystem::path page = std::filesystem::path(__FILE__).parent_path() / "../../docs/configuration.md";
  const std::string text = read_file(page);
  size_t at = 0;
  for (const Key& key : schema()) {
    EXPECT_THAT(text, HasSubstr("## [" + std::string(key.section) + "]"));
    size_t found = text.find(markdown_row(key) + "\n", at);
    EXPECT_NE(found, std::string::npos) << "docs/configuration.md lacks, or has out of order:\n" << markdown_row(key);
    if (found != std::string::npos) at = found;
  }
}

}  // namespace
}  // namespace triaxis
