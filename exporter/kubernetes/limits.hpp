#pragma once
// Bounds on what the API server sends and the kubelet mounts; each is tested at the limit and one past it.

#include <chrono>
#include <cstddef>

namespace spark_exporter::limits {

inline constexpr std::size_t kTokenBytes = 16 * 1024;
/// The longest pause that a server may ask for.
inline constexpr auto kRetryAfter = std::chrono::seconds{120};
/// One event: etcd holds objects of at most 1.5 MiB.
inline constexpr std::size_t kWatchLineBytes = 4ULL << 20;
/// Asked for with each page, and taken of a server that sends more than that.
inline constexpr std::size_t kPageObjects = 500;
inline constexpr std::size_t kPageObjectsTaken = 20'000;
/// Of one list: a server that never stops paging is stopped.
inline constexpr std::size_t kListPages = 1'000;
/// A buffer for events that grew beyond this is given back.
inline constexpr std::size_t kWatchLineKept = 256 * 1024;

// Of one object. What is beyond is left out, but of containers Spark's own may be the last.
inline constexpr std::size_t kLabels = 64;
inline constexpr std::size_t kAnnotations = 64;
inline constexpr std::size_t kContainers = 256;
inline constexpr std::size_t kConditions = 64;
inline constexpr std::size_t kOwners = 16;
inline constexpr std::size_t kTaints = 64;
inline constexpr std::size_t kRunNames = 100;
/// The kubelet's own bound; our sidecar's last words fill it.
inline constexpr std::size_t kTerminationMessageBytes = 4096;
/// The operator puts spark-submit's log here, the cause in its middle.
inline constexpr std::size_t kErrorMessageBytes = 8 * 1024;

}  // namespace spark_exporter::limits
