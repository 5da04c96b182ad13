#include "exporter/runbooks/markdown.hpp"

#include <algorithm>
#include <vector>

namespace spark_exporter::runbooks {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number before ". ", as bytes; 0: no ordered item.
std::size_t ordered_mark(std::string_view line) {
  std::size_t digits = 0;
  while (digits < line.size() && digits < 4 && is_digit(line[digits])) ++digits;
  return digits > 0 && line.substr(digits).starts_with(". ") ? digits + 2 : 0;
}

std::size_t unordered_mark(std::string_view line) { return line.starts_with("- ") ? 2 : 0; }

std::size_t heading_level(std::string_view line) {
  const auto level = std::min(line.find_first_not_of('#'), line.size());
  return level >= 1 && level <= 6 && line.substr(level).starts_with(' ') ? level : 0;
}

// --- inside a line -----------------------------------------------------------------------------

/// The `href`, or "" for what is not to be a link.
std::string link_target(std::string_view target, std::string_view query) {
  const auto hash = std::min(target.find('#'), target.size());
  const auto page = target.substr(0, hash);
  const bool plain = target.find_first_of(" \t\"'<>\\`") == std::string_view::npos;
  if (!plain || target.empty()) return {};
  if (page.empty() || target.starts_with("https://") || target.starts_with('?')) return std::string(target);
  if (page.ends_with(".md") && page.find_first_of(":/?") == std::string_view::npos) {
    return std::string(page) + std::string(query) + std::string(target.substr(hash));
  }
  return {};
}

class Inline {
 public:
  Inline(std::string_view text, std::string_view query) : rest_(text), query_(query) {}

  std::string html() {
    std::string out;
    while (!rest_.empty()) {
      if (code(out) || link(out) || emphasis(out, "**", "strong") || emphasis(out, "*", "em")) continue;
      const auto next = std::max<std::size_t>(1, std::min(rest_.find_first_of("`[*"), rest_.size()));
      out += html_escaped(rest_.substr(0, next));
      rest_.remove_prefix(next);
    }
    return out;
  }

 private:
  bool code(std::string& out) {
    if (!rest_.starts_with('`')) return false;
    const auto end = rest_.find('`', 1);
    if (end == std::string_view::npos) return false;
    out += "<code>" + html_escaped(rest_.substr(1, end - 1)) + "</code>";
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool link(std::string& out) {
    if (!rest_.starts_with('[')) return false;
    const auto middle = rest_.find("](");
    if (middle == std::string_view::npos || rest_.substr(1, middle - 1).find_first_of("[]") != std::string_view::npos) {
      return false;
    }
    const auto end = rest_.find(')', middle);
    if (end == std::string_view::npos) return false;
    const auto target = link_target(rest_.substr(middle + 2, end - middle - 2), query_);
    if (target.empty()) return false;
    // A link's text has no link in it, so this goes no deeper.
    out += "<a href=\"" + html_escaped(target) + "\">" + Inline(rest_.substr(1, middle - 1), query_).html() + "</a>";
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool emphasis(std::string& out, std::string_view mark, std::string_view tag) {
    if (!rest_.starts_with(mark) || rest_.size() <= mark.size() || rest_[mark.size()] == ' ') return false;
    const auto end = rest_.find(mark, mark.size() + 1);
    if (end == std::string_view::npos || rest_[end - 1] == ' ') return false;
    const auto inside = rest_.substr(mark.size(), end - mark.size());
    if (inside.find_first_of("*`[") != std::string_view::npos) return false;
    out += "<" + std::string(tag) + ">" + html_escaped(inside) + "</" + std::string(tag) + ">";
    rest_.remove_prefix(end + mark.size());
    return true;
  }

  std::string_view rest_;
  std::string_view query_;
};

// --- blocks ------------------------------------------------------------------------------------

class Document {
 public:
  Document(std::string_view markdown, std::string_view query) : query_(query) {
    while (!markdown.empty()) {
      const auto end = std::min(markdown.find('\n'), markdown.size());
      lines_.push_back(markdown.substr(0, end));
      markdown.remove_prefix(std::min(end + 1, markdown.size()));
    }
  }

  std::string html() {
    while (!over()) {
      if (trimmed(line()).empty()) {
        ++at_;
      } else if (line().starts_with("```")) {
        block_of_code();
      } else if (const auto level = heading_level(line()); level > 0) {
        heading(level);
      } else if (is_table()) {
        table();
      } else if (ordered_mark(line()) > 0) {
        list("ol", ordered_mark);
      } else if (unordered_mark(line()) > 0) {
        list("ul", unordered_mark);
      } else {
        out_ += "<p>" + inline_html(paragraph(line())) + "</p>\n";
      }
    }
    return std::move(out_);
  }

 private:
  bool over() const { return at_ >= lines_.size(); }
  std::string_view line() const { return lines_[at_]; }
  std::string inline_html(std::string_view text) const { return Inline(text, query_).html(); }

  bool begins_block() const {
    return trimmed(line()).empty() || line().starts_with("```") || heading_level(line()) > 0 || is_table() ||
           ordered_mark(line()) > 0 || unordered_mark(line()) > 0;
  }

  bool is_table() const {
    return line().starts_with('|') && at_ + 1 < lines_.size() && lines_[at_ + 1].starts_with("| ---");
  }

  /// `first`, the rest of the present line, with the lines that go on with it.
  std::string paragraph(std::string_view first) {
    std::string text(trimmed(first));
    for (++at_; !over() && !begins_block(); ++at_) {
      text += '\n';
      text += trimmed(line());
    }
    return text;
  }

  void heading(std::size_t level) {
    const auto text = trimmed(line().substr(level));
    const auto tag = "h" + std::to_string(level);
    out_ += "<" + tag + " id=\"" + anchor_of(text) + "\">" + inline_html(text) + "</" + tag + ">\n";
    ++at_;
  }

  /// The words after the language ("changes") are shown above the block.
  void block_of_code() {
    const auto info = trimmed(line().substr(3));
    const auto space = info.find(' ');
    if (space != std::string_view::npos) {
      out_ += "<p class=\"mark\">" + html_escaped(trimmed(info.substr(space))) + "</p>\n";
    }
    out_ += "<pre><code>";
    for (++at_; !over() && !line().starts_with("```"); ++at_) out_.append(html_escaped(line())).append(1, '\n');
    if (!over()) ++at_;
    out_ += "</code></pre>\n";
  }

  template <class Mark>
  void list(const std::string& tag, Mark mark) {
    out_ += "<" + tag + ">\n";
    while (!over() && mark(line()) > 0) {
      out_ += "<li>" + inline_html(paragraph(line().substr(mark(line())))) + "</li>\n";
    }
    out_ += "</" + tag + ">\n";
  }

  void row(const std::string& tag) {
    auto cells = trimmed(line());
    cells.remove_prefix(1);
    if (cells.ends_with('|')) cells.remove_suffix(1);
    out_ += "<tr>";
    while (true) {
      const auto end = cell_end(cells);
      out_.append("<" + tag + ">").append(inline_html(trimmed(cells.substr(0, end)))).append("</" + tag + ">");
      if (end >= cells.size()) break;
      cells.remove_prefix(end + 1);
    }
    out_ += "</tr>\n";
    ++at_;
  }

  static std::size_t cell_end(std::string_view cells) { return std::min(cells.find('|'), cells.size()); }

  void table() {
    out_ += "<table>\n";
    row("th");
    ++at_;
    while (!over() && line().starts_with('|')) row("td");
    out_ += "</table>\n";
  }

  const std::string_view query_;
  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string to_html(std::string_view markdown, std::string_view query) { return Document(markdown, query).html(); }

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string anchor_of(std::string_view heading) {
  std::string out;
  for (const char c : heading) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_') {
      out += c;
    } else if (c == ' ') {
      out += '-';
    }
  }
  return out;
}

}  // namespace spark_exporter::runbooks
