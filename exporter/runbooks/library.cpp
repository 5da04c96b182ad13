#include "exporter/runbooks/library.hpp"

#include <algorithm>

namespace spark_exporter::runbooks {
namespace {

const Page* page_named(std::string_view name) {
  const auto all = pages();
  const auto found = std::find_if(all.begin(), all.end(), [name](const Page& page) { return page.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// What stands between `before` and `after`, which are taken off `text` with it; "" if they are not there.
std::string_view cut(std::string_view& text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  const auto end = text.find(after, begin + before.size());
  if (end == std::string_view::npos) return {};
  const auto found = text.substr(begin + before.size(), end - begin - before.size());
  text.remove_prefix(end + after.size());
  return found;
}

}  // namespace

std::vector<Alert> alerts() {
  std::vector<Alert> found;
  const Page* index = page_named(kIndex);
  std::string_view rest = index == nullptr ? std::string_view() : index->text;
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.starts_with("| `")) continue;
    const auto alert = cut(line, "`", "`");
    const auto page = cut(line, "](", ".md)");
    if (!alert.empty() && !page.empty()) found.push_back({alert, page});
  }
  return found;
}

const Page* find_page(std::string_view name) {
  if (name.ends_with(".md")) return page_named(name.substr(0, name.size() - 3));
  if (const Page* page = page_named(name)) return page;
  for (const auto& alert : alerts()) {
    if (alert.name == name) return page_named(alert.page);
  }
  return nullptr;
}

}  // namespace spark_exporter::runbooks
