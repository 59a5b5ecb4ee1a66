#include "tensor/stream.h"

namespace triaxis {

Stream::Stream(int threads) : pool_(threads), scratch_(static_cast<std::size_t>(threads)) {}

void Stream::reserve_scratch(std::size_t bytes) {
  for (HostMemory& memory : scratch_) {
    if (memory.size() < bytes) memory = HostMemory(bytes);
  }
}

std::span<std::byte> Stream::scratch(int thread) {
  const HostMemory& memory = scratch_[static_cast<std::size_t>(thread)];
  return {memory.data(), memory.size()};
}

std::size_t Stream::scratch_bytes() const {
  std::size_t bytes = 0;
  for (const HostMemory& memory : scratch_) bytes += memory.size();
  return bytes;
}

void Stream::record(std::string_view kernel, double seconds) {
  auto entry = profile_.find(kernel);
  if (entry == profile_.end()) entry = profile_.emplace(kernel, KernelTime{}).first;
  entry->second.seconds += seconds;
  entry->second.calls += 1;
}

KernelScope::KernelScope(Stream& stream, std::string_view kernel)
    : stream_(stream.profiling() ? &stream : nullptr), kernel_(kernel) {
  if (stream_ != nullptr) start_ = std::chrono::steady_clock::now();
}

KernelScope::~KernelScope() {
  if (stream_ == nullptr) return;
  stream_->record(kernel_, std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
}

void Event::record(Stream&) { time_ = std::chrono::steady_clock::now(); }

void Event::wait(Stream&) const {}

}  // namespace triaxis
