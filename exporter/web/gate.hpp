#pragma once
// Who is answered at all, by the web configuration: rate limit, then password.

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "exporter/web/config_watch.hpp"
#include "exporter/web/passwords.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::web {

/// Thread-safe.
class Gate {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Gate(std::shared_ptr<const ConfigWatch> watch) : watch_(std::move(watch)) {}

  /// The answer for who may not pass: 429, 401, or 503 while too many passwords are being checked.
  std::optional<HttpResponse> refuse(const HttpRequest& request, bool asks_password, Clock::time_point now);
  /// Adds the configured headers.
  void finish(HttpResponse& response) const;

 private:
  bool admit(const RateLimit& limit, Clock::time_point now);

  std::shared_ptr<const ConfigWatch> watch_;
  Passwords passwords_;
  std::mutex mutex_;
  RateLimit limit_;       ///< that the tokens are of
  double tokens_ = 0;     ///< guarded by mutex_, as the rest
  Clock::time_point at_;  ///< as of when
};

}  // namespace spark_exporter::web
