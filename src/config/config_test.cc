#include "config/config.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "config/schema.h"

namespace triaxis {
namespace {

using ::testing::ElementsAre;

Config parse(std::string_view text, std::vector<std::string> sets = {}) {
  sets.insert(sets.begin(), "data.path=corpus.txt");
  return parse_config(text, "run.toml", sets);
}

TEST(ConfigTest, EveryKeyMayBeLeftOut) {
  Config config = parse("");
  EXPECT_EQ(config.model.layers, 12);
  EXPECT_EQ(config.model.kv_heads, 12);
  EXPECT_EQ(config.model.ffn_hidden, 3072);
  EXPECT_EQ(config.model.head_dim, 64);
  EXPECT_EQ(config.model.vocab, 50304);
  EXPECT_EQ(config.log.metrics, "runs/demo/metrics.jsonl");
  EXPECT_EQ(ranks(config), 1);
}

TEST(ConfigTest, KeysFollowFromOthersUnlessGiven) {
  Config config = parse("[model]\nhidden = 64\nheads = 4\nvocab = 0\n[checkpoint]\ndir = 'out'");
  EXPECT_EQ(config.model.kv_heads, 4);
  EXPECT_EQ(config.model.ffn_hidden, 256);
  EXPECT_EQ(config.model.head_dim, 16);
  EXPECT_EQ(config.model.vocab, 257);
  EXPECT_EQ(config.log.metrics, "out/metrics.jsonl");
  config = parse("[model]\nhidden = 65\nheads = 4\nhead_dim = 8\nffn_hidden = 100\n[log]\nmetrics = 'm'");
  EXPECT_EQ(config.model.head_dim, 8);
  EXPECT_EQ(config.model.ffn_hidden, 100);
  EXPECT_EQ(config.log.metrics, "m");
}

TEST(ConfigTest, TheVocabularyFitsTheTokenizerThatTheCallerKnows) {
  const auto symbols = [](const std::string& tokenizer) {
    return tokenizer == "a.json" ? std::optional(300) : std::nullopt;
  };
  const std::string data = "[data]\npath = 'x'\ntokenizer = 'a.json'\n[model]\nvocab = ";
  EXPECT_EQ(parse_config(data + "0", "run.toml", {}, symbols).model.vocab, 300);
  EXPECT_EQ(parse_config(data + "301", "run.toml", {}, symbols).model.vocab, 301);
  EXPECT_THROW(parse_config(data + "299", "run.toml", {}, symbols), UserError);
  EXPECT_EQ(parse_config(data + "2", "run.toml").model.vocab, 2);
}

TEST(ConfigTest, DerivedQuantities) {
  Config config = parse(
      "[parallel]\ndata = 2\ntensor = 2\npipeline = 3\nchunks = 2\norder = 'dp-tp-pp'\n[numerics]\ndata_groups = 4");
  EXPECT_EQ(ranks(config), 12);
  EXPECT_EQ(stages(config), 6);
  EXPECT_EQ(microbatches(config), 8);
  EXPECT_EQ(tensor_shards(config), 2);
  EXPECT_EQ(data_groups(config), 4);
  EXPECT_THAT(grid(config).group(0, Axis::kTensor), ElementsAre(0, 2));
}

TEST(ConfigTest, StagesAtTheEndsMayHoldNoLayer) {
  Config config = parse("[model]\nlayers = 2\n[parallel]\npipeline = 4\nlayers_per_stage = [0, 1, 1, 0]");
  EXPECT_THAT(config.parallel.layers_per_stage, ElementsAre(0, 1, 1, 0));
}

TEST(ConfigTest, ConstantRateNeedsNoRoomBelowIt) {
  EXPECT_EQ(parse("[optimizer]\nlr = 1e-5\nschedule = 'constant'").optimizer.lr, 1e-5);
}

TEST(ConfigTest, SetsReadTheirValueByTheKeysType) {
  Config config =
      parse("[parallel]\ntensor = 4",
            {"parallel.tensor=2", "parallel.tensor = 3", "data.path=a b=c.txt", "checkpoint.dir=\"quoted\"",
             "log.metrics='single'", "optimizer.lr=1", "model.tie_embeddings=false", "parallel.layers_per_stage=[12]"});
  EXPECT_EQ(config.parallel.tensor, 3);
  EXPECT_EQ(config.data.path, "a b=c.txt");
  EXPECT_EQ(config.checkpoint.dir, "quoted");
  EXPECT_EQ(config.log.metrics, "single");
  EXPECT_EQ(config.optimizer.lr, 1.0);
  EXPECT_FALSE(config.model.tie_embeddings);
  EXPECT_THAT(config.parallel.layers_per_stage, ElementsAre(12));
}

TEST(ConfigTest, WrittenConfigurationReadsBackTheSame) {
  Config config = parse("[model]\nheads = 6\ndropout = 0.1\n[parallel]\npipeline = 2\nlayers_per_stage = [5, 7]\n",
                        {"data.path=odd \"name\"\\\n.txt", "optimizer.lr=0.00012345678901234567",
                         "train.seed=9223372036854775807", "model.tie_embeddings=false", "numerics.tensor_shards=2"});
  std::string text = to_toml(config);
  EXPECT_EQ(to_toml(parse_config(text, "run.toml")), text);
  Config again = parse_config(text, "run.toml");
  EXPECT_EQ(again.data.path, "odd \"name\"\\\n.txt");
  EXPECT_EQ(again.optimizer.lr, config.optimizer.lr);
  EXPECT_EQ(again.train.seed, config.train.seed);
  EXPECT_EQ(again.numerics.data_groups, 0) << "as written, not as resolved";
  EXPECT_FALSE(again.model.tie_embeddings);
}

}  // namespace
}  // namespace triaxis
