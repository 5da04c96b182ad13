#include <optional>

#include "exporter/kubernetes/decode_fields.hpp"

namespace spark_exporter::kubernetes {
namespace {

struct HeadDraft : WatchHead {
  std::optional<EventType> known_type;
};

Verdict type(HeadDraft& head, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return Verdict::wrong("an event's type");
  if (value.text == "ADDED") {
    head.known_type = EventType::kAdded;
  } else if (value.text == "MODIFIED") {
    head.known_type = EventType::kModified;
  } else if (value.text == "DELETED") {
    head.known_type = EventType::kDeleted;
  } else if (value.text == "BOOKMARK") {
    head.known_type = EventType::kBookmark;
  } else if (value.text == "ERROR") {
    head.known_type = EventType::kError;
  } else {
    return Verdict::wrong("an event's type");
  }
  return {};
}

Verdict initial_events(HeadDraft& head, const Scalar& value) {
  if (value.key == "k8s.io/initial-events-end") head.initial_events_end = true;
  return {};
}

/// Fields that are the Status of an ERROR; other objects may have them of any type.
template <auto Read>
Verdict status(HeadDraft& head, const Scalar& value) {
  static_cast<void>(Read(head.status, value));
  return {};
}

constexpr auto kCode = json::count<&Status::code, Status>;
constexpr auto kMessage = json::text<&Status::message, Status>;
constexpr auto kReason = json::text<&Status::reason, Status>;
constexpr auto kRetryAfter = seconds<&Status::retry_after, Status>;

constexpr Field<HeadDraft> kHead[] = {
    {"object.code", status<kCode>},
    {"object.details.retryAfterSeconds", status<kRetryAfter>},
    {"object.message", status<kMessage>},
    {"object.metadata.annotations.*", initial_events},
    {"object.metadata.resourceVersion", json::text<&WatchHead::resource_version>},
    {"object.reason", status<kReason>},
    {"type", type},
};
static_assert(json::is_sorted(kHead));

constexpr Field<Status> kStatus[] = {
    {"code", kCode},
    {"details.retryAfterSeconds", kRetryAfter},
    {"message", kMessage},
    {"reason", kReason},
};
static_assert(json::is_sorted(kStatus));

}  // namespace

Result<DecodeReport> decode_watch_head(std::string_view line, WatchHead& out) {
  ViewBuffer buffer(line);
  std::istream in(&buffer);
  HeadDraft head;
  auto report = json::decode_object<HeadDraft>(in, "watch event", kHead, json::nothing_missing<HeadDraft>, head);
  if (!report) return report;
  if (!head.known_type) return Error{ErrorKind::kMalformed, "watch event: no known type"};
  head.type = *head.known_type;
  out = std::move(head);
  return report;
}

Result<DecodeReport> decode_status(std::istream& in, Status& out) {
  return json::decode_object<Status>(in, "status", kStatus, json::nothing_missing<Status>, out);
}

}  // namespace spark_exporter::kubernetes
