#include "exporter/web/negotiation.hpp"

#include <optional>

#include "exporter/web/http_text.hpp"

namespace spark_exporter::web {
namespace {

/// The text up to `separator`, which is taken off `rest` with it.
std::string_view next_item(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view item = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trimmed(item);
}

/// qvalue = "0" [ "." *3DIGIT ] / "1" [ "." *3"0" ]. Returns whether it is one and above 0.
bool is_positive_q(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return false;
  if (text.size() > 1 && text[1] != '.') return false;
  const std::string_view decimals = text.substr(text.size() > 1 ? 2 : 1);
  if (decimals.find_first_not_of(text[0] == '1' ? "0" : "0123456789") != std::string_view::npos) return false;
  return text[0] == '1' || decimals.find_first_not_of('0') != std::string_view::npos;
}

/// Calls `see(name, wanted)` for each element of the list.
template <class See>
void each_preference(std::string_view header, See see) {
  while (!header.empty()) {
    std::string_view element = next_item(header, ',');
    const std::string_view name = next_item(element, ';');
    bool wanted = true;
    while (!element.empty()) {
      std::string_view parameter = next_item(element, ';');
      const std::string_view key = next_item(parameter, '=');
      if (equal_ignoring_case(key, "q")) wanted = is_positive_q(trimmed(parameter));
    }
    if (!name.empty()) see(name, wanted);
  }
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> named;
  std::optional<bool> any;
  each_preference(accept_encoding, [&](std::string_view coding, bool wanted) {
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) named = wanted;
    if (coding == "*") any = wanted;
  });
  return named.value_or(any.value_or(false));
}

bool accepts_html(std::string_view accept) {
  bool html = false;
  each_preference(accept, [&html](std::string_view type, bool wanted) {
    if (equal_ignoring_case(type, "text/html") || equal_ignoring_case(type, "application/xhtml+xml")) html |= wanted;
  });
  return html;
}

}  // namespace spark_exporter::web
