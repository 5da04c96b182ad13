#pragma once
// The request head as the front reads it: strictly, since whatever the front and civetweb could understand
// differently would be a way to smuggle a request (or a peer's address) past the front. What is handed on is written
// anew from the few fields that the exporter reads; nothing of the client's is copied.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace spark_exporter::web {

inline constexpr std::string_view kSecretHeader = "X-Spark-Exporter-Secret";
inline constexpr std::string_view kPeerHeader = "X-Spark-Exporter-Peer";

/// Looks for the empty line that ends a head.
struct HeadScan {
  enum class State { kIncomplete, kComplete, kBad };  ///< bad: a CR or LF that is not part of a CRLF
  State state = State::kIncomplete;
  std::size_t length = 0;  ///< of a complete head, its empty line included
};
/// `seen` bytes were looked at before, and were neither complete nor bad.
HeadScan scan_head(std::string_view bytes, std::size_t seen = 0);

struct RequestHead {
  std::string method;
  std::string target;  ///< path and query as sent, visible ASCII, starts with '/', percent signs well-formed
  std::uint64_t body_bytes = 0;
  bool expects_continue = false;
  std::string accept;
  std::string accept_encoding;
  std::string authorization;
};

/// Why a request is not handed on.
struct Refusal {
  int status;
  std::string_view reason;  ///< a literal
};

/// `head` is complete (of scan_head). Refused: no HTTP/1.0 or 1.1, folded or malformed lines, control characters,
/// Transfer-Encoding, a repeated or malformed Content-Length, a repeated Host or Authorization, more than
/// kRequestHeaders fields, a POST beyond kRequestBodyBytes, an expectation other than 100-continue.
std::variant<RequestHead, Refusal> parse_request_head(std::string_view head);

/// The head for civetweb. The body's length is given for a POST only: other methods' bodies are not handed on.
std::string forwarded_head(const RequestHead& request, std::string_view secret, std::string_view peer);

}  // namespace spark_exporter::web
