// What the shim is told through the environment, and the log that it writes. The shim (shim.cc) is loaded into every
// process of a run with LD_PRELOAD.
#pragma once

#include <array>
#include <string_view>

namespace triaxis {

/// Calls on files under this directory are counted, in every process for itself, from 1.
constexpr const char* kFaultDirectory = "TRIAXIS_FAULT_DIRECTORY";
/// A file, not under that directory, that gets a line a counted call when that has been done: rank, number, function,
/// path, second path or "-", kDone or kFailed.
constexpr const char* kFaultLog = "TRIAXIS_FAULT_LOG";
/// The rank of the MPI job in which the deed is done; kNoRank: the process is no rank.
constexpr const char* kFaultRank = "TRIAXIS_FAULT_RANK";
/// The number of the call at which it is done, and its name, below.
constexpr const char* kFaultCall = "TRIAXIS_FAULT_CALL";
constexpr const char* kFaultDeed = "TRIAXIS_FAULT_DEED";

constexpr std::string_view kNoRank = "none";
constexpr std::string_view kDone = "done";
constexpr std::string_view kFailed = "failed";

enum class Deed {
  kNone,
  kKillBefore,  ///< SIGKILL instead of the call
  kKillAfter,   ///< SIGKILL when the call has been done
  kNoSpace,     ///< the call fails with ENOSPC
  kIoError,     ///< the call fails with EIO
  kShort,       ///< if it is a write, half of it is done
  kFull,        ///< the same, and from then on whatever needs space fails with ENOSPC
  kBroken,      ///< this call and all later ones fail with EIO
};

constexpr std::array<std::string_view, 8> kDeedNames = {"none",     "kill-before", "kill-after", "no-space",
                                                        "io-error", "short",       "full",       "broken"};

constexpr std::string_view name_of(Deed deed) { return kDeedNames[static_cast<std::size_t>(deed)]; }

}  // namespace triaxis
