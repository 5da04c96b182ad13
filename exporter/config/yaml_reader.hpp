#pragma once
// A strict reader for YAML configuration: parse_yaml() makes a small tree that remembers positions, YamlReader
// takes a mapping's keys one by one, and whatever nobody took is an error. A section of the configuration is read
// by one function:
//
//     YamlReader limits = root.section("limits");
//     limits.take_int("executors", config.limits.executors, 0, 100'000);
//     limits.finish();
//
// The first problem is kept, in the order of reading; everything after it does nothing, so that callers need no
// checks in between. A value that is not valid leaves its target untouched.
//
// No exception leaves but std::bad_alloc. Not thread-safe.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/common/result.hpp"

namespace spark_exporter::config {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  bool is_quoted = false;  ///< a scalar in quotes or a block scalar: a text, whatever it looks like
  std::string scalar;
  std::vector<YamlNode> items;     ///< of a list
  std::vector<YamlEntry> entries;  ///< of a mapping; keys are scalars, each once
  int line = 1;                    ///< from 1, as the column
  int column = 1;
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

/// One document. Errors as parse_config() lists them; `name` is put before the position.
Result<YamlNode> parse_yaml(std::string_view text, const std::string& name);

/// `key` as it is shown in a path: as it is, or quoted if it is not a plain word.
std::string shown_key(std::string_view key);

/// What is shared by the readers of one document: the file's name and the first problem.
class YamlProblems {
 public:
  explicit YamlProblems(std::string name) : name_(std::move(name)) {}

  void add(const YamlNode& where, const std::string& path, const std::string& what,
           ErrorKind kind = ErrorKind::kWrongType);
  const std::optional<Error>& first() const { return first_; }

 private:
  std::string name_;
  std::optional<Error> first_;
};

class YamlReader {
 public:
  /// `node` and `problems` must outlive the reader. `path` is "" for the document itself.
  YamlReader(const YamlNode& node, std::string path, YamlProblems& problems);

  /// The mapping below `key`; one without keys if it is absent or empty.
  YamlReader section(std::string_view key);

  /// The mappings of a list of at most `most`; none if it is absent.
  std::vector<YamlReader> sections(std::string_view key, std::size_t most);

  void take_int(std::string_view key, int& out, int smallest, int largest);
  /// Decimal, without exponent. Leaves `out` alone if the key is absent.
  void take_number(std::string_view key, double& out, double smallest, double largest);
  void take_number(std::string_view key, std::optional<double>& out, double smallest, double largest);
  /// Puts an error at `key`, which is known to be there.
  void refuse(std::string_view key, const std::string& what);
  /// Puts an error at the mapping itself.
  void refuse(const std::string& what);
  /// Nothing if the key is absent (or its value no switch).
  std::optional<bool> take_bool(std::string_view key);
  /// A text for which `is_valid` holds; `allowed` says in the error what would be right.
  using Check = std::function<bool(std::string_view)>;
  void take_text(std::string_view key, std::string& out, const Check& is_valid, std::string_view allowed);
  /// A list of at most `most` such texts, none twice.
  void take_texts(std::string_view key, std::vector<std::string>& out, std::size_t most, const Check& is_valid,
                  std::string_view allowed);

  /// A mapping of at most `most` texts, in its order. What is not valid is an error that names the key and never shows
  /// the value, which may be a secret.
  void take_pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& out, std::size_t most,
                  const std::function<bool(std::string_view key, std::string_view value)>& is_valid,
                  std::string_view allowed);
  /// A text that no error shows.
  void take_secret(std::string_view key, std::string& out);

  /// Every key that was not taken is unknown; the error lists those that could be.
  void finish();

 private:
  const YamlNode* take(std::string_view key);
  std::string path_of(std::string_view key) const;
  /// Whether `node` is a text that is valid; reports it otherwise.
  bool check_text(const YamlNode& node, const std::string& path, const Check& is_valid, std::string_view allowed);

  const YamlNode* node_;  ///< a mapping, or null for an absent section
  std::string path_;
  YamlProblems* problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace spark_exporter::config
