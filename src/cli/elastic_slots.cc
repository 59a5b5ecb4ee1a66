#include "cli/elastic_slots.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <sstream>

#include "base/error.h"

namespace triaxis {
namespace {

int read_slots(const std::string& entry, std::string_view number) {
  int slots = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), slots);
  if (error != std::errc() || end != number.data() + number.size() || slots < 1) {
    throw UserError(fmt::format("--hosts: \"{}\" is not a host and its number of slots, as in node1:8", entry));
  }
  return slots;
}

}  // namespace

Slots::Slots(const std::string& hosts, int ranks) : named_(!hosts.empty()) {
  if (!named_) hosts_.push_back({.name = {}, .slots = ranks});
  std::istringstream entries(hosts);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const std::size_t colon = entry.find(':');
    const int slots = colon == std::string::npos ? 1 : read_slots(entry, std::string_view(entry).substr(colon + 1));
    hosts_.push_back({.name = entry.substr(0, colon), .slots = slots});
  }
}

int Slots::count() const {
  int sum = 0;
  for (const Host& host : hosts_) sum += host.slots;
  return sum;
}

std::string Slots::hosts() const {
  std::vector<std::string> entries;
  for (const Host& host : hosts_) {
    if (named_ && host.slots > 0) entries.push_back(fmt::format("{}:{}", host.name, host.slots));
  }
  return fmt::format("{}", fmt::join(entries, ","));
}

std::vector<std::string> Slots::names() const {
  std::vector<std::string> names;
  for (const Host& host : hosts_) {
    if (named_ && host.slots > 0) names.push_back(host.name);
  }
  return names;
}

void Slots::lose(int rank) {
  for (Host& host : hosts_) {
    if (rank < host.slots) {
      --host.slots;
      return;
    }
    rank -= host.slots;
  }
}

void Slots::lose_host(const std::string& name) {
  for (Host& host : hosts_) {
    if (host.name == name) host.slots = 0;
  }
}

}  // namespace triaxis
