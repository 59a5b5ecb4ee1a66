#include <limits>

#include "tensor/kernel_test_tools.h"

namespace triaxis {
namespace {

const RandomKey kKey = random_key(7, 3, site_hash("block.0.attention.scores"));

/// Everything of one attention call, forward and backward.
template <typename T>
struct Attention {
  Attention(const AttentionShape& shape_, const TokenIds& ids_, const Dropout& dropout_ = {})
      : shape(shape_),
        ids(ids_),
        dropout(dropout_),
        qkv(random_tensor<T>({shape.shards, tokens(), 3 * width()}, 1)),
        out({shape.shards, tokens(), width()}),
        lse({shape.shards, shape.heads, tokens()}),
        dout(random_tensor<T>({shape.shards, tokens(), width()}, 2)),
        dqkv({shape.shards, tokens(), 3 * width()}, 99) {}

  void forward(const Kernels& kernels, Stream& stream) {
    stream.reserve_scratch(kernels.attention_scratch(shape, ids.seq));
    kernels.attention_forward(stream, shape, ids, qkv.view(), dropout, out.view(), lse.view());
  }
  void backward(const Kernels& kernels, Stream& stream) {
    kernels.attention_backward(stream, shape, ids, qkv.view(), out.view(), lse.view(), dout.view(), dropout,
                               dqkv.view());
  }
  Outputs outputs() {
    Outputs all;
    append(all, out);
    append(all, lse);
    append(all, dqkv);
    return all;
  }

  std::int64_t tokens() const { return ids.batch * ids.seq; }
  std::int64_t width() const { return shape.heads * shape.head_dim; }

  AttentionShape shape;
  TokenIds ids;
  Dropout dropout;
  TestTensor<T> qkv, out, lse, dout, dqkv;
};

AttentionShape shape_of(std::int64_t shards, std::int64_t heads, std::int64_t head_dim) {
  return {shards, heads, head_dim, 3, 1 / std::sqrt(double(head_dim))};
}

void check_attention(const AttentionShape& shape, const TokenIds& ids, double probability) {
  const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) {
    Attention<T> attention(shape, ids, {probability, kKey, &ids});
    attention.forward(kernels, stream);
    attention.backward(kernels, stream);
    return attention.outputs();
  };
  check_kernel(run, 2e-6,
               std::to_string(shape.shards) + " shards of " + std::to_string(shape.heads) + " heads of " +
                   std::to_string(shape.head_dim) + ", seq " + std::to_string(ids.seq) + ", dropout " +
                   std::to_string(probability));
}

TEST(Attention, MatchesReferenceOverSequenceLengths) {
  for (const std::int64_t seq : {1, 7, 63, 64, 65, 100, 200}) {
    for (const double probability : {0.0, 0.2})
      check_attention(shape_of(1, 2, 24), TestTokens(2, seq).ids(), probability);
  }
}

TEST(Attention, MatchesReferenceOverHeadSizes) {
  for (const std::int64_t head_dim : {1, 7, 16, 63, 64, 65, 100}) {
    for (const double probability : {0.0, 0.2})
      check_attention(shape_of(1, 1, head_dim), TestTokens(1, 70).ids(), probability);
  }
}

TEST(Attention, MatchesReferenceOverShards) {
  for (const std::int64_t shards : {1, 2, 3}) check_attention(shape_of(shards, 3, 8), TestTokens(2, 65).ids(), 0.2);
}

TEST(Attention, MatchesReferenceWithDocumentsInside) {
  for (const std::vector<std::int32_t>& starts :
       {std::vector<std::int32_t>{0, 1, 2}, std::vector<std::int32_t>{0, 50}, std::vector<std::int32_t>{0, 64, 128},
        std::vector<std::int32_t>{0, 30, 100, 190}}) {
    check_attention(shape_of(1, 1, 16), TestTokens(1, 200, starts).ids(), 0);
  }
}

TEST(Attention, FollowsPositionsNotOrder) {
  TestTokens tokens(1, 150, {0, 40});
  for (std::int64_t t = 0; t < 75; ++t) {
    std::swap(tokens.positions()[t], tokens.positions()[149 - t]);
    std::swap(tokens.document_starts()[t], tokens.document_starts()[149 - t]);
  }
  check_attention(shape_of(1, 1, 16), tokens.ids(), 0.2);
}

TEST(Attention, ShardsAndSequencesAreTheSameAlone) {
  Stream stream(2);
  const Kernels& kernels = fast_kernels();
  constexpr std::int64_t kSeq = 70, kHeads = 2;
  const TestTokens both(2, kSeq);
  Attention<float> together(shape_of(3, kHeads, 8), both.ids(), {0.2, kKey, &both.ids()});
  together.forward(kernels, stream);
  together.backward(kernels, stream);
  for (std::int64_t s = 0; s < 3; ++s) {
    AttentionShape shape = shape_of(1, kHeads, 8);
    shape.first_head += s * kHeads;
    Attention<float> apart(shape, both.ids(), {0.2, kKey, &both.ids()});
    const std::int64_t size = apart.qkv.size();
    std::copy_n(together.qkv.begin() + s * size, size, apart.qkv.begin());
    std::copy_n(together.dout.begin() + s * size / 3, size / 3, apart.dout.begin());
    apart.forward(kernels, stream);
    apart.backward(kernels, stream);
    EXPECT_TRUE(std::equal(apart.out.begin(), apart.out.end(), together.out.begin() + s * size / 3));
    EXPECT_TRUE(std::equal(apart.lse.begin(), apart.lse.end(), together.lse.begin() + s * apart.lse.size()));
    EXPECT_TRUE(std::equal(apart.dqkv.begin(), apart.dqkv.end(), together.dqkv.begin() + s * size));
  }
}

TEST(Attention, GradientsMatchDifferences) {
  const Kernels& kernels = reference_kernels<double>();
  for (const double probability : {0.0, 0.3}) {
    Stream stream(1);
    const TestTokens tokens(2, 5, {0, 3});
    Attention<double> attention(shape_of(2, 2, 3), tokens.ids(), {probability, kKey, &tokens.ids()});
    attention.forward(kernels, stream);
    attention.backward(kernels, stream);
    const auto loss = [&] {
      attention.forward(kernels, stream);
      return weighted_sum(attention.out, attention.dout);
    };
    check_gradient(attention.qkv, attention.dqkv, loss, "dqkv");
  }
}

TEST(Attention, TheFirstTokenOfADocumentSeesItselfOnly) {
  Stream stream(1);
  const TestTokens tokens(1, 100, {0, 70});
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    Attention<float> attention(shape_of(1, 1, 8), tokens.ids());
    attention.forward(*kernels, stream);
    for (const std::int64_t t : {0, 70}) {
      for (std::int64_t c = 0; c < 8; ++c) EXPECT_FLOAT_EQ(attention.out[t * 8 + c], attention.qkv[t * 24 + 16 + c]);
    }
  }
}

TEST(Attention, LargeScoresDoNotOverflow) {
  const TestTokens tokens(1, 100);
  const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) {
    AttentionShape shape = shape_of(1, 1, 8);
    shape.scale = 200;
    Attention<T> attention(shape, tokens.ids());
    attention.forward(kernels, stream);
    Outputs outputs;
    append(outputs, attention.out);
    return outputs;
  };
  check_kernel(run, 1e-3, "large scores");
}

TEST(Attention, NaNReachesTheQueriesThatSeeIt) {
  const TestTokens tokens(1, 100);
  const auto run = [&]<typename T>(const Kernels& kernels, Stream& stream) {
    Attention<T> attention(shape_of(1, 1, 8), tokens.ids());
    attention.qkv[80 * 24 + 8] = std::numeric_limits<T>::quiet_NaN();  // A key's.
    attention.forward(kernels, stream);
    for (std::int64_t t = 0; t < 100; ++t) EXPECT_EQ(std::isnan(attention.out[t * 8]), t >= 80) << t;
    attention.backward(kernels, stream);
    EXPECT_TRUE(std::isnan(attention.dqkv[99 * 24]));
    return Outputs{};
  };
  check_kernel(run, 0, "NaN");
}

TEST(Attention, MissingScratchIsRefused) {
  const TestTokens tokens(1, 10);
  for (const Kernels* kernels : {&fast_kernels(), &reference_kernels<float>()}) {
    Stream stream(1);
    Attention<float> attention(shape_of(1, 1, 8), tokens.ids());
    EXPECT_THROW(kernels->attention_forward(stream, attention.shape, tokens.ids(), attention.qkv.view(), {},
                                            attention.out.view(), attention.lse.view()),
                 std::logic_error);
  }
}

}  // namespace
}  // namespace triaxis
