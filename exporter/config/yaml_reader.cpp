#include "exporter/config/yaml_reader.hpp"

#include <charconv>
#include <climits>
#include <system_error>

#include "exporter/common/text.hpp"

namespace spark_exporter::config {
namespace {

constexpr std::size_t kShownBytes = 64;

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "nothing";
    case YamlNode::Kind::kList: return "a list";
    case YamlNode::Kind::kMap: return "a mapping";
    case YamlNode::Kind::kScalar: break;
  }
  return (node.is_quoted ? "the text " : "") + quoted(node.scalar, kShownBytes);
}

/// Decimal digits only: YAML's octal 010 and 0o10, hexadecimal and underscores surprise more than they help.
std::optional<int> to_int(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || node.is_quoted) return std::nullopt;
  const std::string& text = node.scalar;
  const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return text.starts_with('-') ? INT_MIN : INT_MAX;
  return value;
}

/// Digits with a point among them: 1e3, .5, inf, nan and 0x10 are no prices.
std::optional<double> to_number(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || node.is_quoted || node.scalar.size() > kShownBytes) return std::nullopt;
  const std::string_view text = node.scalar;
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const bool plain = digits.find_first_not_of("0123456789.") == std::string_view::npos;
  if (!plain || digits.empty() || digits.front() == '.' || digits.back() == '.') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string join(const std::set<std::string, std::less<>>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

std::string shown_key(std::string_view key) {
  for (const char c : key) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/';
    if (!plain) return quoted(key, kShownBytes);
  }
  return key.empty() || key.size() > kShownBytes ? quoted(key, kShownBytes) : std::string(key);
}

void YamlProblems::add(const YamlNode& where, const std::string& path, const std::string& what, ErrorKind kind) {
  if (first_) return;
  first_ = Error{kind, name_ + ':' + std::to_string(where.line) + ':' + std::to_string(where.column) + ": " +
                           (path.empty() ? "" : path + ": ") + what};
}

YamlReader::YamlReader(const YamlNode& node, std::string path, YamlProblems& problems)
    : node_(&node), path_(std::move(path)), problems_(&problems) {
  if (node.kind == YamlNode::Kind::kMap) return;
  node_ = nullptr;
  if (node.kind != YamlNode::Kind::kNull) problems.add(node, path_, describe(node) + " is no mapping (key: value)");
}

const YamlNode* YamlReader::take(std::string_view key) {
  known_.emplace(key);
  if (node_ == nullptr) return nullptr;
  for (const auto& [name, value] : node_->entries) {
    if (name.scalar == key) return &value;
  }
  return nullptr;
}

std::string YamlReader::path_of(std::string_view key) const {
  return path_.empty() ? shown_key(key) : path_ + '.' + shown_key(key);
}

YamlReader YamlReader::section(std::string_view key) {
  static const YamlNode kAbsent;
  const YamlNode* node = take(key);
  return YamlReader(node != nullptr ? *node : kAbsent, path_of(key), *problems_);
}

std::vector<YamlReader> YamlReader::sections(std::string_view key, std::size_t most) {
  std::vector<YamlReader> readers;
  const YamlNode* node = take(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return readers;
  if (node->kind != YamlNode::Kind::kList) {
    problems_->add(*node, path_of(key), describe(*node) + " is no list (of mappings)");
    return readers;
  }
  if (node->items.size() > most) {
    problems_->add(node->items[most], path_of(key), "too many entries (at most " + std::to_string(most) + ")");
    return readers;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const std::string path = path_of(key) + '[' + std::to_string(i) + ']';
    const YamlNode& item = node->items[i];
    if (item.kind == YamlNode::Kind::kNull) problems_->add(item, path, "nothing is no mapping (key: value)");
    readers.emplace_back(item, path, *problems_);
  }
  return readers;
}

void YamlReader::take_number(std::string_view key, double& out, double smallest, double largest) {
  std::optional<double> value;
  take_number(key, value, smallest, largest);
  if (value) out = *value;
}

void YamlReader::take_number(std::string_view key, std::optional<double>& out, double smallest, double largest) {
  const YamlNode* node = take(key);
  if (node == nullptr) return;
  const auto plain = [](double number) {
    std::string text = std::to_string(number);
    text.erase(text.find_last_not_of('0') + 1);
    return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  };
  const std::string allowed = " (a number from " + plain(smallest) + " to " + plain(largest) + ")";
  const std::optional<double> value = to_number(*node);
  if (!value) {
    problems_->add(*node, path_of(key), describe(*node) + " is no number" + allowed);
  } else if (!(*value >= smallest && *value <= largest)) {
    problems_->add(*node, path_of(key), quoted(node->scalar, kShownBytes) + " is out of range" + allowed);
  } else {
    out = *value;
  }
}

void YamlReader::refuse(std::string_view key, const std::string& what) {
  if (const YamlNode* node = take(key)) problems_->add(*node, path_of(key), what);
}

void YamlReader::refuse(const std::string& what) {
  if (node_ != nullptr) problems_->add(*node_, path_, what);
}

void YamlReader::take_int(std::string_view key, int& out, int smallest, int largest) {
  const YamlNode* node = take(key);
  if (node == nullptr) return;
  const std::string allowed =
      " (a whole number from " + std::to_string(smallest) + " to " + std::to_string(largest) + ")";
  const std::optional<int> value = to_int(*node);
  if (!value) {
    problems_->add(*node, path_of(key), describe(*node) + " is no whole number" + allowed);
  } else if (*value < smallest || *value > largest) {
    problems_->add(*node, path_of(key), quoted(node->scalar, kShownBytes) + " is out of range" + allowed);
  } else {
    out = *value;
  }
}

std::optional<bool> YamlReader::take_bool(std::string_view key) {
  const YamlNode* node = take(key);
  if (node == nullptr) return std::nullopt;
  const bool is_plain = node->kind == YamlNode::Kind::kScalar && !node->is_quoted;
  if (is_plain && node->scalar == "true") return true;
  if (is_plain && node->scalar == "false") return false;
  problems_->add(*node, path_of(key), describe(*node) + " is no switch (true or false)");
  return std::nullopt;
}

bool YamlReader::check_text(const YamlNode& node, const std::string& path, const Check& is_valid,
                            std::string_view allowed) {
  const bool is_good = node.kind == YamlNode::Kind::kScalar && is_valid(node.scalar);
  if (!is_good) problems_->add(node, path, describe(node) + " is not valid (" + std::string(allowed) + ")");
  return is_good;
}

void YamlReader::take_text(std::string_view key, std::string& out, const Check& is_valid, std::string_view allowed) {
  const YamlNode* node = take(key);
  if (node != nullptr && check_text(*node, path_of(key), is_valid, allowed)) out = node->scalar;
}

void YamlReader::take_texts(std::string_view key, std::vector<std::string>& out, std::size_t most,
                            const Check& is_valid, std::string_view allowed) {
  const YamlNode* node = take(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return;
  if (node->kind != YamlNode::Kind::kList) {
    problems_->add(*node, path_of(key), describe(*node) + " is no list (of texts: " + std::string(allowed) + ")");
    return;
  }
  if (node->items.size() > most) {
    problems_->add(node->items[most], path_of(key), "too many entries (at most " + std::to_string(most) + ")");
    return;
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const YamlNode& item = node->items[i];
    const std::string path = path_of(key) + '[' + std::to_string(i) + ']';
    if (!check_text(item, path, is_valid, allowed)) return;
    if (!seen.insert(item.scalar).second) {
      problems_->add(item, path, quoted(item.scalar, kShownBytes) + " is there twice (each entry once)");
      return;
    }
  }
  out.clear();
  for (const YamlNode& item : node->items) out.push_back(item.scalar);
}

void YamlReader::take_pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& out,
                            std::size_t most, const std::function<bool(std::string_view, std::string_view)>& is_valid,
                            std::string_view allowed) {
  const YamlNode* node = take(key);
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return;
  if (node->kind != YamlNode::Kind::kMap) {
    problems_->add(*node, path_of(key), "is no mapping (" + std::string(allowed) + ")");
    return;
  }
  if (node->entries.size() > most) {
    problems_->add(node->entries[most].key, path_of(key), "too many entries (at most " + std::to_string(most) + ")");
    return;
  }
  for (const auto& [name, value] : node->entries) {
    if (value.kind != YamlNode::Kind::kScalar || !is_valid(name.scalar, value.scalar)) {
      problems_->add(value, path_of(key) + '.' + shown_key(name.scalar), "is not valid (" + std::string(allowed) + ")");
      return;
    }
  }
  out.clear();
  for (const auto& [name, value] : node->entries) out.emplace_back(name.scalar, value.scalar);
}

void YamlReader::take_secret(std::string_view key, std::string& out) {
  const YamlNode* node = take(key);
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::kScalar) {
    out = node->scalar;
  } else {
    problems_->add(*node, path_of(key), "is no text");
  }
}

void YamlReader::finish() {
  if (node_ == nullptr) return;
  for (const auto& [key, value] : node_->entries) {
    if (known_.contains(key.scalar)) continue;
    problems_->add(key, path_of(key.scalar), "unknown key (known: " + join(known_) + ")", ErrorKind::kMalformed);
  }
}

}  // namespace spark_exporter::config
