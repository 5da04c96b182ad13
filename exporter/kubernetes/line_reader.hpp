#pragma once
// Lines of a stream that ends when its connection does, each bounded.

#include <cstddef>
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

}  // namespace spark_exporter::kubernetes
