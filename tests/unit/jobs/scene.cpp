#include "tests/unit/jobs/scene.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

#include "exporter/kubernetes/decode.hpp"
#include "tests/support/fixtures.hpp"

namespace spark_exporter::jobs::test {

using kubernetes::ContainerStatus;

kubernetes::Pod DriverPod::pod() const {
  kubernetes::Pod made;
  made.namespace_name = "etl";
  made.name = name;
  made.uid = uid;
  made.creation_time = at(created);
  made.labels = {{"spark-role", "driver"}, {"spark-app-selector", app_id}, {"spark-version", "3.5.7"}};
  if (!job.empty()) made.labels["spark-exporter.io/job"] = job;
  for (const auto& [key, value] : labels) made.labels[key] = value;
  for (const auto& [key, value] : annotations) made.annotations[key] = value;
  if (!submission.empty()) made.labels["sparkoperator.k8s.io/submission-id"] = submission;
  if (!application.empty()) {
    made.labels["sparkoperator.k8s.io/app-name"] = application;
    made.owners.push_back({"SparkApplication", application, "uid-" + application, true});
  }
  made.restart_policy = "Never";
  made.containers.resize(2);
  made.containers[0].name = "exporter";
  made.containers[1].name = outcome::kDriverContainer;
  made.container_statuses.resize(2);
  made.container_statuses[0].name = "exporter";
  auto& driver = made.container_statuses[1];
  driver.name = outcome::kDriverContainer;
  made.phase = kubernetes::Phase::kPending;
  if (runs_since) {
    made.phase = kubernetes::Phase::kRunning;
    driver.state = ContainerStatus::State::kRunning;
    driver.running_since = at(*runs_since);
  }
  if (ended) {
    made.phase = exit_code == 0 ? kubernetes::Phase::kSucceeded : kubernetes::Phase::kFailed;
    driver.state = ContainerStatus::State::kTerminated;
    driver.terminated.exit_code = exit_code;
    driver.terminated.reason = exit_code == 0 ? "Completed" : "Error";
    if (runs_since) driver.terminated.started_at = at(*runs_since);
    driver.terminated.finished_at = at(*ended);
  }
  if (!last_words.empty()) {
    made.container_statuses[0].state = ContainerStatus::State::kTerminated;
    made.container_statuses[0].terminated.message = last_words;
  }
  if (deletion_asked) {
    made.deletion_time = at(*deletion_asked + 30);
    made.deletion_grace_period = kubernetes::Seconds{30};
  }
  return made;
}

kubernetes::Pod executor(const std::string& uid, const std::string& app_id, kubernetes::Phase phase,
                         std::optional<std::int64_t> exit_code, const std::string& reason) {
  kubernetes::Pod made;
  made.namespace_name = "etl";
  made.name = "exec-" + uid;
  made.uid = uid;
  made.labels = {{"spark-role", "executor"}, {"spark-app-selector", app_id}};
  made.phase = phase;
  made.restart_policy = "Never";
  made.containers.resize(1);
  made.containers[0].name = outcome::kExecutorContainer;
  if (phase == kubernetes::Phase::kPending) return made;
  made.container_statuses.resize(1);
  made.container_statuses[0].name = outcome::kExecutorContainer;
  made.container_statuses[0].state = ContainerStatus::State::kRunning;
  if (exit_code) {
    made.container_statuses[0].state = ContainerStatus::State::kTerminated;
    made.container_statuses[0].terminated.exit_code = *exit_code;
    made.container_statuses[0].terminated.reason = reason;
  }
  return made;
}

kubernetes::SparkApplication application(const std::string& name, const std::string& state,
                                         const std::string& submission, std::int64_t attempts,
                                         const std::string& restart, std::int64_t retries) {
  kubernetes::SparkApplication made;
  made.namespace_name = "etl";
  made.name = name;
  made.uid = "uid-" + name;
  made.creation_time = at(0);
  made.state = state;
  made.submission_id = submission;
  made.execution_attempts = attempts;
  made.submission_attempts = attempts;
  made.restart_type = restart;
  made.failure_retries = retries;
  made.submission_failure_retries = retries;
  return made;
}

outcome::LastWordsMessage words(const DriverPod& pod, outcome::State state, outcome::Reason reason) {
  outcome::LastWordsMessage message;
  message.kubernetes_namespace = "etl";
  message.pod = pod.name;
  message.pod_uid = pod.uid;
  message.app = pod.job;
  message.app_from = "label";
  message.app_id = pod.app_id;
  message.verdict.state = state;
  message.verdict.reason = reason;
  message.verdict.confidence = outcome::Confidence::kCertain;
  return message;
}

kubernetes::Pod recorded_pod(const std::string& path) {
  std::istringstream in(spark_exporter::test::fixture("kubernetes/" + path));
  kubernetes::Pod pod;
  const auto report = kubernetes::decode_object(in, pod);
  if (!report) throw std::runtime_error(path + ": " + report.error().what);
  return pod;
}

Strings shown(const outcome::View& view) {
  Strings lines;
  for (const auto& run : view.runs) {
    lines.push_back(run.app_id + ' ' + std::string(outcome::to_string(run.verdict.state)));
  }
  return lines;
}

outcome::JobView job_of(const outcome::View& view, const std::string& app) {
  for (const auto& job : view.jobs) {
    if (job.app == app) return job;
  }
  return {};
}

outcome::RunView run_of(const outcome::View& view, const std::string& app_id) {
  for (const auto& run : view.runs) {
    if (run.app_id == app_id) return run;
  }
  ADD_FAILURE() << app_id << " is not shown";
  return {};
}

}  // namespace spark_exporter::jobs::test
