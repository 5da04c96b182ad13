#pragma once
// The runbooks of docs/operations/runbooks, as they were when the program was built.
//
// Thread-safety: all of it.

#include <span>
#include <string_view>
#include <vector>

namespace spark_exporter::runbooks {

struct Page {
  std::string_view name;  ///< of its file, without ".md"
  std::string_view text;  ///< Markdown
};

/// The index page: its tables say which alert has which page.
inline constexpr std::string_view kIndex = "README";

/// All pages, sorted by name; the index is one of them.
std::span<const Page> pages();

struct Alert {
  std::string_view name;
  std::string_view page;
};

/// The alerts that have a page, in the order of the index.
std::vector<Alert> alerts();

/// By page name, by page name with ".md", or by alert; null: there is none.
const Page* find_page(std::string_view name);

}  // namespace spark_exporter::runbooks
