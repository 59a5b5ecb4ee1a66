// Pages of the host, owned: zero, touched, and on huge pages where the kernel gives them.
#pragma once

#include <cstddef>

namespace triaxis {

/// One block of zeroed memory, aligned to a page, every page of it touched (a first touch costs microseconds, so it
/// must not happen inside a step).
class HostMemory {
 public:
  HostMemory() = default;
  /// Throws RunError if the machine has not that much.
  explicit HostMemory(std::size_t bytes);
  ~HostMemory();
  HostMemory(HostMemory&& other) noexcept;
  HostMemory& operator=(HostMemory&& other) noexcept;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace triaxis
