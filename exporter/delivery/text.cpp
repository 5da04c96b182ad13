#include "exporter/delivery/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "exporter/common/text.hpp"

namespace spark_exporter::delivery {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_unreserved(char c) {  // RFC 3986 section 2.3
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string date_and_time(kubernetes::TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  constexpr std::size_t kRoom = 64;
  std::array<char, kRoom> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace

std::string clipped(std::string_view text, std::size_t most) {
  std::string out;
  out.reserve(std::min(text.size(), most));
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const std::string_view next = length == 0 ? kReplacement : text.substr(0, length);
    if (out.size() + next.size() > most) break;
    out += next;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string rfc3339(kubernetes::TimePoint time) {
  const auto millis = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  std::string fraction = std::to_string(1000 + millis);
  fraction.front() = '.';
  return date_and_time(time) + fraction + "Z";
}

std::string rfc3339_seconds(kubernetes::TimePoint time) { return date_and_time(time) + "Z"; }

std::string path_segment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    }
  }
  return out;
}

std::string base64_url(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  unsigned waiting = 0;  // bits not written yet
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (waiting += 8; waiting >= 6; waiting -= 6) out += kAlphabet[(bits >> (waiting - 6)) & 0x3FU];
  }
  if (waiting > 0) out += kAlphabet[(bits << (6 - waiting)) & 0x3FU];
  return out;
}

}  // namespace spark_exporter::delivery
