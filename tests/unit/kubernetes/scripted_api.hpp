#pragma once
// An API server that follows a script, behind net::HttpClient, in a time that only tests move.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/kubernetes/api_client.hpp"
#include "exporter/kubernetes/store.hpp"
#include "exporter/kubernetes/timing.hpp"

namespace spark_exporter::kubernetes::test {

/// Sleeping moves the clock. By chance 0.5 comes, with which pauses are neither longer nor shorter.
class ScriptedTiming final : public Timing {
 public:
  Instant now() override { return now_; }
  bool sleep(Millis span) override {
    pauses.push_back(span);
    now_ += span;
    return !woken_;
  }
  void wake() noexcept override { woken_ = true; }
  void interrupt() noexcept override {}
  double random() override { return 0.5; }

  void pass(Millis span) { now_ += span; }

  std::vector<Millis> pauses;

 private:
  Instant now_{};
  bool woken_ = false;
};

/// One answer.
struct Answer {
  unsigned status = 200;
  std::string body{};
  Millis lasts{0};                    ///< from the request to the end of the answer
  std::optional<ErrorKind> breaks{};  ///< how the connection ends after the body; before any answer if `status` is 0
  std::uint64_t retry_after = 0;
  std::string content_type = "application/json";
};

/// Answers one request; nothing: the script is over.
using Script = std::function<std::optional<Answer>(const net::Request&)>;

/// When the script is over `on_end` is called, and every request is cancelled.
class ScriptedApi {
 public:
  ScriptedApi(ScriptedTiming& timing, Script script) : timing_(timing), script_(std::move(script)) {}

  std::unique_ptr<net::HttpClient> client();

  std::function<void()> on_end = [] {};
  std::vector<std::string> targets;
  std::vector<Instant> times;

 private:
  class Client;
  Result<void> answer(const net::Request& request, const net::Consumer& consume);

  ScriptedTiming& timing_;
  Script script_;
};

/// The answers in their order, then the end.
Script in_order(std::vector<Answer> answers);

/// Writes down what becomes of a list of pods.
class RecordingStore final : public Store<Pod> {
 public:
  void begin_list() override { said.emplace_back("begin"); }
  void put(Pod&& pod) override { said.push_back("put " + pod.name + "@" + pod.resource_version); }
  void remove(Pod&& pod) override { said.push_back("remove " + pod.name + "@" + pod.resource_version); }
  void end_list() override { said.emplace_back("end"); }

  std::vector<std::string> said;
};

/// JSON of a pod, of a page of them, and of a watch's line.
std::string pod_json(const std::string& name, const std::string& version);
std::string page_json(const std::vector<std::pair<std::string, std::string>>& pods, const std::string& version,
                      const std::string& continue_token = "");
std::string event_line(const std::string& type, const std::string& name, const std::string& version);
std::string bookmark_line(const std::string& version);
std::string error_line(int code);

}  // namespace spark_exporter::kubernetes::test
