#include "exporter/common/redact.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

// One pass over the text. At each place the finders below are asked, in order, whether a secret begins there; the first
// that says so tells what to copy and how far the secret goes.

namespace spark_exporter {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kBlanks = " \t";

/// A secret in the text that begins where the finder was asked: `kept` bytes are copied, `hidden` bytes are masked.
struct Found {
  std::size_t kept = 0;
  std::size_t hidden = 0;
};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_upper(c) || (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_key(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }
bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Is>
std::size_t run_of(std::string_view text, std::size_t from, Is is) {
  std::size_t at = from;
  while (at < text.size() && is(text[at])) ++at;
  return at - from;
}

/// The key in small letters, without what separates its words.
std::string folded(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (is_alphanumeric(c)) out += lower(c);
  }
  return out;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return text.find(word) != std::string_view::npos; });
}

enum class Kind { kNone, kPassword, kSecret, kHeader };

/// What the name of a key says of its value.
Kind kind_of(std::string_view key) {
  const auto name = folded(key);
  if (has_any(name, {"authorization"})) return Kind::kHeader;
  if (has_any(name, {"password", "passwd", "passphrase"}) || name == "pwd") return Kind::kPassword;
  const bool secret = has_any(name, {"secret", "token", "accesskey", "accountkey", "apikey", "privatekey", "credential",
                                     "signature", "sessionkey"});
  return secret || name == "sig" || name == "sas" || name.ends_with("sharedaccesskey") ? Kind::kSecret : Kind::kNone;
}

/// "InvalidToken" and "org.apache.hadoop.security.token.SecretManager": a colon behind them begins what went wrong.
bool is_class_name(std::string_view key) {
  const auto last = key.substr(key.rfind('.') == std::string_view::npos ? 0 : key.rfind('.') + 1);
  if (last.empty() || !is_upper(last.front()) || !std::all_of(last.begin(), last.end(), is_alphanumeric)) return false;
  const auto uppers = std::count_if(last.begin(), last.end(), is_upper);
  return uppers != static_cast<std::ptrdiff_t>(last.size()) && (uppers > 1 || key.size() > last.size());
}

/// The value that begins `text`: what its quotes enclose, or a word.
Found value_of(std::string_view text, bool whole_header) {
  const std::size_t escapes = text.starts_with("\\\"") ? 1 : 0;  // JSON in JSON
  if (text.size() > escapes && is_quote(text[escapes])) {
    const std::string_view end = text.substr(0, escapes + 1);
    const auto close = text.find(end, end.size());
    return {end.size(), (close == std::string_view::npos ? text.size() : close) - end.size()};
  }
  const auto ends = [&](char c) {
    return c == '\n' || c == '\r' ||
           (!whole_header && (is_blank(c) || std::string_view(",;&)]}>\"'").find(c) != std::string_view::npos));
  };
  const auto length = run_of(text, 0, [&](char c) { return !ends(c); });
  return {0, std::min(length, text.substr(0, length + 1).find("\\\""))};  // a text in JSON ends there
}

/// KEY=VALUE and its kin. `key` is the length of the key that begins `text`.
std::optional<Found> find_value(std::string_view text, std::size_t key) {
  const auto name = text.substr(0, key);
  const auto kind = kind_of(name);
  if (kind == Kind::kNone) return std::nullopt;
  std::size_t at = key;
  while (at < text.size() && (text[at] == '\\' || is_quote(text[at]))) ++at;  // the key's own closing quote
  const std::size_t blanks = run_of(text, at, is_blank);
  const std::size_t separator = at + blanks;
  const bool is_assigned = separator < text.size() && text[separator] == '=';
  const bool is_colon = separator < text.size() && text[separator] == ':';
  if (is_assigned || is_colon) {
    if (is_colon && is_class_name(name)) return std::nullopt;
    at = separator + 1;
    if (at < text.size() && text[at] == '>') ++at;  // Ruby's and Scala's maps
    at += run_of(text, at, is_blank);
  } else if (kind == Kind::kPassword && at == key && blanks > 0 && separator < text.size() &&
             is_quote(text[separator])) {
    at = separator;  // SQL's OPTIONS (password 'x'); of secret "x" Kubernetes says that there is none of that name
  } else {
    return std::nullopt;
  }
  const auto value = value_of(text.substr(at), kind == Kind::kHeader);
  // "token: ')' unexpected" is grammar, and so short no secret is one.
  constexpr std::size_t kShortest = 6;
  if (value.hidden == 0 || (kind == Kind::kSecret && is_colon && value.hidden < kShortest)) return std::nullopt;
  return Found{at + value.kept, value.hidden};
}

/// "://USER:PASSWORD@"
std::optional<Found> find_user_info(std::string_view text) {
  constexpr std::string_view kBegin = "://";
  if (!text.starts_with(kBegin)) return std::nullopt;
  const auto length = run_of(text, kBegin.size(), [](char c) {
    return c != '/' && c != '?' && c != '#' && c != '\n' && !is_blank(c) && c != '"' && c != '\'';
  });
  const auto authority = text.substr(kBegin.size(), length);
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos || authority.substr(0, at).find(':') == std::string_view::npos) return std::nullopt;
  return Found{kBegin.size(), at};
}

bool is_token(char c) { return is_key(c) || c == '~' || c == '+' || c == '/' || c == '='; }

/// "Bearer TOKEN"
std::optional<Found> find_bearer(std::string_view word, std::string_view text) {
  constexpr std::size_t kShortest = 8;
  if (folded(word) != "bearer" || text.size() <= word.size() || text[word.size()] != ' ') return std::nullopt;
  const auto length = run_of(text, word.size() + 1, is_token);
  if (length < kShortest) return std::nullopt;
  return Found{word.size() + 1, length};
}

/// A JSON web token: two parts of Base64 that begin with '{"', a dot between them.
std::optional<Found> find_web_token(std::string_view text) {
  constexpr std::string_view kBegin = "eyJ";
  constexpr std::size_t kShortest = 20;
  if (!text.starts_with(kBegin)) return std::nullopt;
  const auto length = run_of(text, 0, is_key);
  if (length < kShortest || text.substr(0, length).find(".eyJ") == std::string_view::npos) return std::nullopt;
  return Found{0, length};
}

/// AKIA and sixteen more; ASIA where it lasts for a session.
std::optional<Found> find_access_key(std::string_view word) {
  constexpr std::size_t kLength = 20;
  const bool named = word.starts_with("AKIA") || word.starts_with("ASIA");
  if (!named || word.size() != kLength) return std::nullopt;
  const bool plain = std::all_of(word.begin(), word.end(), [](char c) { return is_upper(c) || is_digit(c); });
  return plain ? std::optional(Found{0, kLength}) : std::nullopt;
}

/// "-----BEGIN RSA PRIVATE KEY-----" to its end, or to the text's.
std::optional<Found> find_private_key(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kName = "PRIVATE KEY-----";
  if (!text.starts_with(kBegin)) return std::nullopt;
  constexpr std::size_t kLongestKind = 20;  // "RSA ", "ENCRYPTED "
  const auto head = text.substr(0, kBegin.size() + kLongestKind + kName.size()).find(kName, kBegin.size());
  if (head == std::string_view::npos) return std::nullopt;
  const auto from = head + kName.size();
  const auto end = text.find("-----END", from);
  return Found{from, (end == std::string_view::npos ? text.size() : end) - from};
}

/// `word`: the key that begins `text`, may be empty.
std::optional<Found> find(std::string_view word, std::string_view text) {
  if (word.empty()) return find_user_info(text);
  if (auto found = find_private_key(text)) return found;
  if (auto found = find_bearer(word, text)) return found;
  if (auto found = find_web_token(text)) return found;
  if (auto found = find_access_key(word)) return found;
  return find_value(text, word.size());
}

}  // namespace

std::string without_secrets(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = run_of(text, 0, is_key);
    const auto found = find(text.substr(0, length), text);
    const std::size_t kept = found ? found->kept : std::max<std::size_t>(length, 1);
    out += text.substr(0, kept);
    if (found) out += kMask;
    text.remove_prefix(kept + (found ? found->hidden : 0));
  }
  return out;
}

}  // namespace spark_exporter
