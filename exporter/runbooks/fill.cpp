#include "exporter/runbooks/fill.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace spark_exporter::runbooks {
namespace {

enum class Where { kText, kShell, kPromql, kElsewhere };

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_plain_word(std::string_view value) {
  if (value.empty() || !(is_letter(value.front()) || is_digit(value.front()))) return false;
  return std::all_of(value.begin(), value.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("./:@%+=,_-").find(c) != std::string_view::npos;
  });
}

bool is_read_by_markdown(char c) {
  return is_control(c) || std::string_view("`*[]<>|\\&").find(c) != std::string_view::npos;
}

std::string shell_quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string promql_escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// A name in the text: `$NAME` or `${NAME}` at `begin`.
struct Mention {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;
};

std::optional<Mention> next_mention(std::string_view line, std::size_t from) {
  for (auto at = line.find('$', from); at != std::string_view::npos; at = line.find('$', at + 1)) {
    const bool braces = line.substr(at + 1).starts_with('{');
    const auto begin = at + (braces ? 2 : 1);
    auto end = begin;
    while (end < line.size() && is_name_char(line[end])) ++end;
    const auto name = line.substr(begin, end - begin);
    if (!is_name(name)) continue;
    if (!braces) return Mention{at, end, name};
    if (line.substr(end).starts_with('}')) return Mention{at, end + 1, name};
  }
  return std::nullopt;
}

/// What to put there; nothing: leave it. `alone`: the page has it in double quotes with nothing beside it.
std::optional<std::string> replacement(const std::string& value, Where where, bool& alone) {
  if (value.empty() || std::any_of(value.begin(), value.end(), is_control)) return std::nullopt;
  switch (where) {
    case Where::kShell:
      if (is_plain_word(value)) return value;
      if (!alone || value.front() == '-') return std::nullopt;
      return shell_quoted(value);
    case Where::kPromql: return promql_escaped(value);
    case Where::kText:
      if (std::any_of(value.begin(), value.end(), is_read_by_markdown)) return std::nullopt;
      return value;
    case Where::kElsewhere: break;
  }
  return std::nullopt;
}

std::string filled_line(std::string_view line, Where where, const Values& values) {
  std::string out;
  std::size_t from = 0;
  while (const auto mention = next_mention(line, from)) {
    const auto value = values.find(mention->name);
    bool alone = mention->begin > from && line[mention->begin - 1] == '"' && line.substr(mention->end).starts_with('"');
    // Spaces before the opening quote: else it might be a closing one.
    alone = alone && (mention->begin < 2 || line[mention->begin - 2] != '"');
    const auto text = value == values.end() ? std::nullopt : replacement(value->second, where, alone);
    const bool unquote = where == Where::kShell && alone && text;
    out += line.substr(from, mention->begin - from - (unquote ? 1 : 0));
    out += text ? *text : std::string(line.substr(mention->begin, mention->end - mention->begin));
    from = mention->end + (unquote ? 1 : 0);
  }
  return out += line.substr(from);
}

Where of_block(std::string_view info) {
  if (info == "promql") return Where::kPromql;
  // "sh setup" sets the names themselves.
  return info == "sh" || (info.starts_with("sh ") && info != "sh setup") ? Where::kShell : Where::kElsewhere;
}

}  // namespace

bool is_name(std::string_view name) {
  static constexpr std::array<std::string_view, 13> kNames{"NAMESPACE", "APP",    "APP_ID", "DRIVER_POD",  "NODE",
                                                           "REASON",    "BACKUP", "QUERY",  "EXECUTOR_ID", "DATASET",
                                                           "SUITE",     "SOURCE", "FAMILY"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string fill(std::string_view markdown, const Values& values) {
  std::string out;
  Where where = Where::kText;
  while (!markdown.empty()) {
    const auto end = std::min(markdown.find('\n'), markdown.size() - 1);
    const auto line = markdown.substr(0, end + 1);
    markdown.remove_prefix(line.size());
    if (line.starts_with("```")) {
      auto info = line.substr(3);
      info = info.substr(0, info.find_first_of("\r\n"));
      where = where == Where::kText ? of_block(info) : Where::kText;
      out += line;
    } else {
      out += filled_line(line, where, values);
    }
  }
  return out;
}

std::string shown(std::string_view value) {
  std::string out(value);
  std::replace_if(out.begin(), out.end(), is_read_by_markdown, '?');
  return out;
}

}  // namespace spark_exporter::runbooks
