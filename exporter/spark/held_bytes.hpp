#pragma once
// What the elements of a list cost that is held until its end: nothing of an answer that breaks off is used.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "exporter/common/memory_limit.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::spark {

/// Bytes that the list of one answer may take: a quarter of the limit, for we need half of 32 MiB ourselves.
inline std::size_t list_bytes(std::optional<std::uint64_t> memory) {
  constexpr std::uint64_t kLeast = 4ULL << 20;
  constexpr std::uint64_t kMost = 128ULL << 20;
  return share_of(memory, 4, kLeast, kMost);
}

/// An executor lives on in the run, its cost and what is shown: 3 kB, measured, and as much again while it changes.
inline constexpr std::size_t kExecutorBytes = 6 * 1024;

using spark_exporter::heap_of;
inline std::size_t heap_of(const Application& item) { return heap_of(item.id) + heap_of(item.name); }
inline std::size_t heap_of(const Job& item) {
  return heap_of(item.name) + heap_of(item.description) + heap_of(item.group) +
         item.stage_ids.capacity() * sizeof(std::int64_t);
}
inline std::size_t heap_of(const Stage& item) {
  std::size_t bytes = heap_of(item.name) + heap_of(item.description) + heap_of(item.failure_reason) +
                      item.quality.capacity() * sizeof(Accumulator);
  for (const auto& accumulator : item.quality) bytes += heap_of(accumulator.name);
  return bytes;
}
inline std::size_t heap_of(const Task& item) { return heap_of(item.executor_id) + heap_of(item.error_message); }
inline std::size_t heap_of(const Executor& item) {
  return kExecutorBytes + heap_of(item.id) + heap_of(item.host_port) + heap_of(item.remove_reason);
}
inline std::size_t heap_of(const SqlExecution& item) {
  return heap_of(item.description) + item.job_ids.capacity() * sizeof(std::int64_t);
}
inline std::size_t heap_of(const Rdd& item) { return heap_of(item.name) + heap_of(item.storage_level); }

}  // namespace spark_exporter::spark
