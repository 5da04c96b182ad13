#pragma once

#include <string>

#include "exporter/report/document.hpp"

namespace spark_exporter::report {

inline constexpr std::size_t kColumns = 100;

/// The report for a terminal, no line longer than kColumns characters; nothing in it is a control character.
std::string to_text(const Document& document);

/// What --patch prints: the merge patch for a SparkApplication, then the `--conf` lines; "" if nothing is advised.
std::string to_patch(const Document& document);

}  // namespace spark_exporter::report
