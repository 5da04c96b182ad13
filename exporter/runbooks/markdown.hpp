#pragma once
// Markdown to HTML, as far as the runbooks use it: headings with GitHub's anchors, paragraphs, lists, tables, blocks of
// code, and inside a line code, links and emphasis. Everything else is text, and all text is escaped, so whatever
// comes in, no HTML of its own comes out.

#include <string>
#include <string_view>

namespace spark_exporter::runbooks {

/// `query` ("?namespace=etl", or "") is added to links to other pages of the folder, which are relative ones to *.md.
/// Links that are neither such, nor to an anchor, nor a query, nor https, are shown as text.
std::string to_html(std::string_view markdown, std::string_view query = {});

std::string html_escaped(std::string_view text);

/// The anchor that GitHub gives a heading.
std::string anchor_of(std::string_view heading);

}  // namespace spark_exporter::runbooks
