#include "exporter/sizing/words.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace spark_exporter::sizing {

std::string number_words(double value, int decimals) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  if (length <= 0 || static_cast<std::size_t>(length) >= text.size()) return "many";
  std::string out(text.data(), static_cast<std::size_t>(length));
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string size_words(double bytes) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes >= 1024) {
    bytes /= 1024;
    ++unit;
  }
  return number_words(bytes, bytes < 10 ? 2 : bytes < 100 ? 1 : 0) + " " + kUnits[unit];
}

std::string percent_words(double share) {
  const double percent = share * 100;
  return number_words(percent, percent > 0 && percent < 10 ? 1 : 0) + " %";
}

std::string seconds_words(double seconds) {
  if (seconds < 120) return number_words(seconds, seconds < 10 ? 1 : 0) + " s";
  if (seconds < 7200) return number_words(seconds / 60, 1) + " min";
  return number_words(seconds / 3600, 1) + " h";
}

std::string count_words(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string spark_size(std::int64_t bytes) {
  const std::int64_t mebibytes = bytes / kMiB + (bytes % kMiB > 0 ? 1 : 0);
  if (mebibytes > 0 && mebibytes % 1024 == 0) return std::to_string(mebibytes / 1024) + "g";
  return std::to_string(mebibytes) + "m";
}

}  // namespace spark_exporter::sizing
