// Recorded answers: every field that is read, once, by hand; and all answers against an independent reading of them.

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "exporter/kubernetes/text.hpp"
#include "tests/unit/kubernetes/decode_support.hpp"

namespace spark_exporter::kubernetes {
namespace {

using test::list;
using test::read;
using test::recorded;
using test::recorded_lines;
using Json = nlohmann::json;

constexpr const char* kDriver = "spark-kubernetes-driver";

Pod pod(const std::string& path) {
  auto [report, found] = read<Pod>(recorded(path));
  EXPECT_TRUE(report) << path;
  EXPECT_EQ(report->wrong_types, 0U) << report->first;
  return found;
}

TEST(DecodeRecorded, DriverWithANativeSidecar) {
  const Pod found = pod("pods/native-sidecar-driver-done-pod-succeeded.json");
  EXPECT_EQ(found.name, "native-sidecar-done");
  EXPECT_EQ(found.namespace_name, "spark");
  EXPECT_EQ(found.uid, "056e332f-f4d0-465c-b765-6445773e7295");
  EXPECT_EQ(found.resource_version, "536");
  EXPECT_EQ(found.creation_time, parse_time("2026-11-23T23:46:48Z"));
  EXPECT_EQ(found.deletion_time, std::nullopt);
  EXPECT_EQ(found.deletion_requested(), std::nullopt);
  EXPECT_EQ(found.label("spark-role"), "driver");
  EXPECT_EQ(found.label("spark-app-selector"), "spark-b394a87cb606d2ef386a3bb7228d743e");
  EXPECT_EQ(found.label("none"), "");
  EXPECT_EQ(found.labels.size(), 4U);
  EXPECT_EQ(found.node, "proc-0");
  EXPECT_EQ(found.service_account, "default");
  EXPECT_EQ(found.restart_policy, "Never");
  EXPECT_EQ(found.termination_grace_period, Seconds{30});
  EXPECT_EQ(found.phase, Phase::kSucceeded);
  EXPECT_EQ(found.ip, "127.85.0.12");
  EXPECT_EQ(found.start_time, parse_time("2026-11-23T23:46:48Z"));

  ASSERT_EQ(found.containers.size(), 1U);
  EXPECT_EQ(found.containers[0].name, kDriver);
  EXPECT_EQ(found.containers[0].image, "docker.io/apache/spark:3.5.7");
  EXPECT_EQ(found.containers[0].requests.cpu, 0.01);
  EXPECT_EQ(found.containers[0].requests.memory, 64 << 20);
  EXPECT_EQ(found.containers[0].limits.memory, 64 << 20);
  EXPECT_EQ(found.containers[0].limits.cpu, std::nullopt);
  EXPECT_EQ(found.containers[0].restart_policy, "");
  ASSERT_EQ(found.init_containers.size(), 1U);
  EXPECT_EQ(found.init_containers[0].name, "exporter");
  EXPECT_EQ(found.init_containers[0].restart_policy, "Always");

  ASSERT_EQ(found.conditions.size(), 5U);
  const Condition* ready = find_condition(found.conditions, "Ready");
  ASSERT_NE(ready, nullptr);
  EXPECT_FALSE(ready->is_true());
  EXPECT_EQ(ready->reason, "PodCompleted");
  EXPECT_EQ(ready->last_transition, parse_time("2026-11-23T23:46:51Z"));
  EXPECT_EQ(find_condition(found.conditions, "None"), nullptr);

  ASSERT_EQ(found.init_container_statuses.size(), 1U);
  EXPECT_EQ(found.init_container_statuses[0].terminated.finished_at, parse_time("2026-11-23T23:46:51Z"));
  const ContainerStatus* driver = find_named(found.container_statuses, kDriver);
  ASSERT_NE(driver, nullptr);
  EXPECT_EQ(driver->state, ContainerStatus::State::kTerminated);
  EXPECT_EQ(driver->terminated.exit_code, 0);
  EXPECT_EQ(driver->terminated.reason, "Completed");
  EXPECT_EQ(driver->terminated.started_at, parse_time("2026-11-23T23:46:48Z"));
  EXPECT_EQ(driver->last_terminated, std::nullopt);
  EXPECT_EQ(find_named(found.container_statuses, "exporter"), nullptr);
}

TEST(DecodeRecorded, StatesOfContainers) {
  const auto running = pod("pods/running-with-sidecar.json");
  ASSERT_EQ(running.container_statuses.size(), 2U);
  EXPECT_EQ(running.container_statuses[0].name, "exporter");
  EXPECT_EQ(running.container_statuses[1].state, ContainerStatus::State::kRunning);
  EXPECT_EQ(running.container_statuses[1].running_since, parse_time("2026-11-23T23:46:48Z"));

  const auto loop = pod("pods/native-sidecar-crashloop-driver-waiting.json").init_container_statuses.at(0);
  EXPECT_EQ(loop.state, ContainerStatus::State::kWaiting);
  EXPECT_EQ(loop.waiting_reason, "CrashLoopBackOff");
  EXPECT_TRUE(loop.waiting_message.starts_with("back-off 20s restarting"));
  EXPECT_EQ(loop.restart_count, 2);
  ASSERT_TRUE(loop.last_terminated);
  EXPECT_EQ(loop.last_terminated->exit_code, 1);
  EXPECT_EQ(loop.last_terminated->reason, "Error");

  const auto message = pod("pods/failed-exit-1-termination-message.json").container_statuses.at(0).terminated.message;
  EXPECT_TRUE(message.starts_with("Exception in thread \"main\" org.apache.spark.SparkException: Job aborted"));
}

TEST(DecodeRecorded, EvictionAndDeletion) {
  const auto evicted = pod("pods/evicted.json");
  EXPECT_EQ(evicted.phase, Phase::kFailed);
  EXPECT_EQ(evicted.reason, "Evicted");
  EXPECT_TRUE(evicted.message.starts_with("The node was low on resource: ephemeral-storage."));
  const auto lost = pod("pods/node-lost-terminating.json");
  EXPECT_EQ(lost.deletion_time, parse_time("2026-11-23T13:52:39Z"));
  EXPECT_EQ(lost.deletion_grace_period, Seconds{30});
  EXPECT_EQ(lost.deletion_requested(), parse_time("2026-11-23T13:52:09Z"));
  EXPECT_EQ(find_condition(lost.conditions, "DisruptionTarget")->reason, "DeletionByTaintManager");
}

TEST(DecodeRecorded, PagesOfAList) {
  const auto first = list<Pod>(recorded("lists/pods-page-1.json"));
  ASSERT_TRUE(first.report);
  EXPECT_EQ(first.report->wrong_types, 0U);
  EXPECT_EQ(first.head.resource_version, "401");
  EXPECT_EQ(first.head.continue_token,
            "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NDAxLCJzdGFydCI6ImZhaWxlZC1leGl0LTFcdTAwMDAifQ");
  EXPECT_EQ(first.objects.size(), 12U);
  const auto last = list<Pod>(recorded("lists/pods-page-3.json"));
  EXPECT_EQ(last.head.continue_token, "");
  EXPECT_EQ(last.objects.size(), 8U);
  const auto none = list<Pod>(recorded("lists/pods-selector-drivers-empty.json"));
  ASSERT_TRUE(none.report);
  EXPECT_FALSE(none.head.resource_version.empty());
  EXPECT_TRUE(none.objects.empty());
}

// The members of `found` against what another parser makes of the document.
void expect_same(const Json& json, const Pod& found) {
  const auto& meta = json.at("metadata");
  EXPECT_EQ(found.name, meta.at("name"));
  EXPECT_EQ(found.namespace_name, meta.value("namespace", ""));
  EXPECT_EQ(found.uid, meta.at("uid"));
  EXPECT_EQ(found.resource_version, meta.at("resourceVersion"));
  EXPECT_EQ(Json(found.labels), meta.value("labels", Json::object()));
  EXPECT_EQ(found.owners.size(), meta.value("ownerReferences", Json::array()).size());
  const auto& status = json.at("status");
  EXPECT_EQ(found.reason, status.value("reason", ""));
  EXPECT_EQ(found.conditions.size(), status.value("conditions", Json::array()).size());
  const auto containers = status.value("containerStatuses", Json::array());
  ASSERT_EQ(found.container_statuses.size(), containers.size());
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const auto& seen = found.container_statuses[i];
    EXPECT_EQ(seen.name, containers[i].at("name"));
    EXPECT_EQ(seen.restart_count, containers[i].at("restartCount"));
    const auto& state = containers[i].at("state");
    EXPECT_EQ(seen.state == ContainerStatus::State::kRunning, state.contains("running"));
    ASSERT_EQ(seen.state == ContainerStatus::State::kTerminated, state.contains("terminated"));
    if (state.contains("terminated")) {
      EXPECT_EQ(seen.terminated.exit_code, state["terminated"]["exitCode"]);
    }
  }
}

TEST(DecodeRecorded, EveryPodOfEveryList) {
  std::size_t pods = 0;
  for (const char* path : {"lists/pods.json", "lists/pods-page-1.json", "lists/pods-page-3.json"}) {
    const auto found = list<Pod>(recorded(path));
    ASSERT_TRUE(found.report) << found.report.error().what;
    EXPECT_EQ(found.report->wrong_types, 0U) << found.report->first;
    const Json items = Json::parse(recorded(path)).at("items");
    ASSERT_EQ(found.objects.size(), items.size());
    for (std::size_t i = 0; i < items.size(); ++i) expect_same(items[i], found.objects[i]);
    pods += items.size();
  }
  EXPECT_EQ(pods, 28U + 12U + 8U);
}

TEST(DecodeRecorded, EveryLineOfEveryWatchOfPods) {
  std::size_t bookmarks = 0;
  for (const char* path : {"watch/watch-lifecycle.ndjson", "watch/watch-list-initial-events.ndjson",
                           "watch/watch-node-deleted-pod-gc.ndjson", "watch/watch-executors-oom-replaced.ndjson"}) {
    for (const auto& line : recorded_lines(path)) {
      const Json json = Json::parse(line);
      WatchHead head;
      const auto report = decode_watch_head(line, head);
      ASSERT_TRUE(report) << report.error().what;
      EXPECT_EQ(report->wrong_types, 0U) << report->first;
      EXPECT_EQ(head.resource_version, json["object"]["metadata"]["resourceVersion"]);
      if (json["type"] == "BOOKMARK") {
        EXPECT_EQ(head.type, EventType::kBookmark);
        EXPECT_EQ(head.initial_events_end, line.find("initial-events-end") != std::string::npos);
        ++bookmarks;
        continue;
      }
      EXPECT_EQ(head.type == EventType::kAdded, json["type"] == "ADDED");
      EXPECT_EQ(head.type == EventType::kModified, json["type"] == "MODIFIED");
      EXPECT_EQ(head.type == EventType::kDeleted, json["type"] == "DELETED");
      Pod found;
      const auto decoded = decode_event(line, found);
      ASSERT_TRUE(decoded) << decoded.error().what;
      EXPECT_EQ(decoded->wrong_types, 0U) << decoded->first;
      expect_same(json["object"], found);
    }
  }
  EXPECT_EQ(bookmarks, 10U);
}

TEST(DecodeRecorded, ErrorEvents) {
  WatchHead head;
  ASSERT_TRUE(decode_watch_head(recorded("watch/410-watch-too-old.ndjson"), head));
  EXPECT_EQ(head.type, EventType::kError);
  EXPECT_EQ(head.status.code, 410);
  EXPECT_EQ(head.status.reason, "Expired");
  EXPECT_EQ(head.status.message, "too old resource version: 300 (1620)");
  ASSERT_TRUE(decode_watch_head(recorded("watch/500-sendInitialEvents-on-etcd-3.4.ndjson"), head));
  EXPECT_EQ(head.status.code, 500);
}

TEST(DecodeRecorded, Statuses) {
  struct {
    const char* path;
    std::int64_t code;
    const char* reason;
    int retry_after;
  } const cases[] = {
      {"auth/401-expired-token.json", 401, "Unauthorized", 0},
      {"auth/403-watch-cronjobs.json", 403, "Forbidden", 0},
      {"auth/404-pod.json", 404, "NotFound", 0},
      {"lists/410-continue-expired.json", 410, "Expired", 0},
      {"lists/504-list-future-rv.json", 504, "Timeout", 1},
      {"watch/500-bad-resource-version.json", 500, "", 0},
  };
  for (const auto& c : cases) {
    std::istringstream in(recorded(c.path));
    Status status;
    const auto report = decode_status(in, status);
    ASSERT_TRUE(report) << c.path;
    EXPECT_EQ(report->wrong_types, 0U) << report->first;
    EXPECT_EQ(status.code, c.code) << c.path;
    EXPECT_EQ(status.reason, c.reason) << c.path;
    EXPECT_EQ(status.retry_after, Seconds{c.retry_after}) << c.path;
    EXPECT_FALSE(status.message.empty()) << c.path;
  }
}

TEST(DecodeRecorded, SparkApplications) {
  const auto [report, failed] = read<SparkApplication>(recorded("sparkoperator-2.5.2/op-retry-failed-oom.json"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 0U) << report->first;
  EXPECT_EQ(failed.name, "op-retry");
  EXPECT_EQ(failed.state, "FAILED");
  EXPECT_EQ(failed.error_message, "driver container failed with ExitCode: 137, Reason: OOMKilled");
  EXPECT_EQ(failed.restart_type, "OnFailure");
  EXPECT_EQ(failed.failure_retries, 1);
  EXPECT_EQ(failed.submission_failure_retries, 1);
  EXPECT_EQ(failed.execution_attempts, 2);
  EXPECT_EQ(failed.submission_attempts, 2);
  EXPECT_EQ(failed.executor_instances, 1);
  EXPECT_EQ(failed.spark_version, "3.5.7");
  EXPECT_EQ(failed.driver_pod, "op-retry-driver");
  EXPECT_EQ(failed.app_id, "spark-05ca6fdc2c834b52bf80386443795f09");
  EXPECT_EQ(failed.submission_id, "fdff8708-be9b-45b1-aeb3-2ec4938546a4");
  EXPECT_EQ(failed.last_submission_time, parse_time("2026-11-23T14:08:15Z"));
  EXPECT_EQ(failed.termination_time, parse_time("2026-11-23T14:10:29Z"));
  EXPECT_TRUE(failed.annotations.empty());  // kubectl's copy of it is not kept
  EXPECT_EQ(read<SparkApplication>(recorded("sparkoperator-2.5.2/op-retry.json")).second.termination_time,
            std::nullopt);
  // 6 KB of spark-submit's log.
  const auto bad = read<SparkApplication>(recorded("sparkoperator-2.5.2/op-badsa.json")).second.error_message;
  EXPECT_NE(bad.find("KubernetesClientException: Failure executing"), std::string::npos);

  for (const auto& line : recorded_lines("sparkoperator-2.5.2/watch-sparkapplications.ndjson")) {
    if (line.find("\"BOOKMARK\"") != std::string::npos) continue;
    SparkApplication found;
    const auto decoded = decode_event(line, found);
    ASSERT_TRUE(decoded) << decoded.error().what;
    EXPECT_EQ(decoded->wrong_types, 0U) << decoded->first;
    EXPECT_TRUE(found.name.starts_with("op-"));
  }
}

// No recording: the operator's CRD says what there is.
TEST(DecodeRecorded, ScheduledSparkApplication) {
  const auto [report, found] = read<ScheduledSparkApplication>(R"({
    "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "ScheduledSparkApplication",
    "metadata": {"name": "nightly", "namespace": "jobs", "annotations": {"spark-exporter.io/deadline": "06:00"}},
    "spec": {"schedule": "30 2 * * *", "timeZone": "Europe/Berlin", "suspend": true, "concurrencyPolicy": "Forbid",
             "template": {"driver": {"memory": "1g"}}},
    "status": {"lastRun": "2026-11-23T01:30:00Z", "lastRunName": "nightly-1795397400000000000",
               "nextRun": "2026-11-24T01:30:00Z", "pastFailedRunNames": ["nightly-1"],
               "pastSuccessfulRunNames": ["nightly-2", "nightly-3"], "scheduleState": "Scheduled", "reason": ""}})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 0U) << report->first;
  EXPECT_EQ(found.schedule, "30 2 * * *");
  EXPECT_EQ(found.time_zone, "Europe/Berlin");
  EXPECT_TRUE(found.suspend);
  EXPECT_EQ(found.concurrency_policy, "Forbid");
  EXPECT_EQ(found.last_run, parse_time("2026-11-23T01:30:00Z"));
  EXPECT_EQ(found.last_run_name, "nightly-1795397400000000000");
  EXPECT_EQ(found.next_run, parse_time("2026-11-24T01:30:00Z"));
  EXPECT_EQ(found.past_failed_runs, (std::vector<std::string>{"nightly-1"}));
  EXPECT_EQ(found.past_successful_runs, (std::vector<std::string>{"nightly-2", "nightly-3"}));
  EXPECT_EQ(found.schedule_state, "Scheduled");
  EXPECT_EQ(found.annotations.at("spark-exporter.io/deadline"), "06:00");
}

TEST(DecodeRecorded, CronJobs) {
  const auto found = list<CronJob>(recorded("batch/cronjobs.json"));
  ASSERT_TRUE(found.report);
  EXPECT_EQ(found.report->wrong_types, 0U) << found.report->first;
  EXPECT_EQ(found.head.resource_version, "938");
  const CronJob* fail = find_named(found.objects, "etl-fail");
  ASSERT_NE(fail, nullptr);
  EXPECT_EQ(fail->schedule, "* * * * *");
  EXPECT_EQ(fail->concurrency_policy, "Forbid");
  EXPECT_FALSE(fail->suspend);
  EXPECT_EQ(fail->last_schedule_time, parse_time("2026-11-23T13:51:00Z"));
  EXPECT_EQ(fail->last_successful_time, std::nullopt);
  const CronJob* zoned = find_named(found.objects, "etl-nightly-tz");
  ASSERT_NE(zoned, nullptr);
  EXPECT_EQ(zoned->time_zone, "Europe/Berlin");
  EXPECT_EQ(zoned->last_schedule_time, std::nullopt);
  const CronJob* good = find_named(found.objects, "etl-ok");
  ASSERT_NE(good, nullptr);
  EXPECT_TRUE(good->last_successful_time);
  const CronJob* stuck = find_named(found.objects, "etl-stuck-forbid");
  ASSERT_NE(stuck, nullptr);
  EXPECT_EQ(stuck->active, (std::vector<std::string>{"etl-stuck-forbid-29924027"}));
  for (const auto& line : recorded_lines("batch/watch-cronjobs.ndjson")) {
    WatchHead head;
    ASSERT_TRUE(decode_watch_head(line, head));
  }
}

TEST(DecodeRecorded, Jobs) {
  const auto found = list<Job>(recorded("batch/jobs.json"));
  ASSERT_TRUE(found.report);
  EXPECT_EQ(found.report->wrong_types, 0U) << found.report->first;
  const Job* failed = find_named(found.objects, "etl-fail-29924030");
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->backoff_limit, 0);
  EXPECT_EQ(failed->failed, 1);
  EXPECT_EQ(failed->succeeded, 0);
  EXPECT_EQ(failed->start_time, parse_time("2026-11-23T13:50:00Z"));
  EXPECT_EQ(failed->completion_time, std::nullopt);
  EXPECT_EQ(find_condition(failed->conditions, "Failed")->reason, "BackoffLimitExceeded");
  EXPECT_EQ(failed->annotations.at("batch.kubernetes.io/cronjob-scheduled-timestamp"), "2026-11-23T13:50:00Z");
  ASSERT_EQ(failed->owners.size(), 1U);
  EXPECT_EQ(failed->owners[0].kind, "CronJob");
  EXPECT_EQ(failed->owners[0].name, "etl-fail");
  EXPECT_EQ(failed->owners[0].uid, "fea96abd-b76c-4815-aa3d-b6ef38adc6ef");
  EXPECT_TRUE(failed->owners[0].controller);
  const Job* good = find_named(found.objects, "etl-ok-29924029");
  ASSERT_NE(good, nullptr);
  EXPECT_EQ(good->completion_time, parse_time("2026-11-23T13:49:05Z"));
  EXPECT_EQ(good->succeeded, 1);
  EXPECT_TRUE(find_named(found.objects, "suspended")->suspend);
  EXPECT_EQ(find_named(found.objects, "running")->active, 1);
}

TEST(DecodeRecorded, Node) {
  const auto [report, node] = read<Node>(recorded("lists/node-unreachable.json"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 0U) << report->first;
  EXPECT_EQ(node.name, "fake-0");
  EXPECT_EQ(node.label("node.kubernetes.io/instance-type"), "m5.4xlarge");
  EXPECT_EQ(node.capacity.cpu, 64);
  EXPECT_EQ(node.allocatable.memory, 274877906944);
  EXPECT_EQ(node.allocatable.gpu, std::nullopt);
  ASSERT_EQ(node.taints.size(), 1U);
  EXPECT_EQ(node.taints[0].key, "node.kubernetes.io/unreachable");
  EXPECT_EQ(node.taints[0].effect, "NoSchedule");
  EXPECT_EQ(find_condition(node.conditions, "Ready")->status, "Unknown");
  EXPECT_FALSE(node.unschedulable);
}

}  // namespace
}  // namespace spark_exporter::kubernetes
