#pragma once
// Single header field values, from and to the wire.

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::net {

std::string lower_case(std::string_view text);
/// A peer's text for an error message: short, one line, ASCII.
std::string printable(std::string_view text);

/// "Text/HTML; charset=utf-8" to "text/html".
std::string media_type(std::string_view content_type);
/// Retry-After in seconds; 0 for a date or anything else.
std::uint64_t retry_after(std::string_view value);
/// Whether these first bytes, however few, can become "HTTP/1.x ".
bool may_begin_answer(std::string_view bytes);

/// The request's head and body as they go out. Errors: kProtocol for a target or header that would break the framing.
Result<std::string> serialize(const Request& request, const Url& base, std::string_view user_agent);

}  // namespace spark_exporter::net
