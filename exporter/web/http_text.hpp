#pragma once
// The head of an answer as text, the same from the front and from the handlers.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spark_exporter::web {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// "Not Found" for 404; "Status" for what is not listed.
std::string_view reason_phrase(int status);

/// Status line and headers up to and with the empty line. Always closes the connection and forbids type sniffing.
/// A header whose name or value would break the head (control characters, a name that is no token) is left out.
std::string response_head(int status, std::string_view content_type, std::size_t content_length,
                          const HeaderList& headers = {});

/// A header name or method by RFC 9110: letters, digits and !#$%&'*+-.^_`|~, not empty.
bool is_token(std::string_view text);

/// ASCII only: header names, codings, media types.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace spark_exporter::web
