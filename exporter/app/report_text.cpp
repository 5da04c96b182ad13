#include "exporter/app/report_text.hpp"

#include "exporter/common/text.hpp"

namespace spark_exporter::app {

std::string report_text(std::string_view raw, std::size_t most) {
  std::string out;
  while (!raw.empty()) {
    const std::size_t length = utf8_sequence(raw);
    const bool readable = length > 1 || (length == 1 && static_cast<unsigned char>(raw.front()) >= 0x20);
    const std::string_view next = readable ? raw.substr(0, length) : std::string_view("\xEF\xBF\xBD");
    if (out.size() + next.size() > most) break;
    out += next;
    raw.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace spark_exporter::app
