#include "exporter/web/gate.hpp"

#include <algorithm>

namespace spark_exporter::web {
namespace {

HttpResponse refusal(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

}  // namespace

bool Gate::admit(const RateLimit& limit, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!(limit == limit_)) {
    limit_ = limit;
    tokens_ = limit.burst;
    at_ = now;
  }
  const double passed = std::chrono::duration<double, std::milli>(now - at_).count();
  at_ = std::max(at_, now);
  tokens_ =
      std::min<double>(limit.burst, tokens_ + std::max(0.0, passed) / static_cast<double>(limit.interval.count()));
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

std::optional<HttpResponse> Gate::refuse(const HttpRequest& request, bool asks_password, Clock::time_point now) {
  const auto active = watch_->current();
  if (active->config.rate_limit && !admit(*active->config.rate_limit, now)) {
    return refusal(429, "too many requests\n");
  }
  if (!asks_password || active->config.users.empty()) return std::nullopt;
  switch (passwords_.check(active->config.users, request.authorization)) {
    case Passwords::Verdict::kGood: return std::nullopt;
    case Passwords::Verdict::kBusy: {
      HttpResponse response = refusal(503, "too many passwords are being checked\n");
      response.headers.emplace_back("Retry-After", "1");
      return response;
    }
    case Passwords::Verdict::kBad: break;
  }
  HttpResponse response = refusal(401, "unauthorized\n");
  response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"spark_exporter\", charset=\"UTF-8\"");
  return response;
}

void Gate::finish(HttpResponse& response) const {
  const auto active = watch_->current();
  for (const auto& header : active->config.headers) response.headers.push_back(header);
}

}  // namespace spark_exporter::web
