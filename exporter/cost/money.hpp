#pragma once
// The words of cost: what is paid for, what it bought. Money is a double in the price book's currency, never negative.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>

namespace spark_exporter::cost {

using Millis = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Millis>;

/// The `resource` label.
enum class Resource { kCpu, kMemory, kGpu, kStorage };
inline constexpr std::size_t kResources = 4;
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

/// "cpu", "memory", "gpu", "storage"
constexpr std::string_view to_string(Resource resource) {
  constexpr std::array<std::string_view, kResources> kNames{"cpu", "memory", "gpu", "storage"};
  return at(kNames, resource);
}

/// "task_ok", "gc", "task_failed", ...
constexpr std::string_view to_string(Use use) {
  constexpr std::array<std::string_view, kUses> kNames{"task_ok",     "gc",        "task_failed", "stage_retry",
                                                       "speculation", "killed",    "idle",        "starting",
                                                       "driver",      "lingering", "unobserved"};
  return at(kNames, use);
}

template <std::size_t N>
double sum(const std::array<double, N>& amounts) {
  return std::accumulate(amounts.begin(), amounts.end(), 0.0);
}

/// What is left of a run's cost when it is over: in the last words and in the observer's families.
struct Final {
  std::string currency;  ///< ISO 4217
  PerUse<double> used{};
  bool operator==(const Final&) const = default;
};

/// Three capital letters.
inline bool is_currency(std::string_view text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace spark_exporter::cost
