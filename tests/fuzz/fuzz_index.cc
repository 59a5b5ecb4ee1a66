// A checkpoint's index. The input follows the first line, which is given the right checksum: without that nothing would
// come past it.
#include <string>

#include "base/hash.h"
#include "checkpoint/index.h"
#include "fuzz.h"

using namespace triaxis;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  const std::string body(bytes.begin(), bytes.end());
  accepts([&] { parse_index(body, "file"); });
  CheckpointIndex index;
  const std::string text = "{\"checksum\":\"" + hash_hex(std::as_bytes(bytes)) + "\",\n" + body;
  if (!accepts([&] { index = parse_index(text, "file"); })) return 0;
  for (const StoredTensor& tensor : index.tensors) {
    std::int64_t covered = 0;
    for (const StoredSlice& slice : tensor.slices) {
      require(!slice.box.empty() && whole(tensor.shape).contains(slice.box));
      covered += slice.box.elements();
    }
    require(covered == whole(tensor.shape).elements());
  }
  const std::string again = to_text(index);
  require(to_text(parse_index(again, "file")) == again);
  return 0;
}
