#pragma once
// How the configuration names several things at once.

#include <string_view>

namespace spark_exporter::cost {

/// Whether `text` is `pattern`, or begins with it up to a final '*'.
constexpr bool matches_pattern(std::string_view pattern, std::string_view text) {
  if (!pattern.ends_with('*')) return pattern == text;
  pattern.remove_suffix(1);
  return text.starts_with(pattern);
}

}  // namespace spark_exporter::cost
