#include "exporter/jobs/uid.hpp"

namespace spark_exporter::jobs {
namespace {

constexpr std::size_t kDigits = 32;

/// -1 if it is no digit.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_dash_place(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::uint64_t fnv1a(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * kPrime;
  return seed;
}

std::optional<Uid> parse_hex(std::string_view text) {
  if (text.size() != kDigits) return std::nullopt;
  Uid uid;
  for (std::size_t i = 0; i < kDigits; ++i) {
    const int value = digit(text[i]);
    if (value < 0) return std::nullopt;
    auto& half = i < kDigits / 2 ? uid.high : uid.low;
    half = (half << 4) | static_cast<std::uint64_t>(value);
  }
  return uid;
}

Uid to_uid(std::string_view text) {
  constexpr std::size_t kUuidBytes = 36;
  std::string digits;
  if (text.size() == kUuidBytes) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!is_dash_place(i)) digits += text[i];
    }
  }
  if (const auto uid = parse_hex(digits)) return *uid;
  constexpr std::uint64_t kOtherSeed = 0x9e3779b97f4a7c15ULL;
  return {fnv1a(text), fnv1a(text, kOtherSeed)};
}

std::string to_uuid(const Uid& uid) {
  std::string text = to_hex(uid);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

std::string to_hex(const Uid& uid) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(kDigits, '0');
  for (std::size_t i = 0; i < kDigits; ++i) {
    const auto half = i < kDigits / 2 ? uid.high : uid.low;
    text[i] = kHex[(half >> (4 * (15 - i % 16))) & 15];
  }
  return text;
}

}  // namespace spark_exporter::jobs
