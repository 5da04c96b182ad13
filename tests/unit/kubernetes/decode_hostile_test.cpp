// Answers that no API server gives: wrong types, limits and one past them, damage.

#include <gtest/gtest.h>

#include <random>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "tests/unit/kubernetes/decode_support.hpp"

namespace spark_exporter::kubernetes {
namespace {

using test::kAllDecoders;
using test::list;
using test::object;
using test::read;
using test::recorded;

std::string repeat(const std::string& text, std::size_t times, const std::string& between = ",") {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += (i == 0 ? "" : between) + text;
  return repeated;
}

Pod pod(const std::string& rest) {
  auto [report, found] = read<Pod>(object(rest));
  EXPECT_TRUE(report);
  return found;
}

TEST(DecodeHostile, WrongTypesAreLeftOutAndReported) {
  struct {
    const char* rest;
    const char* report;
  } const cases[] = {
      {R"(,"status":{"phase":7})", "pod.status.phase: number 7 where a pod's phase is documented"},
      {R"(,"status":{"phase":"Resting"})", R"(pod.status.phase: string "Resting" where a pod's phase is documented)"},
      {R"(,"spec":{"containers":{"name":"x"}})", "pod.spec.containers: object where a list is documented"},
      {R"(,"spec":{"containers":[{"name":[]}]})", "pod.spec.containers[0].name: list where a string is documented"},
      {R"(,"spec":{"containers":[{},{"resources":{"limits":{"memory":"lots"}}}]})",
       R"(pod.spec.containers[1].resources.limits."memory": string "lots" where a quantity is documented)"},
      {R"(,"status":{"startTime":"yesterday"})",
       R"(pod.status.startTime: string "yesterday" where a time is documented)"},
      {R"(,"spec":{"terminationGracePeriodSeconds":-1})",
       "pod.spec.terminationGracePeriodSeconds: number -1 where a number of seconds is documented"},
      {R"(,"status":{"containerStatuses":[{"state":{"terminated":{"exitCode":"1"}}}]})",
       R"(pod.status.containerStatuses[0].state.terminated.exitCode: string "1" where an integer is documented)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.rest);
    const auto [report, found] = read<Pod>(object(c.rest));
    ASSERT_TRUE(report);
    EXPECT_EQ(found.name, "a");
    EXPECT_EQ(report->wrong_types, 1U);
    EXPECT_EQ(report->first, c.report);
  }
}

TEST(DecodeHostile, NullsAndAbsentFieldsAreAbsent) {
  const auto [report, found] = read<Pod>(object(
      R"(,"spec":{"containers":null,"nodeName":null},"status":{"phase":null,"conditions":[null,{"type":"Ready"}]})"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 0U) << report->first;
  EXPECT_TRUE(found.containers.empty());
  EXPECT_EQ(found.phase, Phase::kUnknown);
  ASSERT_EQ(found.conditions.size(), 2U);
  EXPECT_EQ(found.conditions[1].type, "Ready");
}

TEST(DecodeHostile, GosZeroTimeIsNone) {
  const auto [report, found] = read<Pod>(object(R"(,"status":{"startTime":"0001-01-01T00:00:00Z"})"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->wrong_types, 0U);
  EXPECT_EQ(found.start_time, std::nullopt);
}

TEST(DecodeHostile, ObjectsWithoutANameAreDropped) {
  const auto found = list<Pod>(
      R"({"items":[{"metadata":{"name":"a"}},{"metadata":{}},{},7,null,{"metadata":{"name":"b"}}],"metadata":{}})");
  ASSERT_TRUE(found.report);
  EXPECT_EQ(found.objects.size(), 2U);
  EXPECT_EQ(found.report->wrong_types, 3U);
  EXPECT_EQ(found.report->first, "pods.items[1]: dropped: no name");

  Pod kept;
  kept.name = "before";
  EXPECT_TRUE(decode_event(R"({"type":"ADDED","object":{"metadata":{}}})", kept));
  EXPECT_EQ(kept.name, "before");
}

TEST(DecodeHostile, NothingIsLeftOfTheObjectBefore) {
  const auto found = list<Pod>(R"({"items":[{"metadata":{"name":"a","labels":{"x":"y"}},
    "status":{"phase":"Failed","containerStatuses":[{"name":"c"}]}},{"metadata":{"name":"b"}}]})");
  ASSERT_EQ(found.objects.size(), 2U);
  EXPECT_EQ(found.objects[1].phase, Phase::kUnknown);
  EXPECT_TRUE(found.objects[1].labels.empty());
  EXPECT_TRUE(found.objects[1].container_statuses.empty());
}

TEST(DecodeHostile, AContainerInTwoStatesHasEnded) {
  const auto found = pod(R"(,"status":{"containerStatuses":[{"state":{"terminated":{"exitCode":3},
    "running":{"startedAt":"2026-11-23T13:38:00Z"},"waiting":{"reason":"x"}}}]})");
  EXPECT_EQ(found.container_statuses.at(0).state, ContainerStatus::State::kTerminated);
  EXPECT_EQ(found.container_statuses.at(0).terminated.exit_code, 3);
}

TEST(DecodeHostile, ExitCodesBelowZero) {
  const auto found = pod(R"(,"status":{"containerStatuses":[{"state":{"terminated":{"exitCode":-1073741819}}}]})");
  EXPECT_EQ(found.container_statuses.at(0).terminated.exit_code, -1073741819);
}

TEST(DecodePod, TheJobsNameInAContainersEnvironment) {
  const std::string named = R"({"name":"SPARK_EXPORTER_JOB","value":"nightly"})";
  const std::string elsewhere = R"({"name":"SPARK_EXPORTER_JOB","valueFrom":{"fieldRef":{"fieldPath":"x"}}})";
  const auto containers = [](const std::string& env) { return R"("containers":[{"env":[)" + env + "]}]"; };
  struct {
    std::string spec;
    const char* name;
  } const cases[] = {
      {containers(""), ""},
      {containers(named), "nightly"},
      {R"("initContainers":[{"env":[)" + named + "]}]", "nightly"},
      {R"("containers":[{"name":"a"},{"env":[{"name":"X","value":"y"},)" + named + R"(,{"name":"Z"}]}])", "nightly"},
      {containers(R"({"value":"nightly","name":"SPARK_EXPORTER_JOB"})"), "nightly"},
      {containers(elsewhere), ""},
      {containers(elsewhere + R"(,{"value":"other","name":"OTHER"})"), ""},
      {R"("containers":[{"env":[)" + elsewhere + R"(]},{"env":[{"value":"other","name":"OTHER"}]}])", ""},
      {R"("containers":[{"env":[{"value":"other"}]},{"env":[{"name":"SPARK_EXPORTER_JOB"}]}])", ""},
      {containers(elsewhere + "," + named), "nightly"},
      {containers(R"({"name":"SPARK_EXPORTER_JOB","value":""})"), ""},
      {containers(R"({"name":"SPARK_EXPORTER_JOB","value":"$(APP)-daily"},)" + named), "nightly"},
      {containers(R"({"name":"SPARK_EXPORTER_JOBS","value":"x"},{"name":"SPARK_EXPORTER","value":"y"})"), ""},
      {containers(named + R"(,{"name":"SPARK_EXPORTER_JOB","value":"second"})"), "nightly"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.spec);
    const auto [report, found] = read<Pod>(object(",\"spec\":{" + c.spec + "}"));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->wrong_types, 0U) << report->first;
    EXPECT_EQ(found.exporter_job, c.name);
  }
}

TEST(DecodePod, TheJobsNameInListsAndWatches) {
  const std::string pods = R"({"metadata":{"name":"a"},"spec":{"containers":[{"env":[{"name":"SPARK_EXPORTER_JOB",)"
                           R"("value":"nightly"}]}]}})";
  const auto found = list<Pod>(R"({"items":[)" + pods + R"(,{"metadata":{"name":"b"}}]})");
  ASSERT_EQ(found.objects.size(), 2U);
  EXPECT_EQ(found.objects[0].exporter_job, "nightly");
  EXPECT_EQ(found.objects[1].exporter_job, "");
  Pod watched;
  EXPECT_TRUE(decode_event(R"({"type":"ADDED","object":)" + pods + "}", watched));
  EXPECT_EQ(watched.exporter_job, "nightly");
}

TEST(DecodePod, AnnotationsThatSayWhatAJobIsAreKept) {
  for (const auto key : {"schedule", "timezone", "deadline", "kind", "job", "anything"}) {
    EXPECT_TRUE(kept_annotation(std::string("spark-exporter.io/") + key)) << key;
  }
  EXPECT_TRUE(kept_annotation("batch.kubernetes.io/cronjob-scheduled-timestamp"));
  EXPECT_FALSE(kept_annotation("kubectl.kubernetes.io/last-applied-configuration"));
}

// --- limits ------------------------------------------------------------------------------------

TEST(DecodePod, VolumesThatAreMadeForItAndItsShareOfTheNodesDisk) {
  const auto volume = [](const std::string& storage) {
    return R"({"name":"v","ephemeral":{"volumeClaimTemplate":{"spec":{"resources":{"requests":{"storage":)" + storage +
           "}}}}}}";
  };
  const auto read_volumes = [&](const std::string& list) { return pod(R"(,"spec":{"volumes":[)" + list + "]}"); };
  EXPECT_EQ(read_volumes(R"({"name":"a","emptyDir":{"sizeLimit":"9Gi"}})").ephemeral_volumes, 0);
  EXPECT_EQ(read_volumes(volume("\"10Ki\"") + "," + volume("24")).ephemeral_volumes, 10 * 1024 + 24);
  EXPECT_EQ(read_volumes(volume("\"much\"") + "," + volume("\"-5\"")).ephemeral_volumes, 0);
  const auto disk = pod(R"(,"spec":{"containers":[{"resources":{"requests":{"ephemeral-storage":"2Ki"}}}]})");
  ASSERT_EQ(disk.containers.size(), 1U);
  EXPECT_EQ(disk.containers[0].requests.ephemeral_storage, 2048);
}

TEST(DecodeHostile, TheJobsNameIsCut) {
  const auto name = [](std::size_t size) {
    return pod(R"(,"spec":{"containers":[{"env":[{"name":"SPARK_EXPORTER_JOB","value":")" + std::string(size, 'j') +
               R"("}]}]})")
        .exporter_job.size();
  };
  EXPECT_EQ(name(limits::kTextBytes), limits::kTextBytes);
  EXPECT_EQ(name(limits::kTextBytes + 1), limits::kTextBytes);
}

TEST(DecodeHostile, ListsInAnObject) {
  const auto statuses = [](std::size_t count) {
    return pod(R"(,"status":{"containerStatuses":[)" + repeat(R"({"name":"c"})", count) + "]}")
        .container_statuses.size();
  };
  EXPECT_EQ(statuses(limits::kContainers), limits::kContainers);
  EXPECT_EQ(statuses(limits::kContainers + 1), limits::kContainers);
  const auto conditions = [](std::size_t count) {
    return pod(R"(,"status":{"conditions":[)" + repeat(R"({"type":"t"})", count) + "]}").conditions.size();
  };
  EXPECT_EQ(conditions(limits::kConditions), limits::kConditions);
  EXPECT_EQ(conditions(limits::kConditions + 1), limits::kConditions);
  const auto runs = [](std::size_t count) {
    return read<ScheduledSparkApplication>(
               object(R"(,"status":{"pastFailedRunNames":[)" + repeat("\"r\"", count) + "]}"))
        .second.past_failed_runs.size();
  };
  EXPECT_EQ(runs(limits::kRunNames), limits::kRunNames);
  EXPECT_EQ(runs(limits::kRunNames + 1), limits::kRunNames);
  const auto active = [](std::size_t count) {
    return read<CronJob>(object(R"(,"status":{"active":[)" + repeat(R"({"name":"j"})", count) + "]}"))
        .second.active.size();
  };
  EXPECT_EQ(active(limits::kRunNames), limits::kRunNames);
  EXPECT_EQ(active(limits::kRunNames + 1), limits::kRunNames);
  const auto taints = [](std::size_t count) {
    return read<Node>(object(R"(,"spec":{"taints":[)" + repeat(R"({"key":"k"})", count) + "]}")).second.taints.size();
  };
  EXPECT_EQ(taints(limits::kTaints), limits::kTaints);
  EXPECT_EQ(taints(limits::kTaints + 1), limits::kTaints);
}

Pod with_metadata(const std::string& field, const std::string& prefix, std::size_t count) {
  std::string entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries += (i == 0 ? "\"" : ",\"") + prefix + std::to_string(i) + "\":\"v\"";
  }
  return read<Pod>(R"({"metadata":{"name":"a",")" + field + "\":{" + entries + "}}}").second;
}

TEST(DecodeHostile, LabelsAnnotationsAndOwners) {
  EXPECT_EQ(with_metadata("labels", "l", limits::kLabels).labels.size(), limits::kLabels);
  EXPECT_EQ(with_metadata("labels", "l", limits::kLabels + 1).labels.size(), limits::kLabels);
  const std::string ours = "spark-exporter.io/";
  EXPECT_EQ(with_metadata("annotations", ours, limits::kAnnotations).annotations.size(), limits::kAnnotations);
  EXPECT_EQ(with_metadata("annotations", ours, limits::kAnnotations + 1).annotations.size(), limits::kAnnotations);
  EXPECT_EQ(with_metadata("annotations", "others/", 3).annotations.size(), 0U);
  const auto owners = [](std::size_t count) {
    return read<Pod>(R"({"metadata":{"name":"a","ownerReferences":[)" + repeat(R"({"kind":"k"})", count) + "]}}")
        .second.owners.size();
  };
  EXPECT_EQ(owners(limits::kOwners), limits::kOwners);
  EXPECT_EQ(owners(limits::kOwners + 1), limits::kOwners);
}

TEST(DecodeHostile, Texts) {
  const auto message = [](std::size_t bytes) {
    return pod(R"(,"status":{"containerStatuses":[{"state":{"terminated":{"message":")" + std::string(bytes, 'x') +
               "\"}}}]}")
        .container_statuses.at(0)
        .terminated.message.size();
  };
  EXPECT_EQ(message(limits::kTerminationMessageBytes), limits::kTerminationMessageBytes);
  EXPECT_EQ(message(limits::kTerminationMessageBytes + 1), limits::kTerminationMessageBytes);
  const auto error = [](std::size_t bytes) {
    return read<SparkApplication>(
               object(R"(,"status":{"applicationState":{"errorMessage":")" + std::string(bytes, 'x') + "\"}}"))
        .second.error_message.size();
  };
  EXPECT_EQ(error(limits::kErrorMessageBytes), limits::kErrorMessageBytes);
  EXPECT_EQ(error(limits::kErrorMessageBytes + 1), limits::kErrorMessageBytes);
  EXPECT_EQ(pod(R"(,"status":{"message":")" + std::string(limits::kTextBytes + 1, 'x') + "\"}").message.size(),
            limits::kTextBytes);
}

TEST(DecodeHostile, ObjectsOfAPage) {
  const auto page = [](std::size_t count) {
    return list<Pod>(R"({"items":[)" + repeat(R"({"metadata":{"name":"a"}})", count) + "]}");
  };
  EXPECT_EQ(page(limits::kPageObjectsTaken).objects.size(), limits::kPageObjectsTaken);
  const auto over = page(limits::kPageObjectsTaken + 1);
  ASSERT_FALSE(over.report);
  EXPECT_EQ(over.report.error().kind, ErrorKind::kTooLarge);
}

TEST(DecodeHostile, SecondsFitEveryDuration) {
  const auto grace = [](const std::string& seconds) {
    return pod(R"(,"spec":{"terminationGracePeriodSeconds":)" + seconds + "}").termination_grace_period;
  };
  EXPECT_EQ(grace("0"), Seconds{0});
  ASSERT_TRUE(grace("9223372036854775807"));
  EXPECT_LE(*grace("9223372036854775807"), std::chrono::hours{24 * 366 * 100});
}

TEST(DecodeHostile, Depth) {
  for (const auto decode : kAllDecoders) {
    for (const std::string open : {"[", R"({"object":)", R"({"items":[)", R"({"metadata":)"}) {
      const auto report = decode(repeat(open, 100'000, ""));
      ASSERT_FALSE(report);
      EXPECT_EQ(report.error().kind, ErrorKind::kTooLarge);
    }
  }
}

// --- events ------------------------------------------------------------------------------------

TEST(DecodeHostile, HeadsOfEvents) {
  for (const char* line : {"", "{", "[]", "7", "{}", R"({"type":"RENAMED","object":{}})", R"({"type":7})",
                           R"({"object":{}})", R"({"type":null})"}) {
    WatchHead head;
    head.resource_version = "before";
    const auto report = decode_watch_head(line, head);
    EXPECT_FALSE(report) << line;
    EXPECT_EQ(head.resource_version, "before");
  }
  WatchHead head;
  ASSERT_TRUE(decode_watch_head(R"({"object":{"metadata":{"resourceVersion":"5"}},"type":"ADDED"})", head));
  EXPECT_EQ(head.type, EventType::kAdded);
  EXPECT_EQ(head.resource_version, "5");
}

TEST(DecodeHostile, OtherKindsMayHaveFieldsOfThatName) {
  WatchHead head;
  const auto report = decode_watch_head(R"({"type":"ADDED","object":{"code":{},"message":[1],"reason":7}})", head);
  ASSERT_TRUE(report);
  EXPECT_EQ(head.type, EventType::kAdded);
}

// --- damage ------------------------------------------------------------------------------------

void expect_sane(const Result<DecodeReport>& report) {
  if (report) {
    EXPECT_EQ(report->wrong_types == 0, report->first.empty());
    EXPECT_EQ(find_invalid_utf8(report->first), std::string::npos);
    EXPECT_EQ(report->first.find('\n'), std::string::npos);
  } else {
    EXPECT_TRUE(report.error().kind == ErrorKind::kMalformed || report.error().kind == ErrorKind::kTooLarge);
    EXPECT_EQ(find_invalid_utf8(report.error().what), std::string::npos);
    EXPECT_EQ(report.error().what.find('\n'), std::string::npos);
  }
}

TEST(DecodeHostile, CutAnywhere) {
  const std::string line = R"({"type":"ADDED","object":)" + recorded("pods/evicted.json") + "}";
  for (std::size_t length = 0; length < line.size(); length += 7) {
    Pod out;
    const auto report = decode_event(line.substr(0, length), out);
    ASSERT_FALSE(report) << length;
    EXPECT_EQ(report.error().kind, ErrorKind::kMalformed);
    EXPECT_TRUE(out.name.empty());
  }
}

TEST(DecodeHostile, DamagedBytes) {
  const std::string documents[] = {recorded("pods/native-sidecar-crashloop-driver-waiting.json"),
                                   recorded("sparkoperator-2.5.2/op-retry.json"), recorded("batch/cronjobs.json"),
                                   recorded("lists/504-list-future-rv.json")};
  std::mt19937 random(4);
  for (int round = 0; round < 60; ++round) {
    for (std::string text : documents) {
      for (int i = 0; i < 3; ++i) text[random() % text.size()] = static_cast<char>(random());
      for (const auto decode : kAllDecoders) expect_sane(decode(text));
    }
  }
}

}  // namespace
}  // namespace spark_exporter::kubernetes
