// An Event of the core API (POST /api/v1/namespaces/NS/events) about the driver pod, for `kubectl describe pod` and
// whatever collects events.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "exporter/delivery/channels.hpp"
#include "exporter/delivery/exchange.hpp"
#include "exporter/delivery/text.hpp"
#include "exporter/delivery/words.hpp"
#include "exporter/kubernetes/resource.hpp"

namespace spark_exporter::delivery {
namespace {

using nlohmann::json;
using outcome::State;

constexpr std::size_t kMessageBytes = 1024;  // of an Event's note in events.k8s.io/v1, which is the same object
constexpr const char* kComponent = "spark-exporter";

const char* reason(State state) {
  switch (state) {
    case State::kSucceeded: return "SparkJobSucceeded";
    case State::kFailed: return "SparkJobFailed";
    case State::kCancelled: return "SparkJobCancelled";
    default: return "SparkJobUnknown";
  }
}

std::string_view end_state(State state) { return to_string(outcome::is_final(state) ? state : State::kUnknown); }

bool is_name(std::string_view text) {  // RFC 1123, as the API checks the names of objects
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

json event_of(const outcome::LastWordsMessage& message) {
  const auto& verdict = message.verdict;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::string time = rfc3339_seconds(verdict.ended.value_or(now));
  const std::string& pod = message.pod_uid.empty() ? message.pod : message.pod_uid;
  json about = {
      {"apiVersion", "v1"}, {"kind", "Pod"}, {"namespace", message.kubernetes_namespace}, {"name", message.pod}};
  if (!message.pod_uid.empty()) about["uid"] = message.pod_uid;
  return {{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata",
           {{"namespace", message.kubernetes_namespace},
            {"name", "spark-exporter." + pod + "." + std::string(end_state(verdict.state))}}},
          {"involvedObject", std::move(about)},
          {"type", verdict.state == State::kFailed ? "Warning" : "Normal"},
          {"reason", reason(verdict.state)},
          {"message", clipped(sentence(message), kMessageBytes)},
          {"firstTimestamp", time},
          {"lastTimestamp", time},
          {"count", 1},
          {"source", {{"component", kComponent}}},
          {"reportingComponent", kComponent},
          {"reportingInstance", message.pod}};
}

/// ApiClient's failure as exchange.hpp counts them; what the API says of the object itself is for good.
Error judged(kubernetes::Failure failure) {
  constexpr std::int64_t kBadRequest = 400;
  constexpr std::int64_t kTooLarge = 413;
  constexpr std::int64_t kInvalid = 422;
  if (failure.status == 0) return unread(std::move(failure.error));
  if (failure.status == kBadRequest || failure.status == kInvalid) failure.error.kind = ErrorKind::kMalformed;
  if (failure.status == kTooLarge) failure.error.kind = ErrorKind::kTooLarge;
  if (failure.error.kind == ErrorKind::kForbidden) {
    failure.error.what += "; add to a Role: " + kubernetes::rule("", "events", "create");
  }
  return std::move(failure.error);
}

class Event final : public Channel {
 public:
  explicit Event(std::unique_ptr<kubernetes::ApiClient> api) : api_(std::move(api)) {}

  Name name() const override { return Name::kEvent; }
  Result<void> deliver(const outcome::LastWordsMessage& message) override;
  void cancel() noexcept override { api_->cancel(); }

 private:
  const std::unique_ptr<kubernetes::ApiClient> api_;
};

Result<void> Event::deliver(const outcome::LastWordsMessage& message) {
  const bool named = is_name(message.kubernetes_namespace) && is_name(message.pod) &&
                     (message.pod_uid.empty() || is_name(message.pod_uid));
  if (!named) return Error{ErrorKind::kMalformed, "event: the pod's namespace, name or uid is none"};
  net::Request request;
  request.method = "POST";
  request.target = "/api/v1/namespaces/" + message.kubernetes_namespace + "/events";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = event_of(message).dump(-1, ' ', false, json::error_handler_t::replace);
  request.timeout = kTryTimeout;
  const auto done = api_->request(std::move(request), [](std::istream&) -> Result<void> { return {}; });
  constexpr std::int64_t kAlreadyExists = 409;
  if (done || done.error().status == kAlreadyExists) return {};  // an earlier try came through, its answer did not
  return judged(done.error());
}

}  // namespace

std::unique_ptr<Channel> event(std::unique_ptr<kubernetes::ApiClient> api) {
  return std::make_unique<Event>(std::move(api));
}

}  // namespace spark_exporter::delivery
