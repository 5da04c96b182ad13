#pragma once
// Foreign text made safe to show on one line: in logs, error texts and JSON.

#include <cstddef>
#include <string>
#include <string_view>

namespace spark_exporter {

/// Bytes of the valid UTF-8 sequence that starts `text`; 0 if there is none (also for overlong forms and surrogates).
std::size_t utf8_sequence(std::string_view text);

/// Offset of the first byte that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// `text` in double quotes as JSON writes it. Control characters (C1 and DEL too) are escaped, bytes that are not
/// UTF-8 become U+FFFD, so the result is one line of valid UTF-8 that a terminal does not interpret.
std::string quoted(std::string_view text);

/// quoted(), with what is beyond `limit` bytes (cut between code points) replaced by "...".
std::string quoted(std::string_view text, std::size_t limit);

/// For secrets: takes as long for a wrong guess as for a right one of the same length.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace spark_exporter
