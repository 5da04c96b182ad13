#pragma once
// The bounds on what comes from logs. Each is tested at the limit and one past it.

#include <cstddef>
#include <cstdint>

namespace spark_exporter::limits {

/// What is held of a line until its end is there; the rest of a longer one is searched as it comes.
inline constexpr std::size_t kLogHeadBytes = 4 * 1024;
/// Of the message that tells how the program failed.
inline constexpr std::size_t kLogEvidenceBytes = 16 * 1024;
/// Lines of one message that begin at the margin and have no level; after them another message begins.
inline constexpr std::size_t kLogMarginLines = 64;
/// How far a file may be ahead of us; what is older is passed over.
inline constexpr std::uint64_t kLogBacklogBytes = 256ULL << 20;
/// Executors whose logs are followed at a time.
inline constexpr std::size_t kLogExecutors = 32;

}  // namespace spark_exporter::limits
