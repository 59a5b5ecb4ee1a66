// Every way to get a configuration wrong: one UserError in one line, which names what was wrong and what would be
// valid.
#include <gmock/gmock.h>

#include "base/error.h"
#include "config/config.h"

namespace triaxis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

struct Bad {
  std::string text;
  std::string message;
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.text; }

class BadConfigTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadConfigTest, IsOneUserErrorInOneLine) {
  const std::string text = "# A configuration\n" + GetParam().text;
  const std::string path[] = {"data.path=corpus.txt"};
  EXPECT_THAT([&] { parse_config(text, "run.toml", path); },
              ThrowsMessage<UserError>(AllOf(HasSubstr(GetParam().message), Not(HasSubstr("\n")))))
      << GetParam().text;
}

// The row's first line is the file's second.
const Bad kSyntaxAndNames[] = {
    {"[model]\nlayers = = 2", "run.toml:3:10: this is not TOML"},
    {"[model\nlayers = 2", "run.toml:2:7: this is not TOML"},
    {"[model]\nlayers = 2\nlayers = 3", "run.toml:4:"},
    {"[model]\n\"a\\nb\" = 1", "run.toml:3: unknown key model.\"a\\nb\""},
    {"[model]\nlayer = 2", "run.toml:3: unknown key model.layer; did you mean model.layers?"},
    {"[parallel]\ntensr = 2", "unknown key parallel.tensr; did you mean parallel.tensor?"},
    {"[train]\nlr = 0.1", "unknown key train.lr; did you mean optimizer.lr?"},
    {"[train]\nevery = 1", "did you mean checkpoint.every or log.every?"},
    {"[batch]\nxyz = 1", "unknown key batch.xyz; the keys of [batch] are global, micro"},
    {"tensor = 2", "run.toml:2: unknown key tensor; did you mean parallel.tensor?"},
    {"[paralel]\ntensor = 2", "run.toml:2: unknown section [paralel]; did you mean [parallel]?"},
    {"[wwwwwwww]", "unknown section [wwwwwwww]; the sections are model, data, parallel"},
    {"model = 3", "run.toml:2: model is a section, written [model]"},
    {"[[model]]\nlayers = 3", "model is a section, written [model]"},
};

const Bad kTypes[] = {
    {"[model]\nlayers = \"two\"", "run.toml:3: model.layers = \"two\": must be a whole number from 1 to 65536"},
    {"[model]\nlayers = 2.0", "model.layers = 2: must be a whole number"},
    {"[model]\nlayers = true", "model.layers = true: must be a whole number"},
    {"[model]\nlayers = 2020-01-01", "model.layers = a date or time: must be a whole number"},
    {"[model.layers]\nx = 1", "model.layers = a table: must be a whole number"},
    {"[parallel]\ntensor = 99999999999", "parallel.tensor = 99999999999: must be a whole number from 1 to 65536"},
    {"[model]\nfamily = 2", "model.family = 2: must be \"gpt2\" or \"llama\""},
    {"[model]\ntie_embeddings = 1", "model.tie_embeddings = 1: must be true or false"},
    {"[optimizer]\nlr = \"3e-4\"", "optimizer.lr = \"3e-4\": must be a number above 0"},
    {"[optimizer]\nlr = false", "optimizer.lr = false: must be a number above 0"},
    {"[parallel]\nlayers_per_stage = 12", "parallel.layers_per_stage = 12: must be a list of whole numbers from 0"},
    {"[parallel]\nlayers_per_stage = [1.5]", "parallel.layers_per_stage = a list: must be a list of whole numbers"},
};

const Bad kRanges[] = {
    {"[model]\nlayers = 0", "model.layers = 0: must be a whole number from 1 to 65536"},
    {"[model]\nhidden = -768", "model.hidden = -768: must be a whole number from 1"},
    {"[model]\nheads = 0", "model.heads = 0: must be"},
    {"[model]\nkv_heads = 0", "model.kv_heads = 0: must be"},
    {"[model]\nffn_hidden = 0", "model.ffn_hidden = 0: must be"},
    {"[model]\nhidden = 16777216\nheads = 1", "model.ffn_hidden = 67108864: must be a whole number from 1 to 16777216"},
    {"[model]\nvocab = -1", "model.vocab = -1: must be a whole number from 0"},
    {"[model]\ndropout = 1.0", "model.dropout = 1: must be a number from 0 to below 1"},
    {"[model]\ndropout = nan", "model.dropout = nan: must be a number from 0 to below 1"},
    {"[model]\ninit_std = inf", "model.init_std = inf: must be a number above 0"},
    {"[model]\nnorm_eps = 0", "model.norm_eps = 0: must be a number above 0"},
    {"[model]\nfamily = \"gpt3\"", "model.family = \"gpt3\": must be \"gpt2\" or \"llama\""},
    {"[data]\nvalidation = 1", "data.validation = 1: must be a number from 0 to below 1"},
    {"[data]\ntokenizer = ''", "data.tokenizer = \"\": must be a text that is not empty"},
    {"[parallel]\ndata = 0", "parallel.data = 0: must be a whole number from 1"},
    {"[parallel]\nzero = 4", "parallel.zero = 4: must be a whole number from 0 to 3"},
    {"[parallel]\nlayers_per_stage = [13, -1]",
     "parallel.layers_per_stage = a list: must be a list of whole numbers from 0"},
    {"[batch]\nmicro = 0", "batch.micro = 0: must be"},
    {"[train]\nsteps = 0", "train.steps = 0: must be a whole number from 1"},
    {"[train]\nseed = -1", "train.seed = -1: must be a whole number of at least 0"},
    {"[train]\nthreads = 5000", "train.threads = 5000: must be a whole number from 0 to 1024"},
    {"[train]\nrecompute = \"uniform:0\"", "must be \"none\", \"selective\", \"full\", \"uniform:N\" or \"block:N\""},
    {"[train]\nclock = \"sun\"", "train.clock = \"sun\": must be \"auto\", \"wall\" or \"virtual\""},
    {"[optimizer]\nlr = 0", "optimizer.lr = 0: must be a number above 0"},
    {"[optimizer]\nbeta2 = 1", "optimizer.beta2 = 1: must be a number from 0 to below 1"},
    {"[optimizer]\neps = -1e-8", "optimizer.eps = -1e-08: must be a number above 0"},
    {"[optimizer]\nschedule = \"step\"", "must be \"cosine\", \"constant\", \"linear\" or \"wsd\""},
    {"[checkpoint]\ndir = ''", "checkpoint.dir = \"\": must be a text that is not empty"},
    {"[checkpoint]\nkeep = 0", "checkpoint.keep = 0: must be"},
    {"[log]\nevery = 0", "log.every = 0: must be"},
    {"[comm]\ntimeout = 0", "comm.timeout = 0: must be a number above 0"},
};

const Bad kNotBuilt[] = {
    {"[model]\nfamily = \"llama\"", "run.toml:3: model.family = \"llama\": not built yet; what runs today is \"gpt2\""},
    {"[parallel]\ncontext = 2", "parallel.context = 2: not built yet; what runs today is 1"},
    {"[parallel]\nexpert = 2", "parallel.expert = 2: not built yet; what runs today is 1"},
    {"[parallel]\nsequence = true", "parallel.sequence = true: not built yet; what runs today is false"},
    {"[parallel]\nzero = 1", "parallel.zero = 1: not built yet; what runs today is 0"},
    {"[train]\nprecision = \"bf16\"", "train.precision = \"bf16\": not built yet; what runs today is \"fp32\""},
    {"[train]\nrecompute = \"block:2\"", "train.recompute = \"block:2\": not built yet; what runs today is \"none\""},
    {"[train]\nclock = \"virtual\"", "not built yet; what runs today is \"auto\" or \"wall\""},
    {"[log]\ntimeline = \"t.svg\"", "log.timeline = \"t.svg\": not built yet; what runs today is \"\""},
};

const Bad kAcross[] = {
    {"[model]\nhidden = 100", "model.hidden = 100 does not divide by model.heads = 12"},
    {"[model]\nkv_heads = 5", "model.heads = 12 does not divide by model.kv_heads = 5"},
    {"[model]\nkv_heads = 4", "model.kv_heads = 4: family \"gpt2\" has as many as heads, 12"},
    {"[model]\nvocab = 256", "model.vocab = 256 is less than the 257 symbols of data.tokenizer = \"bytes\"; 0 fits it"},
    {"[model]\nvocab = 0\n[data]\ntokenizer = 'a.json'",
     "as many as data.tokenizer = \"a.json\" has, which is not known here"},
    {"[parallel]\norder = \"tp-xx\"",
     "parallel: axis order \"tp-xx\": \"xx\" is no axis; write some of tp, cp, ep, pp, dp"},
    {"[parallel]\norder = \"tp-tp\"", "parallel: axis order \"tp-tp\": tp is named twice"},
    {"[parallel]\norder = \"tp-pp\"\ndata = 2", "dp has degree 2 and must be named"},
    {"[parallel]\ntensor = 60000\ndata = 60000", "parallel: the degrees multiply to more than 16777216 ranks"},
    {"[parallel]\ntensor = 5", "model.heads = 12 does not divide by parallel.tensor = 5"},
    {"[parallel]\ntensor = 8", "heads, kv_heads and ffn_hidden divide by 12 and its divisors"},
    {"[model]\nffn_hidden = 3070\n[parallel]\ntensor = 4",
     "model.ffn_hidden = 3070 does not divide by parallel.tensor = 4"},
    {"[numerics]\ntensor_shards = 5", "numerics.tensor_shards = 5 must be parallel.tensor = 1 times a power of two"},
    {"[parallel]\ntensor = 2\n[numerics]\ntensor_shards = 6", "times a power of two; valid degrees are 6, 3"},
    {"[parallel]\ntensor = 4\n[numerics]\ntensor_shards = 2", "valid degrees are 2, 1"},
    {"[numerics]\ntensor_shards = 8", "model.heads = 12 does not divide by numerics.tensor_shards = 8"},
    {"[parallel]\ndata = 3\n[numerics]\ndata_groups = 4", "numerics.data_groups = 4 must be parallel.data = 3 times"},
    {"[batch]\nglobal = 33",
     "batch.global = 33 does not divide by parallel.data x batch.micro = 1 x 2; near and valid: 32, 34"},
    {"[batch]\nglobal = 4\n[numerics]\ndata_groups = 4",
     "numerics.data_groups x batch.micro = 4 x 2; near and valid: 8"},
    {"[parallel]\npipeline = 13", "parallel.pipeline x parallel.chunks = 13 x 1 is more stages than model.layers = 12"},
    {"[parallel]\npipeline = 4\nchunks = 4", "= 4 x 4 is more stages than model.layers = 12"},
    {"[parallel]\nlayers_per_stage = [6, 6]", "parallel.layers_per_stage has 2 entries, but there are"},
    {"[parallel]\npipeline = 2\nlayers_per_stage = [6, 5]", "= [6, 5] adds up to 11, not to model.layers = 12"},
    {"[parallel]\npipeline = 3\nlayers_per_stage = [6, 0, 6]", "[6, 0, 6]: stage 1 would hold nothing"},
    {"[optimizer]\nlr = 1e-5", "optimizer.min_lr = 3e-05 is above optimizer.lr = 1e-05"},
};

INSTANTIATE_TEST_SUITE_P(SyntaxAndNames, BadConfigTest, ::testing::ValuesIn(kSyntaxAndNames));
INSTANTIATE_TEST_SUITE_P(Types, BadConfigTest, ::testing::ValuesIn(kTypes));
INSTANTIATE_TEST_SUITE_P(Ranges, BadConfigTest, ::testing::ValuesIn(kRanges));
INSTANTIATE_TEST_SUITE_P(NotBuilt, BadConfigTest, ::testing::ValuesIn(kNotBuilt));
INSTANTIATE_TEST_SUITE_P(Across, BadConfigTest, ::testing::ValuesIn(kAcross));

class BadSetTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadSetTest, IsOneUserErrorInOneLine) {
  const std::string sets[] = {GetParam().text};
  EXPECT_THAT([&] { parse_config("data.path = 'corpus.txt'", "run.toml", sets); },
              ThrowsMessage<UserError>(AllOf(HasSubstr(GetParam().message), Not(HasSubstr("\n")))))
      << GetParam().text;
}

const Bad kSets[] = {
    {"parallel.tensor", "--set parallel.tensor: must be section.key=value"},
    {"", "--set \"\": must be section.key=value"},
    {"=2", "--set =2: unknown key \"\""},
    {"tensor=2", "--set tensor=2: unknown key tensor; did you mean parallel.tensor?"},
    {"parallel.tensr=2", "--set parallel.tensr=2: unknown key parallel.tensr; did you mean parallel.tensor?"},
    {"paralel.tensor=2", "unknown key paralel.tensor; did you mean parallel.tensor?"},
    {"parallel.tensor=two", "--set parallel.tensor=two: must be a whole number from 1 to 65536"},
    {"parallel.tensor=", "--set parallel.tensor=: must be a whole number"},
    {"parallel.tensor='2'", "--set parallel.tensor='2': must be a whole number"},
    {"parallel.tensor=0", "--set parallel.tensor=0: must be a whole number"},
    {"parallel.tensor=1\nlayers=2", "must be a whole number"},
    {"parallel.layers_per_stage=[1,", "must be a list of whole numbers"},
    {"data.path=\"corpus", "--set data.path=\"corpus: must be a text"},
    {"train.precision=bf16", "--set train.precision=bf16: not built yet; what runs today is \"fp32\""},
    {"optimizer.lr=1e999", "--set optimizer.lr=1e999: must be a number above 0"},
};

INSTANTIATE_TEST_SUITE_P(Sets, BadSetTest, ::testing::ValuesIn(kSets));

TEST(BadFileTest, PathOfTheDataHasNoDefault) {
  EXPECT_THAT(
      [] { parse_config("", "run.toml"); },
      ThrowsMessage<UserError>("data.path is not given; name a text file, a token file, or a folder of either"));
}

TEST(BadFileTest, MissingFileAndDirectoryAreNamed) {
  EXPECT_THAT([] { load_config("/nowhere/run.toml"); }, ThrowsMessage<UserError>("/nowhere/run.toml: no such file"));
  EXPECT_THAT([] { load_config(std::string(5000, 'x')); }, ThrowsMessage<UserError>(HasSubstr("no such file")));
  EXPECT_THAT([] { load_config("/"); }, ThrowsMessage<UserError>(HasSubstr("/: is a directory")));
}

}  // namespace
}  // namespace triaxis
