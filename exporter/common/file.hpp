#pragma once
// Small files, whole.

#include <cstddef>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"

namespace spark_exporter {

/// Writes `path`.tmp, flushes it to the disk and renames it: a reader finds the old content or the new one, never a
/// part, also after a power cut. Errors: kIo naming the path and the cause.
Result<void> write_atomically(const std::string& path, std::string_view text);

/// Errors: kNotFound (no such file), kIo, kTooLarge (over `most` bytes), each naming the path.
Result<std::string> read_whole(const std::string& path, std::size_t most);

}  // namespace spark_exporter
