#include "generate/sample.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "base/error.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<std::int32_t> choices(const std::vector<float>& logits, const SampleOptions& options, std::int64_t count) {
  TokenChooser chooser(options);
  std::vector<std::int32_t> ids;
  for (std::int64_t place = 0; place < count; ++place) ids.push_back(chooser.choose(logits, place));
  return ids;
}

std::set<std::int32_t> chosen(const std::vector<float>& logits, const SampleOptions& options) {
  const auto ids = choices(logits, options, 1000);
  return {ids.begin(), ids.end()};
}

/// Logits of these probabilities.
std::vector<float> logits_of(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

/// Fails unless the choices are as frequent as `probabilities` say: a chi-squared test. The choices are the same in
/// every run, so it passes always or never; the bound is the 99.9% quantile for up to 7 degrees of freedom.
void expect_frequencies(const std::vector<float>& logits, const SampleOptions& options,
                        const std::vector<double>& probabilities) {
  constexpr std::int64_t kDraws = 20000;
  ASSERT_LE(probabilities.size(), 8U);
  std::vector<double> counts(logits.size(), 0);
  for (const std::int32_t id : choices(logits, options, kDraws)) counts[static_cast<std::size_t>(id)] += 1;
  double chi_squared = 0;
  for (std::size_t id = 0; id < counts.size(); ++id) {
    const double expected = probabilities[id] * kDraws;
    if (expected == 0) {
      EXPECT_EQ(counts[id], 0) << "token " << id;
    } else {
      chi_squared += (counts[id] - expected) * (counts[id] - expected) / expected;
    }
  }
  EXPECT_LT(chi_squared, 24.3);
}

TEST(TokenChooser, GreedyTakesTheLikeliestAndTheLowestOfEquals) {
  EXPECT_THAT(choices({1, 3, 2, 3}, {.temperature = 0}, 2), ElementsAre(1, 1));
  EXPECT_THAT(choices({0, 0, 0}, {.temperature = 0}, 1), ElementsAre(0));
}

TEST(TokenChooser, FollowsTheProbabilities) {
  const std::vector<double> p = {0.5, 0.25, 0.125, 0.125};
  expect_frequencies(logits_of(p), {.temperature = 1}, p);
  for (const std::uint64_t seed : {2, 3, 4}) expect_frequencies(logits_of(p), {.temperature = 1, .seed = seed}, p);
}

TEST(TokenChooser, TemperatureSharpensAndFlattens) {
  // Temperature T takes probabilities to the power of 1 / T.
  expect_frequencies(logits_of({0.6, 0.3, 0.1}), {.temperature = 0.5}, {36.0 / 46, 9.0 / 46, 1.0 / 46});
  expect_frequencies(
      logits_of({0.64, 0.32, 0.04}), {.temperature = 2},
      {0.8 / (0.8 + 0.56568542 + 0.2), 0.56568542 / (0.8 + 0.56568542 + 0.2), 0.2 / (0.8 + 0.56568542 + 0.2)});
  EXPECT_THAT(chosen({1, 1.001F, 0}, {.temperature = 1e-300}), ElementsAre(1));
}

TEST(TokenChooser, TopKKeepsTheLikeliest) {
  const std::vector<double> p = {0.1, 0.4, 0.2, 0.3};
  expect_frequencies(logits_of(p), {.temperature = 1, .top_k = 2}, {0, 4.0 / 7, 0, 3.0 / 7});
  EXPECT_THAT(chosen({1, 2, 2, 2}, {.temperature = 1, .top_k = 2}), ElementsAre(1, 2));  // the lowest of equals
}

TEST(TokenChooser, TopKOfOneIsGreedy) {
  for (const std::vector<float>& logits : {std::vector<float>{1, 3, 2}, {2, 2, 2}, {-kInfinity, -5, -4}}) {
    EXPECT_EQ(choices(logits, {.temperature = 2, .top_k = 1}, 50), choices(logits, {.temperature = 0}, 50));
  }
}

TEST(TokenChooser, TopKBeyondTheVocabularyKeepsAll) {
  const std::vector<float> logits = {0.5F, 1, -1, 0};
  const auto all = choices(logits, {.temperature = 1}, 200);
  for (const std::int64_t k : {4, 5, 1000000000})
    EXPECT_EQ(choices(logits, {.temperature = 1, .top_k = k}, 200), all) << k;
}

TEST(TokenChooser, TopPKeepsTheFewestThatHaveIt) {
  const std::vector<float> logits = logits_of({0.1, 0.4, 0.2, 0.3});
  expect_frequencies(logits, {.temperature = 1, .top_p = 0.65}, {0, 4.0 / 7, 0, 3.0 / 7});
  expect_frequencies(logits, {.temperature = 1, .top_p = 0.75}, {0, 4.0 / 9, 2.0 / 9, 3.0 / 9});
  EXPECT_THAT(chosen(logits, {.temperature = 1, .top_p = 0.999999}), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(choices(logits, {.temperature = 1, .top_p = 1}, 100), choices(logits, {.temperature = 1}, 100));
}

TEST(TokenChooser, ATinyTopPIsGreedy) {
  for (const double p : {1e-300, 1e-9, 0.01}) {
    EXPECT_THAT(chosen({1, 3, 3, 2}, {.temperature = 5, .top_p = p}), ElementsAre(1)) << p;
  }
}

TEST(TokenChooser, TopPIsOfWhatTopKLeaves) {
  // Of 0.4 and 0.3, the first has four sevenths.
  const std::vector<float> logits = logits_of({0.1, 0.4, 0.2, 0.3});
  EXPECT_THAT(chosen(logits, {.temperature = 1, .top_k = 2, .top_p = 0.57}), ElementsAre(1));
  EXPECT_THAT(chosen(logits, {.temperature = 1, .top_k = 2, .top_p = 0.58}), ElementsAre(1, 3));
}

TEST(TokenChooser, ManyCandidatesKeepTheirOrder) {
  std::vector<float> logits;
  for (int id = 0; id < 10000; ++id) logits.push_back(static_cast<float>(id * 7919 % 10000) * 1e-3F);
  // The likeliest 20 hold 1 - e^-0.02 of (nearly) all.
  const std::set<std::int32_t> by_k = chosen(logits, {.temperature = 1, .top_k = 20});
  const std::set<std::int32_t> by_p = chosen(logits, {.temperature = 1, .top_p = 0.01979});
  EXPECT_EQ(by_k.size(), 20U);
  EXPECT_EQ(by_p, by_k);
  for (const std::int32_t id : by_k) EXPECT_GE(std::int64_t{id} * 7919 % 10000, 10000 - 20);
}

TEST(TokenChooser, SeedAndPlaceDecide) {
  const std::vector<float> even(100, 0.0F);
  const auto text = choices(even, {.temperature = 1, .seed = 1}, 50);
  EXPECT_EQ(text, choices(even, {.temperature = 1, .seed = 1}, 50));
  EXPECT_NE(text, choices(even, {.temperature = 1, .seed = 2}, 50));
  TokenChooser chooser({.temperature = 1, .seed = 1});
  for (std::int64_t place = 49; place >= 0; --place)
    EXPECT_EQ(chooser.choose(even, place), text[static_cast<std::size_t>(place)]);
}

TEST(TokenChooser, IdsBeyondTheTokenizersAreNeverChosen) {
  const std::vector<float> logits = {0, 0, 0, 50, kNaN};  // What padding says is nobody's business.
  EXPECT_THAT(chosen(logits, {.temperature = 1, .symbols = 3}), ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen(logits, {.temperature = 0, .symbols = 3}), ElementsAre(0));
  EXPECT_THAT(chosen({0, 0}, {.temperature = 1, .symbols = 3}), ElementsAre(0, 1));
}

TEST(TokenChooser, TheImpossibleIsNeverChosen) {
  EXPECT_THAT(chosen({-kInfinity, 1, -kInfinity, 1}, {.temperature = 1}), ElementsAre(1, 3));
  EXPECT_THAT(chosen({-kInfinity, 1}, {.temperature = 1, .top_k = 2, .top_p = 0.9}), ElementsAre(1));
}

TEST(TokenChooser, SaysWhichLogitIsNoNumber) {
  for (const double temperature : {0.0, 1.0}) {
    TokenChooser chooser({.temperature = temperature});
    for (const auto& [bad, name] : {std::pair{kNaN, "nan"}, std::pair{kInfinity, "inf"}}) {
      try {
        chooser.choose(std::vector<float>{1, bad, 2}, 0);
        ADD_FAILURE() << name;
      } catch (const RunError& error) {
        EXPECT_THAT(error.what(), HasSubstr(std::string("token 1 is ") + name));
      }
    }
    EXPECT_THROW(chooser.choose(std::vector<float>{-kInfinity, -kInfinity}, 0), RunError);
  }
}

TEST(TokenChooser, OptionsOutOfRangeAreRefused) {
  for (const SampleOptions& options :
       {SampleOptions{.temperature = -1}, SampleOptions{.top_k = -1}, SampleOptions{.top_p = 0},
        SampleOptions{.top_p = 1.1}, SampleOptions{.temperature = std::nan("")}}) {
    EXPECT_THROW(TokenChooser chooser(options), std::logic_error);
  }
}

}  // namespace
}  // namespace triaxis
