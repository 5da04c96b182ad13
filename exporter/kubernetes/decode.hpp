#pragma once
// JSON of the Kubernetes API to facts, by SAX: nothing but the object at hand is in memory. Unknown fields are passed
// over, absent and null ones stay absent; a field of a wrong type is left out and reported.
//
// The kinds: Pod, Node, Job, CronJob, SparkApplication, ScheduledSparkApplication, VeleroSchedule, VeleroBackup.
// Errors: kMalformed with the byte offset, kTooLarge (depth, a string, objects of a list).

#include <istream>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/json/report.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::kubernetes {

using json::DecodeReport;

/// A list's page: metadata into `head`, and each of items[], which have no kind. An object without a name is dropped
/// and reported. Objects delivered before an error must not be trusted: collect, then apply.
template <class Object>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<Object>& each);

/// The object of a watch's line: {"type": ..., "object": {...}}. `out` stays as it was unless the whole line could be
/// read and the object has a name.
template <class Object>
Result<DecodeReport> decode_event(std::string_view line, Object& out);

/// An object by itself.
template <class Object>
Result<DecodeReport> decode_object(std::istream& in, Object& out);

/// A watch's line without its object: what every line has, and the Status of an ERROR. Errors also: kMalformed for a
/// type that is none.
Result<DecodeReport> decode_watch_head(std::string_view line, WatchHead& out);

/// The answer that is a failure.
Result<DecodeReport> decode_status(std::istream& in, Status& out);

}  // namespace spark_exporter::kubernetes
