#include "exporter/web/http_text.hpp"

#include <algorithm>
#include <array>

namespace spark_exporter::web {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr std::array kPhrases{
    Phrase{200, "OK"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{302, "Found"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{408, "Request Timeout"},
    Phrase{411, "Length Required"},
    Phrase{413, "Content Too Large"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{417, "Expectation Failed"},
    Phrase{422, "Unprocessable Content"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_safe_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7F;
  });
}

void append_header(std::string& head, std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_safe_value(value)) return;
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

}  // namespace

std::string_view reason_phrase(int status) {
  const auto has_status = [status](const Phrase& phrase) { return phrase.status == status; };
  const auto found = std::find_if(kPhrases.begin(), kPhrases.end(), has_status);
  return found == kPhrases.end() ? "Status" : found->text;
}

std::string response_head(int status, std::string_view content_type, std::size_t content_length,
                          const HeaderList& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + ' ';
  head += reason_phrase(status);
  head += "\r\n";
  append_header(head, "Content-Type", content_type);
  append_header(head, "Content-Length", std::to_string(content_length));
  append_header(head, "X-Content-Type-Options", "nosniff");
  append_header(head, "Connection", "close");
  for (const auto& [name, value] : headers) append_header(head, name, value);
  head += "\r\n";
  return head;
}

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const char small = lower(c);
    return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace spark_exporter::web
