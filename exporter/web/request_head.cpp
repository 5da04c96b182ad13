#include "exporter/web/request_head.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "exporter/common/limits.hpp"
#include "exporter/web/http_text.hpp"

namespace spark_exporter::web {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return false;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] <= ' ' || target[i] >= 0x7F) return false;
    if (target[i] != '%') continue;
    // A NUL would end the path early for whoever reads it as a C string.
    if (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2])) return false;
    if (target[i + 1] == '0' && target[i + 2] == '0') return false;
  }
  return true;
}

bool is_field_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\t') || code == 0x7F;
  });
}

/// Collects the fields of one head, remembering what may come once only.
class Reader {
 public:
  std::optional<Refusal> request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return Refusal{400, "malformed request line"};
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method)) return Refusal{400, "malformed request line"};
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      return version.starts_with("HTTP/") ? Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"}
                                          : Refusal{400, "malformed request line"};
    }
    if (!is_target(target)) return Refusal{400, "malformed request target"};
    request_.method = method;
    request_.target = target;
    return std::nullopt;
  }

  std::optional<Refusal> field(std::string_view line) {
    if (++fields_ > limits::kRequestHeaders) return Refusal{431, "too many request headers"};
    if (line.front() == ' ' || line.front() == '\t') return Refusal{400, "folded header line"};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Refusal{400, "malformed header line"};
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_token(name) || !is_field_value(value)) return Refusal{400, "malformed header line"};
    return keep(name, value);
  }

  std::variant<RequestHead, Refusal> finish() {
    if (has_transfer_encoding_) {
      return has_length_ ? Refusal{400, "both Content-Length and Transfer-Encoding"}
                         : Refusal{411, "Transfer-Encoding is not read here: send a Content-Length"};
    }
    if (request_.method == "POST" && request_.body_bytes > limits::kRequestBodyBytes) {
      return Refusal{413, "request body too large"};
    }
    return std::move(request_);
  }

 private:
  std::optional<Refusal> keep(std::string_view name, std::string_view value) {
    if (equal_ignoring_case(name, "Content-Length")) return content_length(value);
    if (equal_ignoring_case(name, "Transfer-Encoding")) has_transfer_encoding_ = true;
    if (equal_ignoring_case(name, "Host")) {
      if (has_host_) return Refusal{400, "repeated Host"};
      has_host_ = true;
    }
    if (equal_ignoring_case(name, "Authorization")) {
      if (has_authorization_) return Refusal{400, "repeated Authorization"};
      has_authorization_ = true;
      request_.authorization = value;
    }
    if (equal_ignoring_case(name, "Expect")) {
      if (!equal_ignoring_case(value, "100-continue")) return Refusal{417, "unknown expectation"};
      request_.expects_continue = true;
    }
    if (equal_ignoring_case(name, "Accept")) add(request_.accept, value);
    if (equal_ignoring_case(name, "Accept-Encoding")) add(request_.accept_encoding, value);
    return std::nullopt;
  }

  std::optional<Refusal> content_length(std::string_view value) {
    if (has_length_) return Refusal{400, "repeated Content-Length"};
    has_length_ = true;
    // Digits only: from_chars takes neither a sign nor blanks for an unsigned number.
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), request_.body_bytes);
    if (error != std::errc{} || end != value.data() + value.size()) return Refusal{400, "malformed Content-Length"};
    return std::nullopt;
  }

  /// Fields that are lists may come in several lines.
  static void add(std::string& list, std::string_view value) {
    if (!list.empty() && !value.empty()) list += ", ";
    list += value;
  }

  RequestHead request_;
  std::size_t fields_ = 0;
  bool has_length_ = false;
  bool has_transfer_encoding_ = false;
  bool has_host_ = false;
  bool has_authorization_ = false;
};

void append_field(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  head += value;
  head += kLineEnd;
}

}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t seen) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  for (std::size_t i = seen < kEnd.size() ? 0 : seen - kEnd.size() + 1; i < bytes.size(); ++i) {
    if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) return {HeadScan::State::kBad, 0};
    if (bytes[i] != '\r') continue;
    if (i + 1 < bytes.size() && bytes[i + 1] != '\n') return {HeadScan::State::kBad, 0};
    if (bytes.substr(i, kEnd.size()) == kEnd) return {HeadScan::State::kComplete, i + kEnd.size()};
  }
  return {};
}

std::variant<RequestHead, Refusal> parse_request_head(std::string_view head) {
  Reader reader;
  std::size_t end = head.find(kLineEnd);
  if (auto refusal = reader.request_line(head.substr(0, end))) return *refusal;
  while (end != std::string_view::npos) {
    head.remove_prefix(end + kLineEnd.size());
    end = head.find(kLineEnd);
    if (end == 0 || head.empty()) break;
    if (auto refusal = reader.field(head.substr(0, end))) return *refusal;
  }
  return reader.finish();
}

std::string forwarded_head(const RequestHead& request, std::string_view secret, std::string_view peer) {
  std::string head = request.method + ' ' + request.target + " HTTP/1.1\r\n";
  append_field(head, kSecretHeader, secret);
  append_field(head, kPeerHeader, peer);
  append_field(head, "Host", "localhost");
  append_field(head, "Connection", "close");
  if (!request.accept.empty()) append_field(head, "Accept", request.accept);
  if (!request.accept_encoding.empty()) append_field(head, "Accept-Encoding", request.accept_encoding);
  if (!request.authorization.empty()) append_field(head, "Authorization", request.authorization);
  if (request.method == "POST") append_field(head, "Content-Length", std::to_string(request.body_bytes));
  head += kLineEnd;
  return head;
}

}  // namespace spark_exporter::web
