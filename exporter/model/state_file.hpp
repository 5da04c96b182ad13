#pragma once
// What a run's counters are, kept in a file, so that an exporter that restarts in mid-run goes on counting where it
// stopped, also over what Spark has forgotten meanwhile. Versioned JSON, written to a temporary name and renamed: a
// reader finds the old state or the new one, never a part.

#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/model/run.hpp"

namespace spark_exporter::model {

std::string to_json(const Run::Saved& saved);
/// Errors: kMalformed or kWrongType naming the field. Never throws.
Result<Run::Saved> from_json(std::string_view text);

/// Errors: kIo naming the path and the cause.
Result<void> save_state(const std::string& path, const Run::Saved& saved);
/// Errors: kNotFound (no such file), kIo, kTooLarge, or from_json()'s.
Result<Run::Saved> load_state(const std::string& path);

}  // namespace spark_exporter::model
