#pragma once
// What a question costs the driver, so that the cheaper of two ways is asked. Measured on a quiet driver (Spark 3.5.9,
// 1,000 jobs and 1,000 stages retained): one job or stage by id 7.5 to 10 ms of its CPU, all jobs 40 ms, all stages
// 102 ms, an empty list 8 ms. So a list costs a base and a part that grows with what is retained.

#include <cstddef>

namespace spark_exporter::spark::cost {

inline constexpr double kBaseMs = 8;
inline constexpr double kOneJobMs = 7.5;
inline constexpr double kOneStageMs = 10;
inline constexpr double kListedJobMs = 0.032;
inline constexpr double kListedStageMs = 0.094;

/// Whether asking for the whole list of `retained` jobs is cheaper than for `wanted` of them by id.
constexpr bool list_jobs(std::size_t wanted, std::size_t retained) {
  return static_cast<double>(wanted) * kOneJobMs > kBaseMs + static_cast<double>(retained) * kListedJobMs;
}

constexpr bool list_stages(std::size_t wanted, std::size_t retained) {
  return static_cast<double>(wanted) * kOneStageMs > kBaseMs + static_cast<double>(retained) * kListedStageMs;
}

}  // namespace spark_exporter::spark::cost
