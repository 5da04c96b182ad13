#include "exporter/kubernetes/decode_fields.hpp"

namespace spark_exporter::kubernetes {
namespace {

// Kind Schedule of velero.io/v1.
constexpr Field<VeleroSchedule> kSchedule[] = {
    {"spec.paused", json::flag<&VeleroSchedule::paused>},
    {"spec.schedule", json::text<&VeleroSchedule::schedule>},
};
static_assert(json::is_sorted(kSchedule));

// Kind Backup of velero.io/v1.
constexpr Field<VeleroBackup> kBackup[] = {
    {"status.completionTimestamp", time<&VeleroBackup::completion_time>},
    {"status.phase", json::text<&VeleroBackup::phase>},
    {"status.startTimestamp", time<&VeleroBackup::start_time>},
};
static_assert(json::is_sorted(kBackup));

}  // namespace

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<VeleroSchedule>& each) {
  return read_list(in, "schedules", kSchedule, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, VeleroSchedule& out) {
  return read_event(line, "schedule event", kSchedule, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, VeleroSchedule& out) {
  return read_object(in, "schedule", kSchedule, "", out);
}

template <>
Result<DecodeReport> decode_list(std::istream& in, ListHead& head, const json::Each<VeleroBackup>& each) {
  return read_list(in, "backups", kBackup, head, each);
}
template <>
Result<DecodeReport> decode_event(std::string_view line, VeleroBackup& out) {
  return read_event(line, "backup event", kBackup, out);
}
template <>
Result<DecodeReport> decode_object(std::istream& in, VeleroBackup& out) {
  return read_object(in, "backup", kBackup, "", out);
}

}  // namespace spark_exporter::kubernetes
