#pragma once
// The words of cost: what is paid for, what it bought. Money is a double in the price book's currency, never negative.

#include <array>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <string_view>

namespace spark_exporter::cost {

using Millis = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Millis>;

/// The `resource` label.
enum class Resource { kCpu, kMemory, kGpu, kStorage };
inline constexpr std::size_t kResources = 4;
std::string_view to_string(Resource resource);  ///< "cpu", "memory", "gpu", "storage"
template <class T>
using PerResource = std::array<T, kResources>;

/// The `use` label: what money bought. Each slot-second has exactly one.
enum class Use {
  kTaskOk,       ///< tasks that succeeded, without their collector time
  kGc,           ///< stop-the-world collections as their tasks felt them (jvmGcTime), whatever became of the task
  kTaskFailed,   ///< tasks that failed
  kStageRetry,   ///< any task of a stage attempt above 0: its work had been done before
  kSpeculation,  ///< copies of a task that another copy outran
  kKilled,       ///< tasks killed for any other reason
  kIdle,         ///< a slot without a task while its executor was up
  kStarting,     ///< held before the first task could run
  kDriver,       ///< a driver without slots, from its application's start to its end
  kLingering,    ///< held after the work was done
  kUnobserved,   ///< slots between Spark's last answer and the end
};
inline constexpr std::size_t kUses = 11;
std::string_view to_string(Use use);  ///< "task_ok", "gc", "task_failed", ...
template <class T>
using PerUse = std::array<T, kUses>;

template <class T, std::size_t N, class Enum>
constexpr T& at(std::array<T, N>& values, Enum which) {
  return values[static_cast<std::size_t>(which)];
}
template <class T, std::size_t N, class Enum>
constexpr const T& at(const std::array<T, N>& values, Enum which) {
  return values[static_cast<std::size_t>(which)];
}

template <std::size_t N>
double sum(const std::array<double, N>& amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), 0.0);
}

}  // namespace spark_exporter::cost
