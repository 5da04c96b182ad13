#include "exporter/jobs/zone.hpp"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "exporter/common/text.hpp"

namespace spark_exporter::jobs {
namespace {

/// Where the library looks.
std::filesystem::path database() {
  const char* const folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

/// Zone names are paths below the database. The library also knows names that are no zones, and keeps every name that
/// it was ever asked for.
bool is_zone_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  };
  return name.size() <= kLongest && name.front() != '/' && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

struct Zone::Rules {
  absl::TimeZone zone;

  std::int64_t offset(Instant instant) const { return zone.At(absl::FromUnixSeconds(instant)).offset; }
};

Result<Zone> Zone::load(std::string_view name) {
  auto rules = std::make_shared<Rules>();
  rules->zone = absl::UTCTimeZone();
  if (name.empty() || name == "UTC") return Zone(std::move(rules));
  constexpr std::size_t kShown = 64;
  const auto unknown = [name] {
    return Error{ErrorKind::kMalformed, "time zone " + quoted(name, kShown) + " is not known"};
  };
  if (!is_zone_name(name)) return unknown();
  std::error_code error;
  if (!std::filesystem::is_directory(database(), error)) {
    return Error{ErrorKind::kIo, "time zone " + quoted(name, kShown) + ": no zone database in " +
                                     spark_exporter::quoted(database().string()) + " (Debian's package tzdata)"};
  }
  const std::string file(name);
  if (!std::filesystem::is_regular_file(database() / file, error)) return unknown();
  if (!absl::LoadTimeZone(file, &rules->zone)) return unknown();
  return Zone(std::move(rules));
}

Wall Zone::wall(Instant instant) const {
  const auto shown = rules_->zone.At(absl::FromUnixSeconds(instant)).cs;
  // Monday is the library's first.
  const auto weekday = (static_cast<unsigned>(absl::GetWeekday(shown)) + 1) % 7;
  return {shown.year(), shown.month(), shown.day(), shown.hour(), shown.minute(), shown.second(), weekday};
}

Instant Zone::instant(const Wall& wall) const {
  const absl::CivilSecond shown(wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second);
  const Instant as_utc = shown - absl::CivilSecond(1970, 1, 1);
  return as_utc - rules_->offset(as_utc - rules_->offset(as_utc));
}

Zone::Moments Zone::moments(const Wall& wall) const {
  const absl::CivilSecond shown(wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second);
  const auto info = rules_->zone.At(shown);
  switch (info.kind) {
    case absl::TimeZone::TimeInfo::SKIPPED: return {absl::ToUnixSeconds(info.trans), std::nullopt};
    case absl::TimeZone::TimeInfo::REPEATED: return {absl::ToUnixSeconds(info.pre), absl::ToUnixSeconds(info.post)};
    case absl::TimeZone::TimeInfo::UNIQUE: break;
  }
  return {absl::ToUnixSeconds(info.pre), std::nullopt};
}

}  // namespace spark_exporter::jobs
