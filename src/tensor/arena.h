// Memory that is sized, booked and touched before the first step.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "tensor/host_memory.h"
#include "tensor/view.h"

namespace triaxis {

/// What a byte is for.
enum class Category : std::uint8_t { kParameters, kGradients, kOptimizer, kActivations, kCommunication, kWorkspace };
constexpr int kCategories = 6;
std::string_view name_of(Category category);

/// Bytes held, by category, now and at most. One a rank.
class MemoryLedger {
 public:
  void add(Category category, std::int64_t bytes);
  std::int64_t now(Category category) const;
  std::int64_t high_water(Category category) const;

 private:
  std::array<std::atomic<std::int64_t>, kCategories> now_{};
  std::array<std::atomic<std::int64_t>, kCategories> peak_{};
};

/// Where memory lives. Only `kHost` exists without an accelerator.
enum class Space : std::uint8_t { kHost, kDevice, kPinned, kShared };

/// One block of memory, handed out from its start to its end and given back as a whole. Every byte is touched (and
/// zero) after construction; what is handed out is aligned to 64 bytes.
class Arena {
 public:
  /// Books `bytes` under `category` until destruction. REQUIRES: `ledger` outlives the arena.
  Arena(MemoryLedger& ledger, Category category, std::size_t bytes, Space space = Space::kHost);
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena& operator=(Arena&&) = delete;

  /// RETURNS: a zeroed view. VALID UNTIL: the arena goes. Throws std::logic_error if it does not fit.
  View allocate(DType dtype, std::span<const std::int64_t> shape);
  View allocate(DType dtype, std::initializer_list<std::int64_t> shape) {
    return allocate(dtype, std::span<const std::int64_t>(shape.begin(), shape.size()));
  }

  /// The bytes that one allocation takes of an arena, its alignment included.
  static std::size_t footprint(DType dtype, std::int64_t elements);

  std::size_t capacity() const { return memory_.size(); }
  std::size_t used() const { return used_; }

 private:
  MemoryLedger* ledger_;
  Category category_;
  HostMemory memory_;
  std::size_t used_ = 0;
};

}  // namespace triaxis
