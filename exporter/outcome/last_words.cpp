#include "exporter/outcome/last_words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <sstream>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/intake/quality_decode.hpp"
#include "exporter/json/fields.hpp"

namespace spark_exporter::outcome {
namespace {

using json::Scalar;
using FieldVerdict = json::Verdict;

constexpr std::string_view kMarker = "spark_exporter";

// --- writing -----------------------------------------------------------------------------------

/// What a valid name has at most: the rest may be cut when nothing else is left to go.
constexpr std::size_t kNamespaceBytes = 63;
constexpr std::size_t kPodBytes = 253;
constexpr std::size_t kUidBytes = 64;
constexpr std::size_t kLeastBytes = 512;

struct Member {
  std::string_view name;
  std::string value;  ///< as JSON; "" leaves the member out
};

std::size_t size_of(const Member& member) {
  constexpr std::size_t kAround = 4;  // two quotes, the colon, and the comma or the opening brace
  return member.value.empty() ? 0 : member.name.size() + member.value.size() + kAround;
}

/// The longest beginning of `text` that takes at most `room` bytes as JSON, "" if not even one character fits.
std::string quoted_within(std::string_view text, std::size_t room) {
  constexpr std::size_t kQuotes = 2;
  std::size_t end = 0;
  std::size_t bytes = kQuotes;
  while (end < text.size()) {
    const auto next = text.substr(end, std::max<std::size_t>(utf8_sequence(text.substr(end)), 1));
    bytes += quoted(next).size() - kQuotes;
    if (bytes > room) break;
    end += next.size();
  }
  return end == 0 ? std::string() : quoted(text.substr(0, end));
}

std::string text_value(std::string_view text) {
  return text.empty() ? std::string() : quoted(json::to_kept_text(text));
}

std::string number_value(double number) {
  if (!std::isfinite(number)) return {};
  std::array<char, 32> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), written.ptr};
}

/// Seconds since 1970, to the millisecond.
std::string time_value(const std::optional<TimePoint>& time) {
  if (!time || time->time_since_epoch().count() < 0) return {};
  const auto millis = time->time_since_epoch().count();
  const auto fraction = std::to_string(1000 + millis % 1000);
  return std::to_string(millis / 1000) + "." + fraction.substr(1);
}

class Members {
 public:
  explicit Members(std::vector<Member> members) : members_(std::move(members)) {}

  std::size_t size() const {
    std::size_t bytes = 1;  // the closing brace
    for (const auto& member : members_) bytes += size_of(member);
    return bytes;
  }

  /// Cuts a text so that the whole takes `most` bytes, or leaves it out.
  void cut(std::string_view name, std::string_view text, std::size_t most) {
    Member& member = find(name);
    if (size() <= most || member.value.empty()) return;
    const std::size_t over = size() - most;
    member.value = over < member.value.size() ? quoted_within(text, member.value.size() - over) : std::string();
  }

  void set(std::string_view name, std::string value) { find(name).value = std::move(value); }
  void leave_out(std::string_view name) { find(name).value.clear(); }

  /// Cuts a name to what a valid one has.
  void bound(std::string_view name, std::string_view text, std::size_t bytes) {
    find(name).value = quoted_within(text, bytes + 2);
  }

  std::string to_text() const {
    std::string text;
    text.reserve(size());
    for (const auto& member : members_) {
      if (member.value.empty()) continue;
      text += text.empty() ? '{' : ',';
      text += quoted(member.name) + ':' + member.value;
    }
    return text + '}';
  }

 private:
  Member& find(std::string_view name) {
    return *std::find_if(members_.begin(), members_.end(), [name](const Member& m) { return m.name == name; });
  }

  std::vector<Member> members_;
};

/// Nine digits: to the cent of a million, and then some.
std::string money_value(double money) {
  constexpr int kDigits = 9;
  if (!std::isfinite(money) || !(money > 0)) return {};
  std::array<char, 32> buffer{};
  const auto end = buffer.data() + buffer.size();
  const auto written = std::to_chars(buffer.data(), end, money, std::chars_format::general, kDigits);
  return {buffer.data(), written.ptr};
}

constexpr std::array<std::string_view, cost::kUses> kCostNames = {
    "cost_task_ok", "cost_gc",       "cost_task_failed", "cost_stage_retry", "cost_speculation", "cost_killed",
    "cost_idle",    "cost_starting", "cost_driver",      "cost_lingering",   "cost_unobserved",
};
constexpr std::string_view kCostCurrency = "cost_currency";
constexpr std::string_view kAdvice = "advice";
constexpr std::string_view kSavingRatio = "saving_ratio";

/// A cost with a part missing would be another one.
void leave_out_cost(Members& members) {
  members.leave_out(kCostCurrency);
  for (const auto name : kCostNames) members.leave_out(name);
}

constexpr std::string_view kQuality = "quality";
constexpr std::size_t kQualityBytes = 1500;

/// The first validations, at most `most` bytes of them.
std::string quality_value(const std::vector<intake::QualityResult>& results, std::size_t most) {
  std::string list;
  for (const auto& result : results) {
    const auto text = intake::encode_quality(result, intake::QualityDetail::kBrief);
    if (list.size() + text.size() + 2 > most) break;
    list += list.empty() ? '[' : ',';
    list += text;
  }
  return list.empty() ? list : list + ']';
}

Members members_of(const LastWordsMessage& message) {
  const Verdict& verdict = message.verdict;
  std::vector<Member> members{
      {kMarker, "1"},
      {"namespace", text_value(message.kubernetes_namespace)},
      {"pod", text_value(message.pod)},
      {"pod_uid", text_value(message.pod_uid)},
      {"app", text_value(message.app)},
      {"app_from", text_value(message.app_from)},
      {"app_id", text_value(message.app_id)},
      {"kind", text_value(to_string(message.kind))},
      {"spark_version", text_value(message.spark_version)},
      {"outcome", text_value(to_string(verdict.state))},
      {"reason", text_value(to_string(verdict.reason))},
      {"confidence", verdict.confidence == Confidence::kNone ? "" : text_value(to_string(verdict.confidence))},
      {"exit_code", verdict.exit_code ? std::to_string(*verdict.exit_code) : ""},
      {"exception", text_value(verdict.exception)},
      {"text", text_value(verdict.evidence)},
      {"submitted", time_value(message.submitted)},
      {"started", time_value(verdict.started)},
      {"ended", time_value(verdict.ended)},
      {"input_bytes", message.input_bytes ? number_value(*message.input_bytes) : ""},
      {kCostCurrency, message.cost ? text_value(message.cost->currency) : ""},
  };
  members.push_back({kQuality, quality_value(message.quality, kQualityBytes)});
  for (std::size_t i = 0; i < cost::kUses; ++i) {
    members.push_back({kCostNames[i], message.cost ? money_value(message.cost->used[i]) : ""});
  }
  members.push_back({kAdvice, message.advice ? text_value(message.advice->conf) : ""});
  const bool saves = message.advice && message.advice->saving_ratio;
  members.push_back({kSavingRatio, saves ? number_value(*message.advice->saving_ratio) : ""});
  return Members(std::move(members));
}

// --- reading -----------------------------------------------------------------------------------

struct Draft {
  LastWordsMessage message;
  std::int64_t version = 0;
  bool has_outcome = false;
  cost::Final cost;
  Advice advice;
};

/// Texts are shown in logs and labels: a control character becomes a blank.
std::string one_line(std::string text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto code = static_cast<unsigned char>(text[at]);
    if (code < 0x20 || code == 0x7F) text[at] = ' ';
    const bool c1 = code == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (c1) text.replace(at, 2, " ");
  }
  return text;
}

template <auto Member, std::size_t Bytes = limits::kTextBytes>
FieldVerdict text(LastWordsMessage& message, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return FieldVerdict::wrong("a string");
  message.*Member = one_line(json::to_kept_text(value.text, Bytes));
  return {};
}

template <auto Member, std::size_t Bytes = limits::kTextBytes>
FieldVerdict text(Verdict& verdict, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return FieldVerdict::wrong("a string");
  verdict.*Member = one_line(json::to_kept_text(value.text, Bytes));
  return {};
}

std::optional<TimePoint> to_time(const Scalar& value) {
  constexpr double kYear10000 = 253402300800.0;
  const auto seconds = json::to_real(value);
  if (!seconds || !(*seconds >= 0) || *seconds >= kYear10000) return std::nullopt;
  return TimePoint{std::chrono::milliseconds{std::llround(*seconds * 1000)}};
}

template <auto Member, class Target>
FieldVerdict time(Target& target, const Scalar& value) {
  const auto time = to_time(value);
  if (!time) return FieldVerdict::wrong("a time");
  target.*Member = time;
  return {};
}

template <auto Member>
FieldVerdict of_message(Draft& draft, const Scalar& value) {
  return text<Member>(draft.message, value);
}

FieldVerdict kind(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return FieldVerdict::wrong("a string");
  draft.message.kind = parse_kind(value.text).value_or(Kind::kBatch);
  return {};
}

FieldVerdict state(Draft& draft, const Scalar& value) {
  const auto state = value.kind == Scalar::Kind::kText ? parse_state(value.text) : std::nullopt;
  if (!state) return FieldVerdict::wrong("an outcome");
  draft.message.verdict.state = *state;
  draft.has_outcome = true;
  return {};
}

/// A reason of a later version is none that we know.
FieldVerdict reason(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return FieldVerdict::wrong("a string");
  draft.message.verdict.reason =
      value.text.empty() ? Reason::kNone : parse_reason(value.text).value_or(Reason::kUnknown);
  return {};
}

FieldVerdict confidence(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return FieldVerdict::wrong("a string");
  auto& confidence = draft.message.verdict.confidence;
  confidence = Confidence::kNone;
  for (const auto known : {Confidence::kLikely, Confidence::kCertain}) {
    if (value.text == to_string(known)) confidence = known;
  }
  return {};
}

FieldVerdict exit_code(Draft& draft, const Scalar& value) {
  const bool below = value.kind == Scalar::Kind::kInteger;
  const auto code = below ? std::optional<std::int64_t>(value.integer) : json::to_count(value);
  if (!code) return FieldVerdict::wrong("an integer");
  draft.message.verdict.exit_code = code;
  return {};
}

FieldVerdict input_bytes(Draft& draft, const Scalar& value) {
  const auto bytes = json::to_real(value);
  if (!bytes || !(*bytes >= 0)) return FieldVerdict::wrong("a number of bytes");
  draft.message.input_bytes = *bytes;
  return {};
}

FieldVerdict advice(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText) return FieldVerdict::wrong("a string");
  draft.advice.conf = one_line(json::to_kept_text(value.text));
  return {};
}

FieldVerdict saving_ratio(Draft& draft, const Scalar& value) {
  constexpr double kMostTimes = 1e6;
  const auto ratio = json::to_real(value);
  if (!ratio || !(*ratio <= 1) || *ratio < -kMostTimes) return FieldVerdict::wrong("a ratio");
  draft.advice.saving_ratio = *ratio;
  return {};
}

FieldVerdict currency(Draft& draft, const Scalar& value) {
  if (value.kind != Scalar::Kind::kText || !cost::is_currency(value.text)) return FieldVerdict::wrong("a currency");
  draft.cost.currency = value.text;
  return {};
}

template <cost::Use Use>
FieldVerdict money(Draft& draft, const Scalar& value) {
  constexpr double kMost = 1e12;
  const auto amount = json::to_real(value);
  if (!amount || !(*amount >= 0) || *amount > kMost) return FieldVerdict::wrong("an amount of money");
  cost::at(draft.cost.used, Use) = *amount;
  return {};
}

constexpr json::Field<Draft> kFields[] = {
    {"advice", advice},
    {"app", of_message<&LastWordsMessage::app>},
    {"app_from", of_message<&LastWordsMessage::app_from>},
    {"app_id", of_message<&LastWordsMessage::app_id>},
    {"confidence", confidence},
    {"cost_currency", currency},
    {"cost_driver", money<cost::Use::kDriver>},
    {"cost_gc", money<cost::Use::kGc>},
    {"cost_idle", money<cost::Use::kIdle>},
    {"cost_killed", money<cost::Use::kKilled>},
    {"cost_lingering", money<cost::Use::kLingering>},
    {"cost_speculation", money<cost::Use::kSpeculation>},
    {"cost_stage_retry", money<cost::Use::kStageRetry>},
    {"cost_starting", money<cost::Use::kStarting>},
    {"cost_task_failed", money<cost::Use::kTaskFailed>},
    {"cost_task_ok", money<cost::Use::kTaskOk>},
    {"cost_unobserved", money<cost::Use::kUnobserved>},
    {"ended", [](Draft& d, const Scalar& value) { return time<&Verdict::ended>(d.message.verdict, value); }},
    {"exception",
     [](Draft& d, const Scalar& value) {
       return text<&Verdict::exception, limits::kLabelValueBytes>(d.message.verdict, value);
     }},
    {"exit_code", exit_code},
    {"input_bytes", input_bytes},
    {"kind", kind},
    {"namespace", of_message<&LastWordsMessage::kubernetes_namespace>},
    {"outcome", state},
    {"pod", of_message<&LastWordsMessage::pod>},
    {"pod_uid", of_message<&LastWordsMessage::pod_uid>},
    {"reason", reason},
    {"saving_ratio", saving_ratio},
    {"spark_exporter", json::count<&Draft::version>},
    {"spark_version", of_message<&LastWordsMessage::spark_version>},
    {"started", [](Draft& d, const Scalar& value) { return time<&Verdict::started>(d.message.verdict, value); }},
    {"submitted", [](Draft& d, const Scalar& value) { return time<&LastWordsMessage::submitted>(d.message, value); }},
    {"text", [](Draft& d, const Scalar& value) { return text<&Verdict::evidence>(d.message.verdict, value); }},
};
static_assert(json::is_sorted(kFields));

constexpr std::string_view kDocument = "last words";

Error malformed(std::string_view what) {
  return {ErrorKind::kMalformed, std::string(kDocument) + ": " + std::string(what)};
}

}  // namespace

std::string encode(const LastWordsMessage& message, std::size_t most) {
  most = std::clamp(most, kLeastBytes, limits::kLastWordsBytes);
  Members members = members_of(message);
  members.cut("text", json::to_kept_text(message.verdict.evidence), most);
  members.cut("exception", json::to_kept_text(message.verdict.exception), most);
  // Half of an advice would be another one.
  if (members.size() > most) {
    members.leave_out(kAdvice);
    members.leave_out(kSavingRatio);
  }
  if (members.size() > most) {
    const auto over = members.size() - most;
    const auto has = quality_value(message.quality, kQualityBytes).size();
    members.set(kQuality, over < has ? quality_value(message.quality, has - over) : std::string());
  }
  // The observer knows most of these from the pod; a name that is cut would be another one's.
  if (members.size() > most) leave_out_cost(members);
  for (const auto name : {"input_bytes", "spark_version", "app_from", "submitted", "app", "started", "app_id", "kind",
                          "ended", "exit_code"}) {
    if (members.size() > most) members.leave_out(name);
  }
  if (members.size() > most) {
    members.bound("namespace", message.kubernetes_namespace, kNamespaceBytes);
    members.bound("pod", message.pod, kPodBytes);
    members.bound("pod_uid", message.pod_uid, kUidBytes);
  }
  return members.to_text();
}

Result<LastWordsMessage> decode_last_words(std::string_view text) {
  if (text.size() > limits::kLastWordsBytes) {
    return Error{ErrorKind::kTooLarge,
                 std::string(kDocument) + ": more than " + std::to_string(limits::kLastWordsBytes) + " bytes"};
  }
  std::istringstream in{std::string(text)};
  Draft draft;
  const auto report = json::decode_object(in, kDocument, kFields, json::nothing_missing<Draft>, draft);
  if (report.has_error()) return report.error();
  if (report->wrong_types > 0) return Error{ErrorKind::kWrongType, report->first};
  if (draft.message.kubernetes_namespace.empty()) return malformed("no namespace");
  if (draft.message.pod.empty()) return malformed("no pod");
  if (!draft.has_outcome) return malformed("no outcome");
  if (!draft.cost.currency.empty()) draft.message.cost = std::move(draft.cost);
  if (text.find("\"quality\"") != std::string_view::npos) {
    // What cannot be read of it takes nothing else with it.
    if (auto quality = intake::decode_quality(text, kDocument)) draft.message.quality = std::move(quality->results);
  }
  if (!draft.advice.conf.empty()) draft.message.advice = std::move(draft.advice);
  return std::move(draft.message);
}

bool looks_like_last_words(std::string_view text) {
  const auto expect = [&text](std::string_view part) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (!text.starts_with(part)) return false;
    text.remove_prefix(part.size());
    return true;
  };
  return expect("{") && expect(quoted(kMarker)) && expect(":");
}

LastWords to_evidence(const LastWordsMessage& message) {
  const Verdict& verdict = message.verdict;
  return {.state = verdict.state,
          .reason = verdict.reason,
          .exit_code = verdict.exit_code,
          .exception = verdict.exception,
          .text = verdict.evidence};
}

}  // namespace spark_exporter::outcome
