#include "exporter/spark/decode_fields.hpp"

namespace spark_exporter::spark {
namespace {

struct ApplicationDraft : Application {
  std::optional<TimePoint> start_text;
};

/// Milliseconds since 1970; below zero is how Spark writes that there is none.
Verdict start_epoch(ApplicationDraft& draft, const Scalar& value) {
  if (value.kind == Scalar::Kind::kInteger) return {};
  const auto millis = to_count(value);
  if (!millis) return Verdict::wrong("an integer");
  draft.start_time = TimePoint{Millis{*millis}};
  return {};
}

// GET /api/v1/applications and /applications/ID
constexpr Field<ApplicationDraft> kFields[] = {
    {"attempts[].appSparkVersion", text<&Application::spark_version>},
    {"attempts[].completed", flag<&Application::completed>},
    {"attempts[].sparkUser", text<&Application::spark_user>},
    {"attempts[].startTime", time<&ApplicationDraft::start_text>},
    {"attempts[].startTimeEpoch", start_epoch},
    {"id", text<&Application::id>},
    {"name", text<&Application::name>},
};
static_assert(is_sorted(kFields));

const char* complete(ApplicationDraft& draft) {
  if (!draft.start_time) draft.start_time = draft.start_text;
  return draft.id.empty() ? "no id" : nullptr;
}

}  // namespace

Result<DecodeReport> decode_applications(std::istream& in, const Each<Application>& each) {
  return decode_elements(in, "applications", kFields, complete, each);
}

}  // namespace spark_exporter::spark
