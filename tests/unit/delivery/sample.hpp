#pragma once
// A run's last words, to be changed by each test as it needs.

#include <chrono>

#include "exporter/net/http_client.hpp"
#include "exporter/outcome/last_words.hpp"
#include "tests/support/fault_server.hpp"

namespace spark_exporter::delivery::test {

inline outcome::TimePoint at(std::int64_t seconds) { return outcome::TimePoint{std::chrono::seconds{seconds}}; }

/// Ended 2026-11-23T13:37:07Z, after ten minutes.
inline outcome::LastWordsMessage failed_run() {
  constexpr std::int64_t kEnd = 1'795'441'027;
  outcome::LastWordsMessage message;
  message.kubernetes_namespace = "etl";
  message.pod = "nightly-driver";
  message.pod_uid = "0b7f3c62-5d1b-4f6c-9b3e-6a2f1f0f9a11";
  message.app = "nightly";
  message.app_from = "label";
  message.app_id = "spark-4f1d";
  message.verdict.state = outcome::State::kFailed;
  message.verdict.reason = outcome::Reason::kUserError;
  message.verdict.confidence = outcome::Confidence::kCertain;
  message.verdict.exit_code = 3;
  message.verdict.exception = "java.lang.IllegalStateException";
  message.verdict.evidence = "container ended with exit code 3";
  message.verdict.started = at(kEnd - 600);
  message.verdict.ended = at(kEnd);
  return message;
}

inline outcome::LastWordsMessage run_that_ended(outcome::State state) {
  auto message = failed_run();
  message.verdict.state = state;
  message.verdict.reason = outcome::Reason::kNone;
  message.verdict.exit_code = state == outcome::State::kSucceeded ? std::optional<std::int64_t>(0) : std::nullopt;
  message.verdict.exception.clear();
  message.verdict.evidence.clear();
  return message;
}

inline net::Url url_of(const spark_exporter::test::FaultServer& server, std::string_view path = "") {
  return *net::parse_url(server.url(path));
}

}  // namespace spark_exporter::delivery::test
