#pragma once
// Walks a JSON document once, without holding it, and hands over the values whose paths a table names. What nobody
// asked for is passed over. Paths: "name", "outer.name", "list[].name"; "*" is any key, as in "gauges.*.value".

#include <istream>
#include <span>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/json/report.hpp"
#include "exporter/json/sax_scalar.hpp"

namespace spark_exporter::json {

/// The end of a path's segment sorts before all that goes on.
constexpr char path_rank(char c) { return c == '.' || c == '[' ? '\0' : c; }

/// Order of the tables: by path segments. A path may not stop where another one goes on.
constexpr bool path_less(std::string_view left, std::string_view right) {
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
    if (path_rank(left[i]) != path_rank(right[i])) return path_rank(left[i]) < path_rank(right[i]);
  }
  return left.size() < right.size();
}

/// Receives one item after the other. May throw: the reader's edge catches.
class ItemSink {
 public:
  virtual ~ItemSink() = default;
  virtual void begin() = 0;
  /// A value at the path of this index.
  virtual Verdict set(std::size_t path, const Scalar& value) = 0;
  /// The item is complete. Returns null, or why it was dropped ("without jobId").
  virtual const char* end() = 0;

  /// An object of a list inside of the item begins, or one under any key; `list` is the path with its brackets or its
  /// star, "items[]", "results.*". False: one more than is taken.
  virtual bool begin_element(std::string_view list);
  /// It is complete; as end().
  virtual const char* end_element(std::string_view list);
};

enum class Root { kObject, kListOrObject };

/// `paths` ascend by path_less. `document` names the answer in errors and reports. Never throws.
Result<DecodeReport> read_items(std::istream& in, std::string_view document, Root root,
                                std::span<const std::string_view> paths, ItemSink& sink) noexcept;

}  // namespace spark_exporter::json
