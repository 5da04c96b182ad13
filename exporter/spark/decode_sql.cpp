#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

struct SqlDraft : SqlExecution {
  bool has_status = false;
};

std::optional<SqlStatus> parse_status(std::string_view text) {
  if (text == "RUNNING") return SqlStatus::kRunning;
  if (text == "COMPLETED") return SqlStatus::kCompleted;
  if (text == "FAILED") return SqlStatus::kFailed;
  return std::nullopt;
}

/// An unknown one is reported when the execution is dropped for it.
Verdict status(SqlDraft& execution, const Scalar& value) {
  const auto parsed = parse_status(value.text);
  execution.has_status = parsed.has_value();
  if (parsed) execution.status = *parsed;
  return {};
}

// GET /applications/ID/sql?details=false&planDescription=false and /sql/ID
constexpr Field<SqlDraft> kFields[] = {
    {"description", free_text<&SqlExecution::description>},        {"duration", count<&SqlExecution::duration>},
    {"failedJobIds[]", each_count<&SqlExecution::job_ids>},   {"id", count<&SqlExecution::id>},
    {"runningJobIds[]", each_count<&SqlExecution::job_ids>},  {"status", status},
    {"submissionTime", time<&SqlExecution::submission_time>}, {"successJobIds[]", each_count<&SqlExecution::job_ids>},
};
static_assert(is_sorted(kFields));

const char* missing(SqlDraft& execution) {
  if (execution.id < 0) return "no id";
  return execution.has_status ? nullptr : "no known status";
}

}  // namespace

Result<DecodeReport> decode_sql(std::istream& in, const Each<SqlExecution>& each) {
  return decode_elements(in, "sql", kFields, missing, each);
}

}  // namespace spark_exporter::spark
