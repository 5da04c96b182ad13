#include "exporter/backup/report.hpp"

#include <cmath>
#include <sstream>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/json/fields.hpp"
#include "exporter/kubernetes/text.hpp"

namespace spark_exporter::backup {
namespace {

using json::Scalar;
using json::Verdict;

constexpr std::string_view kDocument = "backup report";
/// A century: no backup is larger than an exbibyte or takes longer.
constexpr double kMostSeconds = 100.0 * 366 * 24 * 3600;
constexpr double kMostBytes = 0x1p60;

/// Names become label values: nothing is cut from them, so that two names never become one.
bool is_name(std::string_view text) {
  if (text.size() > limits::kLabelValueBytes) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto code = static_cast<unsigned char>(text[at]);
    if (code < 0x20 || code == 0x7F) return false;
    const bool c1 = code == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (c1) return false;
  }
  return true;
}

template <auto Member>
Verdict name(Report& report, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText || !is_name(value.text)) return Verdict::wrong("a name");
  report.*Member = json::to_kept_text(value.text);
  return {};
}

/// RFC 3339, or seconds since 1970.
std::optional<TimePoint> to_time(const Scalar& value) {
  constexpr double kYear10000 = 253402300800.0;
  if (value.kind == Scalar::Kind::kText) return kubernetes::parse_time(value.text);
  const auto seconds = json::to_real(value);
  if (!seconds || !(*seconds >= 0) || *seconds >= kYear10000) return std::nullopt;
  return TimePoint{std::chrono::milliseconds{std::llround(*seconds * 1000)}};
}

template <auto Member>
Verdict time(Report& report, const Scalar& value) {
  report.*Member = to_time(value);
  return report.*Member ? Verdict{} : Verdict::wrong("a time");
}

template <auto Member>
Verdict seconds(Report& report, const Scalar& value) {
  const auto number = json::to_real(value);
  if (!number || !(*number >= 0) || *number > kMostSeconds) return Verdict::wrong("a number of seconds");
  report.*Member = *number;
  return {};
}

template <auto Member>
Verdict target(Report& report, const Scalar& value) {
  const auto number = json::to_real(value);
  if (!number || !(*number >= 1) || *number > kMostSeconds) return Verdict::wrong("a number of seconds above 0");
  report.*Member = std::chrono::seconds{std::llround(*number)};
  return {};
}

Verdict size(Report& report, const Scalar& value) {
  const auto number = json::to_real(value);
  if (!number || !(*number >= 0) || *number > kMostBytes) return Verdict::wrong("a number of bytes");
  report.size_bytes = *number;
  return {};
}

Verdict kind(Report& report, const Scalar& value) {
  const bool is_text = value.kind == Scalar::Kind::kText;
  if (!is_text || (value.text != "backup" && value.text != "restore")) {
    return Verdict::wrong("\"backup\" or \"restore\"");
  }
  report.kind = value.text == "restore" ? Kind::kRestore : Kind::kBackup;
  return {};
}

Verdict success(Report& report, const Scalar& value) {
  if (value.kind != Scalar::Kind::kBool) return Verdict::wrong("a boolean");
  report.success = value.flag;
  return {};
}

constexpr json::Field<Report> kFields[] = {
    {"backup", name<&Report::backup>},
    {"data_timestamp", time<&Report::data>},
    {"dataset", json::text<&Report::dataset>},
    {"ended", time<&Report::ended>},
    {"id", name<&Report::id>},
    {"job", name<&Report::job>},
    {"kind", kind},
    {"namespace", name<&Report::kubernetes_namespace>},
    {"restore_seconds", seconds<&Report::restore_seconds>},
    {"rpo_seconds", target<&Report::rpo>},
    {"rto_seconds", target<&Report::rto>},
    {"size_bytes", size},
    {"started", time<&Report::started>},
    {"success", success},
};
static_assert(json::is_sorted(kFields));

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeded: return "succeeded";
    case Outcome::kFailed: return "failed";
    case Outcome::kUnknown: return "unknown";
  }
  return "";
}

Result<Report> decode_report(std::string_view text) {
  if (text.size() > limits::kBackupReportBytes) {
    return Error{ErrorKind::kTooLarge,
                 std::string(kDocument) + ": more than " + std::to_string(limits::kBackupReportBytes) + " bytes"};
  }
  std::istringstream in{std::string(text)};
  Report report;
  const auto read = json::decode_object(in, kDocument, kFields, json::nothing_missing<Report>, report);
  if (read.has_error()) return read.error();
  if (read->wrong_types > 0) return Error{ErrorKind::kWrongType, read->first};
  if (report.started && report.ended && *report.ended < *report.started) {
    return Error{ErrorKind::kWrongType, std::string(kDocument) + ": ended is before started"};
  }
  return report;
}

std::string_view future_member(const Report& report, TimePoint now) {
  const auto is_future = [now](const auto& time) { return time && *time > now + limits::kBackupClockSkew; };
  if (is_future(report.started)) return "started";
  if (is_future(report.ended)) return "ended";
  if (is_future(report.data)) return "data_timestamp";
  return {};
}

bool looks_like_report(std::string_view text) {
  const auto at = text.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && text[at] == '{';
}

}  // namespace spark_exporter::backup
