#pragma once
// A poller over a fake driver, for tests.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/spark/poller.hpp"
#include "tests/support/fake_driver.hpp"

namespace spark_exporter::spark {

using namespace std::chrono_literals;

/// A poller over a fake driver, with a clock that moves ten seconds a poll.
class Watch {
 public:
  explicit Watch(test::FakeDriver& driver, std::string app_id = {}, std::chrono::milliseconds interval = 10s,
                 bool haste = true)
      : poller_(
            {{{"http", "localhost", 4040, ""}, std::move(app_id), 1s}, interval, model::kDefaultGroups, haste, true},
            [&driver](const net::Url&) { return driver.client(); },
            {[this] { return wall_; }, [this] { return steady_; }},
            [this](const Application&) { return std::move(restored_); }) {}

  void poll(std::chrono::seconds later = 10s) {
    wall_ += later;
    steady_ += later;
    poller_.poll();
  }
  void pass(std::chrono::milliseconds time) {
    wall_ += time;
    steady_ += time;
  }
  void restore(model::Run run) { restored_ = std::move(run); }
  const model::Run& run() { return *poller_.current(); }
  Poller& poller() { return poller_; }
  std::uint64_t errors(ErrorKind kind) { return poller_.health().errors[static_cast<std::size_t>(kind)]; }
  std::uint64_t errors() {
    std::uint64_t sum = 0;
    for (const auto count : poller_.health().errors) sum += count;
    return sum;
  }

 private:
  TimePoint wall_{Millis{1'800'000'000'000}};
  std::chrono::steady_clock::time_point steady_{1000s};
  std::optional<model::Run> restored_;
  Poller poller_;
};

/// How many of the questions have that in them.
inline std::size_t count_of(const std::vector<std::string>& questions, std::string_view part) {
  return static_cast<std::size_t>(std::count_if(questions.begin(), questions.end(), [&](const std::string& question) {
    return question.find(part) != std::string::npos;
  }));
}

}  // namespace spark_exporter::spark
