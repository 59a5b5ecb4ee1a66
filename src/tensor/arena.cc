#include "tensor/arena.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace triaxis {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t slot(Category category) { return static_cast<std::size_t>(category); }

}  // namespace

std::string_view name_of(Category category) {
  constexpr std::array<std::string_view, kCategories> kNames = {"parameters",  "gradients",     "optimizer",
                                                                "activations", "communication", "workspace"};
  return kNames[slot(category)];
}

void MemoryLedger::add(Category category, std::int64_t bytes) {
  const std::int64_t held = now_[slot(category)].fetch_add(bytes) + bytes;
  std::atomic<std::int64_t>& peak = peak_[slot(category)];
  std::int64_t highest = peak.load();
  while (held > highest && !peak.compare_exchange_weak(highest, held)) {
  }
}

std::int64_t MemoryLedger::now(Category category) const { return now_[slot(category)].load(); }

std::int64_t MemoryLedger::high_water(Category category) const { return peak_[slot(category)].load(); }

Arena::Arena(MemoryLedger& ledger, Category category, std::size_t bytes, Space space)
    : ledger_(&ledger), category_(category) {
  check(space == Space::kHost, "only host memory exists in this build");
  memory_ = HostMemory(bytes);
  ledger.add(category, static_cast<std::int64_t>(bytes));
}

Arena::~Arena() {
  if (ledger_ != nullptr) ledger_->add(category_, -static_cast<std::int64_t>(memory_.size()));
}

Arena::Arena(Arena&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)),
      category_(other.category_),
      memory_(std::move(other.memory_)),
      used_(std::exchange(other.used_, 0)) {}

View Arena::allocate(DType dtype, std::span<const std::int64_t> shape) {
  View view(memory_.data() + used_, dtype, shape);
  const auto elements = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  const std::size_t bytes = footprint(dtype, elements);
  if (bytes > capacity() - used_) {
    check(false, fmt::format("{} does not fit: the arena for {} has {} of {} bytes left", describe(view),
                             name_of(category_), capacity() - used_, capacity()));
  }
  used_ += bytes;
  return view;
}

std::size_t Arena::footprint(DType dtype, std::int64_t elements) {
  const std::size_t bytes = static_cast<std::size_t>(elements) * size_of(dtype);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace triaxis
