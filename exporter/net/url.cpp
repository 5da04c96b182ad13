// Absolute http(s) URLs of a server's root, as people write them in flags and as servers send them in Location.

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/common/limits.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::net {
namespace {

/// What an error may show of a text that did not parse: nothing that could be a credential, one line, not endless.
std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 120;
  const std::size_t at = text.rfind('@');
  std::string out = at == std::string_view::npos ? "" : "...@";
  text.remove_prefix(at == std::string_view::npos ? 0 : at + 1);
  for (const char c : text.substr(0, kShown)) {
    out += c > 0x20 && c < 0x7f ? c : '?';
  }
  return out + (text.size() > kShown ? "..." : "");
}

Error bad(std::string_view text, std::string_view why) {
  return Error{ErrorKind::kProtocol, "URL '" + shown(text) + "': " + std::string(why)};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

bool is_host_name(std::string_view host) {
  constexpr std::size_t kDnsName = 253;
  return !host.empty() && host.size() <= kDnsName && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return std::nullopt;
  }
  return port;
}

/// Splits "host", "host:port" or "[v6]:port" and fills host and port; returns what does not fit, or "".
std::string_view parse_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) {
    return "user and password do not belong here";
  }
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return "']' is missing";
    }
    url.host = lower(authority.substr(1, close - 1));
    rest = authority.substr(close + 1);
    if (!is_ipv6(url.host)) {
      return "not an IPv6 address between the brackets";
    }
  } else {
    const std::size_t colon = authority.find(':');
    url.host = lower(authority.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
    if (!is_host_name(url.host)) {
      return "not a host name";
    }
  }
  if (rest.empty()) {
    return "";
  }
  const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) {
    return "the port is not a number from 1 to 65535";
  }
  url.port = *port;
  return "";
}

}  // namespace

std::string Url::to_string() const {
  const bool v6 = host.find(':') != std::string::npos;
  return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + path;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > limits::kUrlBytes) {
    return bad(text, "longer than " + std::to_string(limits::kUrlBytes) + " bytes");
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; })) {
    return bad(text, "has a space, a control character or one outside ASCII");
  }
  const std::size_t colon = text.find("://");
  Url url;
  url.scheme = lower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (url.scheme != "http" && url.scheme != "https") {
    return bad(text, "starts with neither http:// nor https://");
  }
  url.port = url.scheme == "https" ? 443 : 80;

  const std::string_view rest = text.substr(colon + 3);
  const std::size_t slash = rest.find_first_of("/?#");
  if (const auto why = parse_authority(rest.substr(0, slash), url); !why.empty()) {
    return bad(text, why);
  }
  std::string_view path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
  if (path.find_first_of("?#") != std::string_view::npos) {
    return bad(text, "a query or fragment does not belong here");
  }
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  url.path = path;
  return url;
}

}  // namespace spark_exporter::net
