#include "exporter/web/listen_address.hpp"

#include <charconv>

#include "exporter/common/text.hpp"

namespace spark_exporter::web {
namespace {

constexpr std::size_t kShownBytes = 100;

Error malformed(std::string_view text, std::string_view why) {
  return {ErrorKind::kIo, "listen address " + quoted(text, kShownBytes) + ": " + std::string(why)};
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed(text, "no port (\"host:port\" or \":port\")");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return malformed(text, "the port is no number from 0 to 65535");
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.find_first_of(bracketed ? "[]" : "[]:") != std::string_view::npos) {
    return malformed(text, "an IPv6 address stands in brackets (\"[::1]:9817\")");
  }
  return ListenAddress{std::string(host), port};
}

std::string format_listen_address(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  std::string text = v6 ? '[' + std::string(host) + ']' : std::string(host);
  return text + ':' + std::to_string(port);
}

}  // namespace spark_exporter::web
