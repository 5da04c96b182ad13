// Alertmanager's API v2 (POST /api/v2/alerts). An alert is told from another by its labels, and `reason` is one of
// them. So each message speaks of the alerts of all reasons: that of its own fires, the others are over. Whoever sends
// needs no memory and reads nothing.

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/delivery/channels.hpp"
#include "exporter/delivery/exchange.hpp"
#include "exporter/delivery/text.hpp"
#include "exporter/delivery/words.hpp"

namespace spark_exporter::delivery {
namespace {

using nlohmann::json;
using outcome::State;

/// A failure nobody made good fires so long: as long as the observer shows one (--outcome.retention's default). The
/// process is gone by then, and an alert that ended with it would call the job well.
constexpr std::chrono::hours kFiring{24};
constexpr std::size_t kDescriptionBytes = 1024;

kubernetes::TimePoint now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

json labels(const outcome::LastWordsMessage& message, outcome::Reason reason) {
  return {{"alertname", "SparkJobFailedDirect"},
          {"severity", "critical"},
          {"namespace", clipped(message.kubernetes_namespace, limits::kLabelValueBytes)},
          {"app", clipped(message.app, limits::kLabelValueBytes)},
          {"reason", to_string(reason)}};
}

json firing(const outcome::LastWordsMessage& message, outcome::Reason reason, kubernetes::TimePoint time) {
  return {{"labels", labels(message, reason)},
          {"annotations",
           {{"summary", "A Spark job failed."}, {"description", clipped(sentence(message), kDescriptionBytes)}}},
          {"startsAt", rfc3339(message.verdict.ended.value_or(time))},
          {"endsAt", rfc3339(time + kFiring)}};
}

json resolved(const outcome::LastWordsMessage& message, outcome::Reason reason, kubernetes::TimePoint time) {
  return {{"labels", labels(message, reason)}, {"endsAt", rfc3339(time)}};
}

std::string alerts(const outcome::LastWordsMessage& message) {
  const bool failed = message.verdict.state == State::kFailed;
  auto fires = message.verdict.reason;
  if (fires == outcome::Reason::kNone) fires = outcome::Reason::kUnknown;
  const auto time = now();
  json out = json::array();
  for (int i = 0; i < outcome::kReasons; ++i) {
    const auto reason = static_cast<outcome::Reason>(i);
    if (reason == outcome::Reason::kNone) continue;
    out.push_back(failed && reason == fires ? firing(message, reason, time) : resolved(message, reason, time));
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

class Alertmanager final : public Channel {
 public:
  Alertmanager(const net::Url& url, std::chrono::milliseconds resend)
      : where_("POST " + url.to_string() + kTarget), client_(make_client(url)), resend_(resend) {}

  Name name() const override { return Name::kAlertmanager; }
  Result<void> deliver(const outcome::LastWordsMessage& message) override;
  std::chrono::milliseconds repeat() const override { return firing_ ? resend_ : std::chrono::milliseconds{0}; }
  void cancel() noexcept override { client_->cancel(); }

 private:
  static constexpr const char* kTarget = "/api/v2/alerts";

  const std::string where_;
  const std::unique_ptr<net::HttpClient> client_;
  const std::chrono::milliseconds resend_;
  bool firing_ = false;  ///< of the message that was delivered last
};

Result<void> Alertmanager::deliver(const outcome::LastWordsMessage& message) {
  firing_ = message.verdict.state == State::kFailed;
  // Whether the job is well again a run that was cancelled, or ended unknown, does not tell.
  if (!firing_ && message.verdict.state != State::kSucceeded) return {};
  net::Request request;
  request.method = "POST";
  request.target = kTarget;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = alerts(message);
  const auto answer = exchange(*client_, std::move(request));
  if (!answer) return answer.error();
  if (!answer->good()) return refusal(where_, *answer);
  return {};
}

}  // namespace

std::unique_ptr<Channel> alertmanager(net::Url url, std::chrono::milliseconds resend) {
  return std::make_unique<Alertmanager>(url, resend);
}

}  // namespace spark_exporter::delivery
