// GPT-2 in Hugging Face's layout (transformers: GPT2LMHeadModel).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "checkpoint/huggingface.h"

namespace triaxis {
namespace {

constexpr bool kConv1D = true;

constexpr std::array<HuggingFaceRow, 17> kRows = {{
    {"transformer.wte.weight", {"embedding.token.weight"}},
    {"transformer.wpe.weight", {"embedding.position.weight"}},
    {"transformer.h.{}.ln_1.weight", {"layers.{}.attention_norm.weight"}},
    {"transformer.h.{}.ln_1.bias", {"layers.{}.attention_norm.bias"}},
    {"transformer.h.{}.attn.c_attn.weight",
     {"layers.{}.attention.query.weight", "layers.{}.attention.key.weight", "layers.{}.attention.value.weight"},
     kConv1D},
    {"transformer.h.{}.attn.c_attn.bias",
     {"layers.{}.attention.query.bias", "layers.{}.attention.key.bias", "layers.{}.attention.value.bias"}},
    {"transformer.h.{}.attn.c_proj.weight", {"layers.{}.attention.output.weight"}, kConv1D},
    {"transformer.h.{}.attn.c_proj.bias", {"layers.{}.attention.output.bias"}},
    {"transformer.h.{}.ln_2.weight", {"layers.{}.mlp_norm.weight"}},
    {"transformer.h.{}.ln_2.bias", {"layers.{}.mlp_norm.bias"}},
    {"transformer.h.{}.mlp.c_fc.weight", {"layers.{}.mlp.up.weight"}, kConv1D},
    {"transformer.h.{}.mlp.c_fc.bias", {"layers.{}.mlp.up.bias"}},
    {"transformer.h.{}.mlp.c_proj.weight", {"layers.{}.mlp.down.weight"}, kConv1D},
    {"transformer.h.{}.mlp.c_proj.bias", {"layers.{}.mlp.down.bias"}},
    {"transformer.ln_f.weight", {"head.norm.weight"}},
    {"transformer.ln_f.bias", {"head.norm.bias"}},
    {"lm_head.weight", {"head.weight"}},
}};

// The causal mask and its filling, which old files have.
constexpr std::array<std::string_view, 2> kIgnored = {"transformer.h.{}.attn.bias",
                                                      "transformer.h.{}.attn.masked_bias"};

constexpr std::int64_t kLargest = 1 << 24;  // as in config/schema.cc

/// A member's value, or what transformers takes where it is missing or null.
std::int64_t integer_or(const JsonObject& config, std::string_view key, std::int64_t otherwise) {
  return config.has_value(key) ? config.integer(key, 1, kLargest) : otherwise;
}
double number_or(const JsonObject& config, std::string_view key, double otherwise) {
  return config.has_value(key) ? config.number(key) : otherwise;
}

void expect(const JsonObject& config, std::string_view key, bool wanted) {
  if (config.has_value(key) && config.boolean(key) != wanted)
    throw UserError(fmt::format("{}: \"{}\" must be {}; the other is not built", config.where(), key, wanted));
}

void expect_what_is_built(const JsonObject& config) {
  const std::string activation =
      config.has_value("activation_function") ? config.string("activation_function") : "gelu_new";
  if (activation != "gelu_new" && activation != "gelu_pytorch_tanh") {
    throw UserError(fmt::format("{}: \"activation_function\" is {}; gelu_new and gelu_pytorch_tanh are built",
                                config.where(), json_quoted(activation)));
  }
  expect(config, "scale_attn_weights", true);
  expect(config, "scale_attn_by_inverse_layer_idx", false);
  expect(config, "add_cross_attention", false);
  if (config.has_value("quantization_config"))
    throw UserError(fmt::format("{}: \"quantization_config\": quantized weights are not read", config.where()));
}

double dropout_of(const JsonObject& config) {
  constexpr double kDefault = 0.1;
  const double dropout = number_or(config, "resid_pdrop", kDefault);
  for (const std::string_view key : {"embd_pdrop", "attn_pdrop"}) {
    if (number_or(config, key, kDefault) != dropout) {
      throw UserError(
          fmt::format("{}: \"resid_pdrop\", \"embd_pdrop\" and \"attn_pdrop\" must be equal, as there is "
                      "one model.dropout here; they matter in training alone",
                      config.where()));
    }
  }
  if (!(dropout >= 0 && dropout < 1))
    throw UserError(fmt::format("{}: \"resid_pdrop\" must be at least 0 and below 1", config.where()));
  return dropout;
}

Model model_of(const JsonObject& config) {
  expect_what_is_built(config);
  Model model;
  model.family = "gpt2";
  model.layers = config.integer("n_layer", 1, 1 << 16);
  model.hidden = config.integer("n_embd", 1, kLargest);
  model.heads = config.integer("n_head", 1, kLargest);
  if (model.hidden % model.heads != 0)
    throw UserError(fmt::format("{}: \"n_embd\" = {} does not divide by \"n_head\" = {}", config.where(), model.hidden,
                                model.heads));
  model.kv_heads = model.heads;
  model.head_dim = model.hidden / model.heads;
  model.ffn_hidden = integer_or(config, "n_inner", 4 * model.hidden);
  model.vocab = config.integer("vocab_size", 1, kLargest);
  model.seq_len = config.integer(config.has("n_positions") ? "n_positions" : "n_ctx", 1, kLargest);
  model.tie_embeddings = !config.has_value("tie_word_embeddings") || config.boolean("tie_word_embeddings");
  model.dropout = dropout_of(config);
  model.norm_eps = number_or(config, "layer_norm_epsilon", 1e-5);
  model.init_std = number_or(config, "initializer_range", 0.02);
  if (!(model.norm_eps > 0 && model.init_std > 0))
    throw UserError(
        fmt::format("{}: \"layer_norm_epsilon\" and \"initializer_range\" must be above 0", config.where()));
  return model;
}

nlohmann::ordered_json config_of(const Model& model) {
  if (model.heads * model.head_dim != model.hidden) {
    throw UserError(
        fmt::format("model.heads x model.head_dim = {} x {} is not model.hidden = {}: Hugging Face's GPT-2 "
                    "has no other width",
                    model.heads, model.head_dim, model.hidden));
  }
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"n_layer", model.layers},
          {"n_embd", model.hidden},
          {"n_head", model.heads},
          {"n_inner", model.ffn_hidden},
          {"n_positions", model.seq_len},
          {"n_ctx", model.seq_len},
          {"activation_function", "gelu_new"},
          {"layer_norm_epsilon", model.norm_eps},
          {"initializer_range", model.init_std},
          {"resid_pdrop", model.dropout},
          {"embd_pdrop", model.dropout},
          {"attn_pdrop", model.dropout},
          {"scale_attn_weights", true},
          {"scale_attn_by_inverse_layer_idx", false}};
}

constexpr HuggingFaceFamily kFamily = {.name = "gpt2",
                                       .prefix = "transformer.",
                                       .rows = kRows,
                                       .ignored = kIgnored,
                                       .model_of = model_of,
                                       .config_of = config_of};

}  // namespace

const HuggingFaceFamily& gpt2_family() { return kFamily; }

}  // namespace triaxis
