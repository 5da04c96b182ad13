// Any bytes as a request head: what the front hands on is one head, reads back the same, and says only what the front
// says about secret and peer.

#include <cstdint>
#include <string_view>
#include <variant>

#include "exporter/web/negotiation.hpp"
#include "exporter/web/request_head.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace spark_exporter;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void check_forwarded(const web::RequestHead& head) {
  const std::string forwarded = web::forwarded_head(head, "s3cret", "10.0.0.7");
  const web::HeadScan scan = web::scan_head(forwarded);
  fuzz::require(scan.state == web::HeadScan::State::kComplete && scan.length == forwarded.size());
  fuzz::require(count(forwarded, "\r\nX-Spark-Exporter-Secret: s3cret\r\n") == 1);
  fuzz::require(count(forwarded, "\r\nX-Spark-Exporter-Peer: 10.0.0.7\r\n") == 1);
  fuzz::require(count(forwarded, "\r\n") <= 10);
  const auto again = web::parse_request_head(forwarded);
  const auto* same = std::get_if<web::RequestHead>(&again);
  fuzz::require(same != nullptr && same->method == head.method && same->target == head.target);
  fuzz::require(same->accept == head.accept && same->accept_encoding == head.accept_encoding);
  fuzz::require(same->authorization == head.authorization);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const web::HeadScan scan = web::scan_head(bytes);
  // Wherever the reads were cut before the verdict; short ones, since this is quadratic.
  constexpr std::size_t kShort = 256;
  for (std::size_t seen = 0; seen < size && size <= kShort; ++seen) {
    if (web::scan_head({bytes.data(), seen}).state != web::HeadScan::State::kIncomplete) break;
    const web::HeadScan resumed = web::scan_head(bytes, seen);
    fuzz::require(resumed.state == scan.state && resumed.length == scan.length);
  }
  const auto parsed =
      web::parse_request_head(scan.state == web::HeadScan::State::kComplete ? bytes.substr(0, scan.length) : bytes);
  if (const auto* head = std::get_if<web::RequestHead>(&parsed)) {
    if (scan.state == web::HeadScan::State::kComplete) check_forwarded(*head);
    web::accepts_gzip(head->accept_encoding);
    web::accepts_html(head->accept);
  }
  return 0;
}
