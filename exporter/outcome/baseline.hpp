#pragma once
// What a job's last good runs were like. The observer knows it, and tells it to the sidecar of the next run.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"

namespace spark_exporter::outcome {

/// Medians of a job's last good runs.
struct Baseline {
  std::uint64_t runs = 0;
  std::optional<double> duration_seconds = std::nullopt;
  std::optional<double> input_bytes = std::nullopt;
  std::optional<double> cost = std::nullopt;  ///< of those in the currency of the newest that has one
  std::string currency = {};                  ///< of the cost
  bool operator==(const Baseline&) const = default;
};

/// Some 150 bytes of JSON.
std::string encode(const Baseline& baseline);
/// Error kMalformed names what is wrong; a number that is none is left out.
Result<Baseline> decode_baseline(std::string_view json);

}  // namespace spark_exporter::outcome
