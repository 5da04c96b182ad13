#pragma once
// What must hold of everything that a decoder lets through; a breach stops the fuzzer.

#include <cstdlib>
#include <string>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/spark/decode.hpp"

namespace spark_exporter::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline void require_text(const std::string& text) {
  require(text.size() <= limits::kTextBytes);
  require(find_invalid_utf8(text) == std::string::npos);
}

inline void require_line(const std::string& text) {
  require(find_invalid_utf8(text) == std::string::npos);
  require(text.find_first_of("\r\n") == std::string::npos);
}

/// Errors and reports are lines to log; a report that counts something names the first.
inline void require_report(const Result<spark::DecodeReport>& report) {
  if (report) {
    require_line(report->first);
    require((report->wrong_types == 0) == report->first.empty());
  } else {
    require_line(report.error().what);
    const ErrorKind kind = report.error().kind;
    require(kind == ErrorKind::kMalformed || kind == ErrorKind::kTooLarge);
  }
}

}  // namespace spark_exporter::fuzz
