#pragma once
// What the objects of a page cost that are held until its end: nothing of a page that breaks off is used.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "exporter/common/memory_limit.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::kubernetes {

/// Bytes that the objects of one page may take: an eighth of the limit, for there are several watches.
inline std::size_t page_bytes(std::optional<std::uint64_t> memory) {
  constexpr std::uint64_t kLeast = 4ULL << 20;  // 500 pods
  constexpr std::uint64_t kMost = 128ULL << 20;
  return share_of(memory, 8, kLeast, kMost);
}

using spark_exporter::heap_of;
inline std::size_t heap_of(const std::map<std::string, std::string>& texts) {
  constexpr std::size_t kNode = 48;
  std::size_t bytes = 0;
  for (const auto& [key, value] : texts) bytes += kNode + 2 * sizeof(std::string) + heap_of(key) + heap_of(value);
  return bytes;
}
inline std::size_t heap_of(const Object& item) {
  return heap_of(item.namespace_name) + heap_of(item.name) + heap_of(item.uid) + heap_of(item.labels) +
         heap_of(item.annotations) + item.owners.capacity() * sizeof(Owner);
}
inline std::size_t heap_of(const Pod& item) {
  std::size_t bytes = heap_of(static_cast<const Object&>(item));
  bytes += (item.containers.capacity() + item.init_containers.capacity()) * sizeof(ContainerSpec);
  bytes += item.conditions.capacity() * sizeof(Condition);
  for (const auto* statuses : {&item.container_statuses, &item.init_container_statuses}) {
    bytes += statuses->capacity() * sizeof(ContainerStatus);
    for (const auto& status : *statuses) {
      bytes += heap_of(status.terminated.message);
      if (status.last_terminated) bytes += heap_of(status.last_terminated->message);
    }
  }
  return bytes;
}
inline std::size_t heap_of(const SparkApplication& item) {
  return heap_of(static_cast<const Object&>(item)) + heap_of(item.error_message);
}
inline std::size_t heap_of(const Job& item) {
  return heap_of(static_cast<const Object&>(item)) + item.conditions.capacity() * sizeof(Condition);
}
inline std::size_t heap_of(const Node& item) {
  return heap_of(static_cast<const Object&>(item)) + item.conditions.capacity() * sizeof(Condition) +
         item.taints.capacity() * sizeof(Taint);
}

}  // namespace spark_exporter::kubernetes
