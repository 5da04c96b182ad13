#pragma once
// Texts as the receivers take them.

#include <cstddef>
#include <string>
#include <string_view>

#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::delivery {

/// Valid UTF-8 of at most `most` bytes, cut between code points; bytes that are none become U+FFFD. With
/// limits::kLabelValueBytes the same as the label values of /metrics, so that what is pushed joins with what is
/// scraped.
std::string clipped(std::string_view text, std::size_t most);

/// "2026-11-23T13:37:07.250Z"
std::string rfc3339(kubernetes::TimePoint time);
/// To the second, as the API server's `Time`.
std::string rfc3339_seconds(kubernetes::TimePoint time);

/// One segment of an URL's path: whatever is not a letter, a digit or one of "-._~" as %XX.
std::string path_segment(std::string_view text);

/// RFC 4648 section 5, "URL and filename safe", without padding.
std::string base64_url(std::string_view bytes);

}  // namespace spark_exporter::delivery
