// How much memory this host lets the job take, and the refusal of a layout that needs more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "cost/memory.h"

namespace triaxis {

/// The least of the machine's memory and the limits of this process's control groups and their ancestors, versions 1
/// and 2. `root` stands for "/" in tests.
std::int64_t memory_limit(const std::filesystem::path& root = "/");

/// Throws UserError if the ranks of this host, `ranks` being what each is predicted to need, do not fit in `limit`
/// bytes. The message says what most of it is for, and what would need less.
void check_memory(std::span<const MemoryBytes> ranks, std::int64_t limit);

}  // namespace triaxis
