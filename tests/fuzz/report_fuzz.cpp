// Any bytes as a report: for a terminal it has no control characters and no long lines, for a browser no HTML but ours.

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/report/document.hpp"
#include "exporter/report/html.hpp"
#include "exporter/report/text.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

std::size_t columns(std::string_view line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

void check_controls(std::string_view text) {
  for (const char c : text) require(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
}

void check_text(std::string_view text) {
  require(find_invalid_utf8(text) == std::string_view::npos);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    require(columns(line) <= report::kColumns);
    at = end + 1;
  }
  check_controls(text);
}

void check_html(const std::string& html) {
  require(html.find("<script") == std::string::npos);
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    require(at + 1 < html.size());
    const char next = html[at + 1];
    require(next == '/' || next == '!' || (next >= 'a' && next <= 'z'));
  }
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const auto document = report::Document::parse({reinterpret_cast<const char*>(data), size});
  if (!document) {
    fuzz::require_line(document.error().what);
    return 0;
  }
  fuzz::check_text(report::to_text(*document));
  fuzz::check_html(report::to_html(*document));
  fuzz::check_controls(report::to_patch(*document));
  return 0;
}
