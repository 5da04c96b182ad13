#include "exporter/net/header_fields.hpp"

#include <algorithm>
#include <charconv>

namespace spark_exporter::net {
namespace {

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [kOthers](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

bool is_field_value(std::string_view text) { return std::none_of(text.begin(), text.end(), is_control); }

bool is_target(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string host_field(const Url& base) {
  const bool v6 = base.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + base.host + "]" : base.host;
  const std::uint16_t usual = base.scheme == "https" ? 443 : 80;
  return base.port == usual ? host : host + ":" + std::to_string(base.port);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string out;
  for (const char c : text.substr(0, kShown)) {
    out += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return out + (text.size() > kShown ? "..." : "");
}

std::string media_type(std::string_view content_type) {
  return lower_case(trim(content_type.substr(0, content_type.find(';'))));
}

std::uint64_t retry_after(std::string_view value) {
  const std::string_view digits = trim(value);
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  return error == std::errc{} && end == digits.data() + digits.size() ? seconds : 0;
}

bool may_begin_answer(std::string_view bytes) {
  constexpr std::string_view kBegin = "HTTP/1.";
  return kBegin.starts_with(bytes.substr(0, kBegin.size()));
}

Result<std::string> serialize(const Request& request, const Url& base, std::string_view user_agent) {
  if (!is_token(request.method) || !is_target(request.target)) {
    return Error{ErrorKind::kProtocol, "the request's method or target is not valid"};
  }
  std::string out = request.method + " " + base.path + request.target + " HTTP/1.1\r\n";
  append(out, "Host", host_field(base));
  append(out, "User-Agent", user_agent);
  append(out, "Accept-Encoding", "gzip");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value)) {
      // Not the value: it may be a token.
      return Error{ErrorKind::kProtocol, "the request's header '" + printable(name) + "' is not valid"};
    }
    append(out, name, value);
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    append(out, "Content-Length", std::to_string(request.body.size()));
  }
  return out + "\r\n" + request.body;
}

}  // namespace spark_exporter::net
