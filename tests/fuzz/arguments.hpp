#pragma once
// Any bytes as what a program is called with.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace spark_exporter::fuzz {

/// A line an argument, each up to its first NUL; at most so many.
inline std::vector<std::string> arguments_of(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size() && lines.size() < most;) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(std::string(text.substr(at, end - at)).c_str());
    at = end + 1;
  }
  return lines;
}

}  // namespace spark_exporter::fuzz
