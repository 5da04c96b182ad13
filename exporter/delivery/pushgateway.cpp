// https://github.com/prometheus/pushgateway: PUT replaces all metrics of a group, and the labels in the path name it.

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/delivery/channels.hpp"
#include "exporter/delivery/exchange.hpp"
#include "exporter/delivery/text.hpp"

namespace spark_exporter::delivery {
namespace {

/// "/NAME/VALUE", or "/NAME@base64/VALUE" for what a path does not carry: slashes, nothing at all, "..".
std::string label(std::string_view name, std::string_view value) {
  const std::string text = clipped(value, limits::kLabelValueBytes);
  const bool plain = !text.empty() && text.front() != '.' && path_segment(text) == text;
  std::string out = "/" + std::string(name);
  if (plain) return out + "/" + text;
  return out + "@base64/" + (text.empty() ? "=" : base64_url(text));
}

std::string seconds(kubernetes::TimePoint::duration span) {
  constexpr std::size_t kRoom = 40;
  constexpr double kMillis = 1e3;
  std::array<char, kRoom> text{};
  const double value = static_cast<double>(span.count()) / kMillis;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 3);
  return error == std::errc{} ? std::string(text.data(), end) : "NaN";
}

std::string gauge(const std::string& name, const std::string& help) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n";
}

std::string exposition(const outcome::Verdict& verdict) {
  const bool known = outcome::is_final(verdict.state);
  const auto state = known ? verdict.state : outcome::State::kUnknown;
  std::string out = gauge("spark_job_last_outcome", "How the job's last run ended: 1 for its state, 0 for the others.");
  for (const auto each : outcome::kEndStates) {
    out +=
        "spark_job_last_outcome{state=\"" + std::string(to_string(each)) + "\"} " + (each == state ? "1" : "0") + "\n";
  }
  if (verdict.ended) {
    out += gauge("spark_job_last_end_timestamp_seconds", "When the job's last run ended.");
    out += "spark_job_last_end_timestamp_seconds " + seconds(verdict.ended->time_since_epoch()) + "\n";
  }
  if (verdict.ended && verdict.started && *verdict.ended >= *verdict.started) {
    out += gauge("spark_job_last_duration_seconds", "How long the job's last run took.");
    out += "spark_job_last_duration_seconds " + seconds(*verdict.ended - *verdict.started) + "\n";
  }
  return out;
}

class Pushgateway final : public Channel {
 public:
  explicit Pushgateway(const net::Url& url) : where_(url.to_string()), client_(make_client(url)) {}

  Name name() const override { return Name::kPushgateway; }
  Result<void> deliver(const outcome::LastWordsMessage& message) override;
  void cancel() noexcept override { client_->cancel(); }

 private:
  const std::string where_;
  const std::unique_ptr<net::HttpClient> client_;
};

Result<void> Pushgateway::deliver(const outcome::LastWordsMessage& message) {
  net::Request request;
  request.method = "PUT";
  request.target =
      "/metrics/job/spark_exporter" + label("namespace", message.kubernetes_namespace) + label("app", message.app);
  request.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
  request.body = exposition(message.verdict);
  const std::string where = "PUT " + where_ + request.target;
  const auto answer = exchange(*client_, std::move(request));
  if (!answer) return answer.error();
  if (!answer->good()) return refusal(where, *answer);
  return {};
}

}  // namespace

std::unique_ptr<Channel> pushgateway(net::Url url) { return std::make_unique<Pushgateway>(url); }

}  // namespace spark_exporter::delivery
