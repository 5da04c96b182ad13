#pragma once
// A whole sidecar, the driver beside it, and what a scrape of it shows: over real sockets, on ports of the kernel's
// choice.

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "exporter/app/sidecar.hpp"
#include "tests/support/fake_driver.hpp"
#include "tests/support/fault_server.hpp"

namespace spark_exporter::app {

/// A driver on a real port, whose answers can be replaced while it runs.
class DriverServer {
 public:
  DriverServer() {
    server_.set_fallback([this](const test::ReceivedRequest& request) { return answer(request); });
  }
  /// From now on `reply` answers every question whose target ends in `suffix`.
  void break_answer(std::string suffix, test::Reply reply) {
    const std::lock_guard lock(mutex_);
    suffix_ = std::move(suffix);
    broken_ = std::move(reply);
  }
  void mend() {
    const std::lock_guard lock(mutex_);
    broken_.reset();
  }
  /// Changes the driver between two of its answers.
  void change(const std::function<void(test::FakeDriver&)>& how) {
    const std::lock_guard lock(mutex_);
    how(driver_);
  }
  test::FaultServer& server() { return server_; }

 private:
  test::Reply answer(const test::ReceivedRequest& request) {
    const std::lock_guard lock(mutex_);
    if (broken_ && request.path.ends_with(suffix_)) return *broken_;
    const auto canned = driver_.answer(request.target);
    auto reply = test::replies::json(canned.body).with_status(canned.status);
    return reply;
  }

  std::mutex mutex_;
  test::FakeDriver driver_;
  std::string suffix_;
  std::optional<test::Reply> broken_;
  test::FaultServer server_;
};

/// The answer to a GET of the sidecar.
struct Answer {
  unsigned status = 0;
  std::string body;
};
Answer get(const Sidecar& sidecar, const std::string& path, const std::string& method = "GET");

/// The value of the first sample whose line starts with `series`; -1 if there is none.
double value(const std::string& exposition, const std::string& series);

/// Scrapes until `done` holds; the last exposition.
std::string scrape_until(const Sidecar& sidecar, const std::function<bool(const std::string&)>& done);

}  // namespace spark_exporter::app
