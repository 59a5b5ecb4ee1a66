#include "comm/collectives.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace triaxis {

void all_gather(Communicator& communicator, std::span<const std::byte> mine, std::span<std::byte> all) {
  const int size = communicator.size();
  const int rank = communicator.rank();
  check(all.size() == mine.size() * static_cast<std::size_t>(size), "all_gather needs room for every rank's part");
  const auto part = [&](int of) { return all.subspan(mine.size() * static_cast<std::size_t>(of), mine.size()); };
  std::ranges::copy(mine, part(rank).begin());
  constexpr int kBatch = 16;
  for (int first = 1; first < size; first += kBatch) {
    const int last = std::min(first + kBatch, size);
    std::array<Ticket, 2 * kBatch> tickets{};
    std::size_t count = 0;
    for (int i = first; i < last; ++i) {
      const int from = (rank + size - i) % size;
      tickets[count++] = communicator.receive(from, part(from));
    }
    for (int i = first; i < last; ++i) tickets[count++] = communicator.send((rank + i) % size, mine);
    for (std::size_t i = 0; i < count; ++i) communicator.wait(tickets[i]);
  }
}

// A binomial tree over the distances from the root: who has the bytes at distance d < step passes them to d + step.
void broadcast(Communicator& communicator, int root, std::span<std::byte> bytes) {
  const int size = communicator.size();
  const int distance = (communicator.rank() - root + size) % size;
  for (int step = 1; step < size; step *= 2) {
    if (distance < step && distance + step < size) {
      communicator.wait(communicator.send((distance + step + root) % size, bytes));
    } else if (distance >= step && distance < 2 * step) {
      communicator.wait(communicator.receive((distance - step + root) % size, bytes));
    }
  }
}

// Dissemination: after the round of distance d, a rank has heard, directly or not, from the 2d - 1 ranks before it.
void barrier(Communicator& communicator) {
  const int size = communicator.size();
  const int rank = communicator.rank();
  for (int distance = 1; distance < size; distance *= 2) {
    std::byte heard{};
    const std::byte here{};
    const Ticket receive = communicator.receive((rank + size - distance) % size, {&heard, 1});
    const Ticket send = communicator.send((rank + distance) % size, {&here, 1});
    communicator.wait(receive);
    communicator.wait(send);
  }
}

}  // namespace triaxis
