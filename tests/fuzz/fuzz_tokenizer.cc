// A tokenizer.json, and a text cut by what it says.
#include <string>

#include "data/byte_pair_files.h"
#include "fuzz.h"

using namespace triaxis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  accepts([&] {
    const BytePairTokenizer tokenizer(parse_tokenizer_json(text, "file"), "file");
    const std::string sample = "He said: it's 42 h\xc3\xa9\xff\n  he<|endoftext|>";
    std::vector<Token> tokens;
    require(tokenizer.encode(sample, true, tokens) == sample.size());
    for (const Token token : tokens) require(token < tokenizer.symbols());
  });
  return 0;
}
