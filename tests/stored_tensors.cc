#include "stored_tensors.h"

#include <span>
#include <vector>

#include "base/hash.h"
#include "checkpoint/directory.h"
#include "checkpoint/reader.h"

namespace triaxis {

std::map<std::string, std::string> stored_tensors(const std::filesystem::path& run) {
  CheckpointReader reader(find_checkpoint(run));
  reader.verify();
  std::map<std::string, std::string> hashes;
  for (const StoredTensor& tensor : reader.index().tensors) {
    const Box all = whole(tensor.shape);
    std::vector<float> values(static_cast<std::size_t>(all.elements()));
    for (const Form form : {Form::kWeight, Form::kMoment1, Form::kMoment2}) {
      reader.read(tensor.name, form, all, values);
      hashes[stored_name(tensor.name, form)] = hash_hex(std::as_bytes(std::span(values)));
    }
  }
  return hashes;
}

}  // namespace triaxis
