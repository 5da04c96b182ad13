#pragma once
// Lines of a stream that ends when its connection does, each bounded.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <streambuf>
#include <string>

namespace spark_exporter::kubernetes {

enum class LineResult {
  kLine,
  kEnd,      ///< the stream ended; what came after the last newline is no line
  kTooLong,  ///< more than `limit` bytes without a newline
};

/// The next line that is not blank into `line`, without its newline.
LineResult read_line(std::streambuf& in, std::size_t limit, std::string& line);

/// The memory of a line that was longer than limits::kWatchLineKept; what it said is lost.
void give_back(std::string& line);

/// How long a line may be where so much memory is allowed (absent: no limit): limits::kWatchLineBytes, or where there
/// is little of it as much as the largest object needs. Several watches may read one each, and copy it as it grows.
std::size_t longest_line(std::optional<std::uint64_t> memory);

}  // namespace spark_exporter::kubernetes
