#include "config/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/toml.h"

namespace triaxis {
namespace {

template <auto kSection, auto kMember>
Field at(Config& config) {
  return &(config.*kSection.*kMember);
}

constexpr Domain range(double low, double high) { return {.low = low, .high = high}; }
constexpr Domain at_least(double low) { return {.low = low}; }
constexpr Domain above(double low) { return {.low = low, .above_low = true}; }
constexpr Domain share() { return {.low = 0, .high = 1, .below_high = true}; }
constexpr Domain text() { return {.low = 0}; }
constexpr Domain name() { return {.low = 1}; }
constexpr Domain one_of(const std::array<std::string_view, 5>& choices) { return {.choices = choices}; }

// Limits that no run comes near, so that no product of sizes leaves 64 bits.
constexpr Domain kSize = range(1, 1 << 24);
constexpr Domain kLayers = range(1, 1 << 16);
constexpr Domain kDegree = range(1, 1 << 16);
constexpr Domain kSteps = range(1, 1e9);
constexpr Domain kStepsOrNone = range(0, 1e9);

constexpr Resume kFixed = Resume::kFixed;
constexpr Resume kFree = Resume::kFree;
constexpr Resume kSameData = Resume::kSameData;

constexpr Key row(std::string_view section, std::string_view name, Field (*field)(Config&), const Domain& domain,
                  Resume resume, std::string_view meaning, const std::array<std::string_view, 2>& built = {},
                  std::string_view fallback = {}) {
  return {section, name, field, domain, resume, meaning, built, fallback};
}

using C = Config;
using P = ParallelConfig;
using O = OptimizerConfig;

constexpr std::array kSchema = {
    row("model", "family", at<&C::model, &Model::family>, one_of({"gpt2", "llama"}), kFixed, "the kind of transformer",
        {"\"gpt2\""}),
    row("model", "layers", at<&C::model, &Model::layers>, kLayers, kFixed, "transformer layers"),
    row("model", "hidden", at<&C::model, &Model::hidden>, kSize, kFixed, "width of the residual stream"),
    row("model", "heads", at<&C::model, &Model::heads>, kSize, kFixed, "attention heads"),
    row("model", "kv_heads", at<&C::model, &Model::kv_heads>, kSize, kFixed,
        "key and value heads; fewer than `heads` is grouped-query attention (llama)", {}, "`model.heads`"),
    row("model", "ffn_hidden", at<&C::model, &Model::ffn_hidden>, kSize, kFixed, "width inside the feed-forward block",
        {}, "4 x `model.hidden`"),
    row("model", "vocab", at<&C::model, &Model::vocab>, range(0, 1 << 24), kFixed,
        "symbols that the embedding and the head know; 0 is exactly the tokenizer's"),
    row("model", "seq_len", at<&C::model, &Model::seq_len>, kSize, kFixed, "tokens of a sequence"),
    row("model", "tie_embeddings", at<&C::model, &Model::tie_embeddings>, {}, kFixed,
        "the head uses the embedding's weights"),
    row("model", "dropout", at<&C::model, &Model::dropout>, share(), kFixed,
        "share of activations dropped in training"),
    row("model", "norm_eps", at<&C::model, &Model::norm_eps>, above(0), kFixed, "added to a norm's variance"),
    row("model", "rope_theta", at<&C::model, &Model::rope_theta>, above(0), kFixed, "base of rotary positions (llama)"),
    row("model", "head_dim", at<&C::model, &Model::head_dim>, kSize, kFixed, "width of a head", {},
        "`model.hidden` / `model.heads`"),
    row("model", "init_std", at<&C::model, &Model::init_std>, above(0), kFixed,
        "standard deviation of the first weights"),

    row("data", "path", at<&C::data, &DataConfig::path>, text(), kSameData,
        "a text, a token file, or a folder of either", {}, "none: it has to be given"),
    row("data", "tokenizer", at<&C::data, &DataConfig::tokenizer>, name(), kSameData,
        "`bytes` (256 values and an end of text), a tokenizer.json, a vocab.json with merges.txt beside it, or a "
        "SentencePiece .model"),
    row("data", "validation", at<&C::data, &DataConfig::validation>, share(), kSameData,
        "the last share of the tokens, never trained on"),

    row("parallel", "data", at<&C::parallel, &P::data>, kDegree, kFree, "data-parallel degree"),
    row("parallel", "tensor", at<&C::parallel, &P::tensor>, kDegree, kFree, "tensor-parallel degree"),
    row("parallel", "pipeline", at<&C::parallel, &P::pipeline>, kDegree, kFree, "pipeline-parallel degree"),
    row("parallel", "context", at<&C::parallel, &P::context>, kDegree, kFree, "context-parallel degree", {"1"}),
    row("parallel", "expert", at<&C::parallel, &P::expert>, kDegree, kFree, "expert-parallel degree", {"1"}),
    row("parallel", "chunks", at<&C::parallel, &P::chunks>, range(1, 1024), kFree, "stages a pipeline rank"),
    row("parallel", "schedule", at<&C::parallel, &P::schedule>, name(), kFree,
        "a name that `triaxis schedule --list` prints, or a CSV file"),
    row("parallel", "sequence", at<&C::parallel, &P::sequence>, {}, kFree,
        "sequence parallelism inside the tensor group", {"false"}),
    row("parallel", "order", at<&C::parallel, &P::order>, name(), kFree,
        "axes of ranks, fastest-varying first; those of degree 1 may be left out, none is named twice"),
    row("parallel", "zero", at<&C::parallel, &P::zero>, range(0, 3), kFree, "ZeRO stage of the data axis", {"0"}),
    row("parallel", "layers_per_stage", at<&C::parallel, &P::layers_per_stage>, range(0, 1 << 16), kFree,
        "one entry a stage along the model, only the first and the last may be 0; empty: balanced by cost"),

    row("numerics", "tensor_shards", at<&C::numerics, &NumericsConfig::tensor_shards>, range(0, 1 << 16), kFixed,
        "logical partition of sums over the tensor axis, the real degree times a power of two; 0: the real degree"),
    row("numerics", "data_groups", at<&C::numerics, &NumericsConfig::data_groups>, range(0, 1 << 16), kFixed,
        "the same over the data axis"),

    row("batch", "global", at<&C::batch, &BatchConfig::global>, kSize, kFixed, "sequences a step"),
    row("batch", "micro", at<&C::batch, &BatchConfig::micro>, kSize, kFixed, "sequences a microbatch"),

    row("train", "steps", at<&C::train, &TrainConfig::steps>, kSteps, kFree, "optimizer steps of the whole run"),
    row("train", "seed", at<&C::train, &TrainConfig::seed>, at_least(0), kFixed,
        "seed of weights, dropout and the order of the data"),
    row("train", "precision", at<&C::train, &TrainConfig::precision>, one_of({"fp32", "bf16"}), kFixed,
        "`bf16` computes in bf16 on fp32 master weights", {"\"fp32\""}),
    row("train", "recompute", at<&C::train, &TrainConfig::recompute>,
        one_of({"none", "selective", "full", "uniform:N", "block:N"}), kFree,
        "activations computed again in the backward instead of kept", {"\"none\""}),
    row("train", "threads", at<&C::train, &TrainConfig::threads>, range(0, 1024), kFree,
        "compute threads a rank; 0: OMP_NUM_THREADS if set, else the host's cores over its ranks"),
    row("train", "validate_every", at<&C::train, &TrainConfig::validate_every>, kStepsOrNone, kFree,
        "steps between validations; 0: at the end alone"),
    row("train", "clock", at<&C::train, &TrainConfig::clock>, one_of({"auto", "wall", "virtual"}), kFree,
        "clock of timelines and bubbles; `auto` is `wall` for now", {"\"auto\"", "\"wall\""}),

    row("optimizer", "lr", at<&C::optimizer, &O::lr>, above(0), kFree, "highest learning rate"),
    row("optimizer", "min_lr", at<&C::optimizer, &O::min_lr>, at_least(0), kFree,
        "learning rate where the decay ends, at most `optimizer.lr`"),
    row("optimizer", "warmup", at<&C::optimizer, &O::warmup>, kStepsOrNone, kFree, "steps of linear warmup"),
    row("optimizer", "schedule", at<&C::optimizer, &O::schedule>, one_of({"cosine", "constant", "linear", "wsd"}),
        kFree, "course of the learning rate after the warmup"),
    row("optimizer", "decay_steps", at<&C::optimizer, &O::decay_steps>, kStepsOrNone, kFree,
        "step at which the decay ends; 0: `train.steps` at the first start, then kept"),
    row("optimizer", "beta1", at<&C::optimizer, &O::beta1>, share(), kFree, "decay of the gradient's mean"),
    row("optimizer", "beta2", at<&C::optimizer, &O::beta2>, share(), kFree, "decay of the gradient's mean square"),
    row("optimizer", "eps", at<&C::optimizer, &O::eps>, above(0), kFree, "added to the root of the mean square"),
    row("optimizer", "weight_decay", at<&C::optimizer, &O::weight_decay>, at_least(0), kFree,
        "decoupled decay of matrices; norms and biases have none"),
    row("optimizer", "clip", at<&C::optimizer, &O::clip>, at_least(0), kFree,
        "largest global norm of the gradient; 0: not clipped"),

    row("checkpoint", "dir", at<&C::checkpoint, &CheckpointConfig::dir>, name(), kFree, "the run's directory"),
    row("checkpoint", "every", at<&C::checkpoint, &CheckpointConfig::every>, kSteps, kFree,
        "steps between checkpoints; the last step is always saved"),
    row("checkpoint", "keep", at<&C::checkpoint, &CheckpointConfig::keep>, range(1, 1e6), kFree,
        "checkpoints kept, the newest"),

    row("log", "every", at<&C::log, &LogConfig::every>, kSteps, kFree, "steps between progress lines"),
    row("log", "metrics", at<&C::log, &LogConfig::metrics>, text(), kFree, "file that gets a JSON line a step", {},
        "`metrics.jsonl` in `checkpoint.dir`"),
    row("log", "timeline", at<&C::log, &LogConfig::timeline>, text(), kFree,
        "file for the last step's timeline, by suffix .json, .svg or .html; empty: none", {"\"\""}),

    row("comm", "timeout", at<&C::comm, &CommConfig::timeout>, above(0), kFree,
        "seconds that a rank waits for another before it gives up"),
};

std::vector<std::string_view> built_values(const Key& key) {
  std::vector<std::string_view> values;
  std::ranges::copy_if(key.built, std::back_inserter(values), [](std::string_view value) { return !value.empty(); });
  return values;
}

std::string_view on_resume(Resume resume) {
  if (resume == Resume::kSameData) return "same data";
  return resume == Resume::kFree ? "may change" : "fixed";
}

}  // namespace

std::span<const Key> schema() { return kSchema; }

std::string full_name(const Key& key) { return fmt::format("{}.{}", key.section, key.name); }

std::optional<std::string> objection(const Key& key, Config& config) {
  Field field = key.field(config);
  if (!accepts(key.domain, field)) return "must be " + describe(key.domain, field);
  std::vector<std::string_view> built = built_values(key);
  if (built.empty() || std::ranges::find(built, to_toml(field)) != built.end()) return {};
  return fmt::format("not built yet; what runs today is {}", fmt::join(built, " or "));
}

std::string markdown_row(const Key& key) {
  Config config;
  Field field = key.field(config);
  std::vector<std::string_view> built = built_values(key);
  std::string fallback = key.fallback.empty() ? fmt::format("`{}`", to_toml(field)) : std::string(key.fallback);
  std::string today = built.empty() ? "" : fmt::format(". Today only `{}`", fmt::join(built, "` or `"));
  return fmt::format("| `{}` | {} | {} | {} | {}{} |", key.name, fallback, describe(key.domain, field),
                     on_resume(key.resume), key.meaning, today);
}

}  // namespace triaxis
