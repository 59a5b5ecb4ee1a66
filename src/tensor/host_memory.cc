#include "tensor/host_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "base/error.h"

namespace triaxis {

HostMemory::HostMemory(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw RunError(fmt::format("no memory: {} bytes were refused by the system", bytes));
  data_ = static_cast<std::byte*>(pages);
  madvise(data_, bytes, MADV_HUGEPAGE);  // Only a hint: a kernel without huge pages refuses it.
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  volatile std::byte* touched = data_;
  for (std::size_t i = 0; i < bytes; i += page) touched[i] = std::byte{0};
}

HostMemory::~HostMemory() {
  if (data_ != nullptr) munmap(data_, size_);
}

HostMemory::HostMemory(HostMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

HostMemory& HostMemory::operator=(HostMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace triaxis
