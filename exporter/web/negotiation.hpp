#pragma once
// What a client says it can read: Accept-Encoding and Accept with their q-values (RFC 9110, 12.5).

#include <string_view>

namespace spark_exporter::web {

/// Whether gzip may be sent: named (or x-gzip, or by "*" where gzip is not named) with a q above 0.
/// No header, and a q that is no number, are a no.
bool accepts_gzip(std::string_view accept_encoding);

/// Whether the client asks for HTML by name, as browsers do; "*/*" alone is not a browser.
bool accepts_html(std::string_view accept);

}  // namespace spark_exporter::web
