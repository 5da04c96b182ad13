#pragma once
// 16 bytes that stand for an object's uid, since tens of thousands of them are kept.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spark_exporter::jobs {

struct Uid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Uid&, const Uid&) = default;
};

struct UidHash {
  std::size_t operator()(const Uid& uid) const { return static_cast<std::size_t>(uid.high ^ (uid.low * 31)); }
};

/// FNV-1a, 64 bits.
std::uint64_t fnv1a(std::string_view text, std::uint64_t seed = 14695981039346656037ULL);

/// The number that a UUID writes; a hash of any other text.
Uid to_uid(std::string_view text);
/// As a UUID writes it.
std::string to_uuid(const Uid& uid);
/// 32 hexadecimal digits, and back.
std::string to_hex(const Uid& uid);
std::optional<Uid> parse_hex(std::string_view text);

}  // namespace spark_exporter::jobs
