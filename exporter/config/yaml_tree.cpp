// parse_yaml() works on yaml-cpp's events rather than its nodes: they come with positions, duplicate keys and
// anchors are still there to be refused, and the bounds hold while the document is read, not after.

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <memory>
#include <sstream>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/config/yaml_reader.hpp"

namespace spark_exporter::config {
namespace {

constexpr std::size_t kShownBytes = 64;
constexpr std::size_t kReasonBytes = 256;

std::string at(const std::string& name, int line, int column) {
  return name + ':' + std::to_string(line) + ':' + std::to_string(column) + ": ";
}

/// Thrown through yaml-cpp's parser to end it, and caught in parse_yaml().
struct Refused {
  ErrorKind kind;
  YAML::Mark mark;
  std::string what;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode take_root() { return std::move(root_); }
  bool has_document() const { return has_document_; }
  YAML::Mark document_start() const { return document_start_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    has_document_ = true;
    document_start_ = mark;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(make(mark, YamlNode::Kind::kNull), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{ErrorKind::kMalformed, mark, "aliases are not supported (write the value out)"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    YamlNode node = make(mark, YamlNode::Kind::kScalar);
    node.is_quoted = tag == "!";
    node.scalar = value;
    add(std::move(node), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;  ///< of a mapping: the key whose value comes next
    std::set<std::string> keys;
  };

  static YamlNode make(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) throw Refused{ErrorKind::kMalformed, mark, "anchors are not supported (write the value out)"};
  }

  /// yaml-cpp reports "?" for what has no tag, "!" for a quoted scalar, "" for an empty one.
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused{ErrorKind::kMalformed, mark, "the tag " + quoted(tag, kShownBytes) + " is not supported"};
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    count(mark);
    if (open_.size() >= static_cast<std::size_t>(limits::kConfigDepth)) {
      throw Refused{ErrorKind::kTooLarge, mark,
                    "nested too deep (at most " + std::to_string(limits::kConfigDepth) + " levels)"};
    }
    if (!open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().key) {
      throw Refused{ErrorKind::kMalformed, mark, "a list or mapping where a key is expected (a text)"};
    }
    open_.push_back({make(mark, kind), std::nullopt, {}});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    attach(std::move(node));
  }

  void add(YamlNode node, const YAML::Mark& mark) {
    count(mark);
    if (!open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().key) {
      take_key(std::move(node), mark);
    } else {
      attach(std::move(node));
    }
  }

  void take_key(YamlNode node, const YAML::Mark& mark) {
    if (node.kind != YamlNode::Kind::kScalar) {
      throw Refused{ErrorKind::kMalformed, mark, "an empty key (a text is expected)"};
    }
    if (!open_.back().keys.insert(node.scalar).second) {
      throw Refused{ErrorKind::kMalformed, mark, path_to(node.scalar) + ": duplicate key (each key once)"};
    }
    open_.back().key = std::move(node);
  }

  void attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else {
      if (node.kind == YamlNode::Kind::kNull) {
        // yaml-cpp places what is not there at the next token, which may be lines below.
        node.line = parent.key->line;
        node.column = parent.key->column;
      }
      parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  void count(const YAML::Mark& mark) {
    if (++nodes_ > limits::kConfigNodes) {
      throw Refused{ErrorKind::kTooLarge, mark,
                    "too many values (at most " + std::to_string(limits::kConfigNodes) + ")"};
    }
  }

  std::string path_to(std::string_view key) const {
    std::string path;
    for (const Open& open : open_) {
      if (open.key) path += shown_key(open.key->scalar) + '.';
    }
    return path + shown_key(key);
  }

  YamlNode root_;
  std::vector<Open> open_;
  int nodes_ = 0;
  bool has_document_ = false;
  YAML::Mark document_start_;
};

Error not_utf8(std::string_view text, std::size_t offset, const std::string& name) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t line_start = before.rfind('\n');
  const auto column = static_cast<int>(line_start == std::string_view::npos ? offset : offset - line_start - 1) + 1;
  return {ErrorKind::kMalformed, at(name, line, column) + "not UTF-8 text"};
}

Result<YamlNode> parse_document(std::string_view text, const std::string& name) {
  std::istringstream in{std::string(text)};
  TreeBuilder builder;
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) return YamlNode{};
    YamlNode root = builder.take_root();
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      const YAML::Mark mark = second.document_start();
      return Error{ErrorKind::kMalformed,
                   at(name, mark.line + 1, mark.column + 1) + "a second document (one expected)"};
    }
    return root;
  } catch (const Refused& refused) {
    return Error{refused.kind, at(name, refused.mark.line + 1, refused.mark.column + 1) + refused.what};
  } catch (const YAML::Exception& error) {
    // Its own what() repeats the position; `msg` is the reason alone, and may repeat what stands there.
    return Error{ErrorKind::kMalformed,
                 at(name, error.mark.line + 1, error.mark.column + 1) + "not YAML: " + quoted(error.msg, kReasonBytes)};
  }
}

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text, const std::string& name) {
  if (text.size() > limits::kConfigFileBytes) {
    return Error{ErrorKind::kTooLarge, at(name, 1, 1) + "the file is too large (at most " +
                                           std::to_string(limits::kConfigFileBytes / 1024) + " KiB)"};
  }
  if (const std::size_t offset = find_invalid_utf8(text); offset != std::string_view::npos) {
    return not_utf8(text, offset, name);
  }
  return parse_document(text, name);
}

}  // namespace spark_exporter::config
