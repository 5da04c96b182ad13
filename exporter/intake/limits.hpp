#pragma once
// Bounds on what is pushed to us or left for us, see exporter/common/limits.hpp.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "exporter/common/limits.hpp"

namespace spark_exporter::limits {

// --- data quality ------------------------------------------------------------------------------
/// A body of POST /api/v1/quality, and a file in the drop folder, which is read as a stream.
inline constexpr std::size_t kQualityBodyBytes = kRequestBodyBytes;
inline constexpr std::uint64_t kQualityFileBytes = 128ULL << 20;
/// Validations in one document.
inline constexpr std::size_t kQualityResults = 10'000;
/// Names, details and columns that are kept of one document; of what is beyond only the counts are.
inline constexpr std::size_t kQualityKeptBytes = 8ULL << 20;
/// Checks that did not pass that are kept of one validation, and how long each may say why.
inline constexpr std::size_t kQualityChecksKept = 20;
inline constexpr std::size_t kQualityDetailBytes = 300;
/// Columns of a dataset whose null ratios are shown; those with fewer nulls share `other`.
inline constexpr std::size_t kQualityColumns = 100;
inline constexpr std::size_t kQualityMissingColumns = 100;
/// Datasets (with their suites) of one job; later ones share `other`.
inline constexpr std::size_t kQualityDatasets = 200;
/// Those among `other` whose last validation failed.
inline constexpr std::size_t kQualityOthers = 10'000;
/// Validations of a dataset that are remembered, so that one that is told again counts once.
inline constexpr std::size_t kQualityIds = 64;
inline constexpr std::size_t kQualityIdBytes = 128;
/// A dataset that nobody validates any more is shown for so long.
inline constexpr auto kQualityKeep = std::chrono::hours{24 * 35};
/// How far ahead of ours another clock may be before its time is none.
inline constexpr auto kQualityAhead = std::chrono::hours{24};
/// Results that wait for the observer; the oldest one makes room.
inline constexpr std::size_t kQualityQueue = 2'000;
/// Files in the drop folder at one look.
inline constexpr std::size_t kQualityFiles = 10'000;
/// Accumulators data_quality.* of one run, and one stage's.
inline constexpr std::size_t kQualityAccumulators = 1'000;

}  // namespace spark_exporter::limits
