#include <algorithm>
#include <charconv>
#include <utility>

#include "exporter/common/redact.hpp"
#include "exporter/spark/decode_fields.hpp"
#include "exporter/spark/sql_write.hpp"

namespace spark_exporter::spark {
namespace {

constexpr std::string_view kCommand = ") Execute ";
constexpr std::string_view kArguments = "\nArguments: ";
constexpr std::string_view kRows = "number of output rows";
constexpr std::string_view kFiles = "number of written files";
/// Nodes of data sources that are no files; Spark 4 counts their rows.
constexpr std::string_view kSourceWrites[] = {"AppendData", "OverwriteByExpression", "OverwritePartitionsDynamic",
                                              "ReplaceData", "WriteDelta"};

struct WriteDraft : SqlWrite {
  Millis duration{0};
  std::optional<TimePoint> submitted;
  // The node that is read: Spark writes its name before its metrics, and a metric's name before its value.
  bool source_write = false;
  bool files = false;
  std::string metric;
  std::optional<double> node_rows;
};

/// A node has been read.
void keep_node(WriteDraft& draft) {
  if (draft.node_rows && (draft.files || draft.source_write)) draft.rows = draft.rows.value_or(0) + *draft.node_rows;
  draft.source_write = draft.files = false;
  draft.metric.clear();
  draft.node_rows.reset();
}

Verdict node_name(WriteDraft& draft, const Scalar& value) {
  keep_node(draft);
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  draft.source_write = std::any_of(std::begin(kSourceWrites), std::end(kSourceWrites),
                                   [&](std::string_view name) { return value.text.starts_with(name); });
  return {};
}

Verdict metric_name(WriteDraft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  draft.metric = to_kept_text(value.text);
  draft.files = draft.files || draft.metric == kFiles;
  return {};
}

/// "1,234", as Spark writes a sum for people.
Verdict metric_value(WriteDraft& draft, const Scalar& value) {
  if (std::exchange(draft.metric, {}) != kRows) return {};
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  std::string digits(value.text.substr(0, 32));
  std::erase(digits, ',');
  std::uint64_t rows = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rows);
  if (error != std::errc{} || end != digits.data() + digits.size()) return Verdict::wrong("a number of rows");
  draft.node_rows = static_cast<double>(rows);
  return {};
}

/// "/lake/orders/dt=2026-11-27" is a part of "/lake/orders".
std::string_view without_partitions(std::string_view path) {
  for (auto slash = path.rfind('/'); slash != std::string_view::npos && slash > 0; slash = path.rfind('/')) {
    const auto segment = path.substr(slash + 1);
    if (!segment.empty() && segment.find('=') == std::string_view::npos) break;
    path = path.substr(0, slash);
  }
  return path;
}

/// `spark_catalog`.`default`.`t` is what people call default.t.
std::string table_name(std::string_view quoted) {
  std::string name(quoted);
  std::erase(name, '`');
  constexpr std::string_view kBuiltIn = "spark_catalog.";
  return name.starts_with(kBuiltIn) ? name.substr(kBuiltIn.size()) : name;
}

/// "Arguments: file:/lake/t, false, Parquet, [path=...], Append, `spark_catalog`.`default`.`t`, ..., [id]" of the
/// command that writes, in the plan as Spark explains it; the table's name is not there where files are written by
/// their path.
std::string dataset_of(std::string_view plan) {
  // "(3) Execute Insert...\nInput: []\nArguments: ..." comes after the tree, where the command has a number behind it.
  for (auto at = plan.find(kCommand); at != std::string_view::npos; at = plan.find(kCommand, at + 1)) {
    const auto end = std::min(plan.find("\n\n", at), plan.size());
    const auto section = plan.substr(at, end - at);
    const auto arguments = section.find(kArguments);
    if (arguments == std::string_view::npos) continue;
    auto line = section.substr(arguments + kArguments.size());
    line = line.substr(0, line.find('\n'));
    if (const auto table = line.find(", `"); table != std::string_view::npos) {
      const auto from = table + 2;
      return json::to_kept_free_text(
          table_name(line.substr(from, std::min(line.find(", ", from), line.size()) - from)));
    }
    const auto path = line.substr(0, line.find(", "));
    if (path.find('/') != std::string_view::npos) return json::to_kept_free_text(without_partitions(path));
  }
  return {};
}

Verdict plan_description(WriteDraft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("a string");
  draft.dataset = dataset_of(value.text);
  return {};
}

constexpr Field<WriteDraft> kFields[] = {
    {"duration", count<&WriteDraft::duration>},
    {"id", count<&SqlWrite::id>},
    {"nodes[].metrics[].name", metric_name},
    {"nodes[].metrics[].value", metric_value},
    {"nodes[].nodeName", node_name},
    {"planDescription", plan_description},
    {"submissionTime", time<&WriteDraft::submitted>},
};
static_assert(is_sorted(kFields));

const char* missing(WriteDraft& draft) {
  keep_node(draft);
  if (draft.submitted) draft.ended = *draft.submitted + draft.duration;
  return draft.id < 0 ? "no id" : nullptr;
}

}  // namespace

Result<DecodeReport> decode_sql_write(std::istream& in, SqlWrite& out) {
  return decode_object(in, "sql/ID", kFields, missing, out);
}

}  // namespace spark_exporter::spark
