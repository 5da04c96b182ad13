#pragma once
// JSON of the driver's REST API to facts, by SAX: nothing but the item at hand is in memory. Unknown fields
// are passed over, absent ones stay absent; a field of a wrong type is left out and reported. Works for Spark
// 3.5.x and 4.x. Each function reads one document from `in`, which may be a network stream.

#include <istream>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/json/report.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::spark {

using json::DecodeReport;
using json::Each;

/// Lists, or a single object where the endpoint was asked for one id (/jobs/ID gives one object, /stages/ID a
/// list of attempts): both forms are read. Errors: kMalformed with the byte offset, kTooLarge (depth, string,
/// items), kIo (the stream or `each` threw; nothing is thrown on). Elements delivered before an error must not be
/// trusted: collect, then apply. An element without its id, or a stage or query without a known status, is not
/// delivered, and reported.
Result<DecodeReport> decode_applications(std::istream& in, const Each<Application>& each);
Result<DecodeReport> decode_jobs(std::istream& in, const Each<Job>& each);
Result<DecodeReport> decode_stages(std::istream& in, const Each<Stage>& each);
Result<DecodeReport> decode_tasks(std::istream& in, const Each<Task>& each);
Result<DecodeReport> decode_executors(std::istream& in, const Each<Executor>& each);
Result<DecodeReport> decode_sql(std::istream& in, const Each<SqlExecution>& each);
Result<DecodeReport> decode_rdds(std::istream& in, const Each<Rdd>& each);

/// Single documents. `out` is left as it was by an error.
Result<DecodeReport> decode_task_summary(std::istream& in, TaskSummary& out);
Result<DecodeReport> decode_environment(std::istream& in, Environment& out);
Result<DecodeReport> decode_streaming_statistics(std::istream& in, StreamingStatistics& out);
Result<DecodeReport> decode_metrics(std::istream& in, MetricsDump& out);
/// GET /api/v1/version: {"spark": "3.5.9"}.
Result<DecodeReport> decode_version(std::istream& in, std::string& out);

}  // namespace spark_exporter::spark
