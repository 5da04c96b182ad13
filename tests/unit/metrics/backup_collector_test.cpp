// From objects to the exposition: what a CronJob and its Jobs are shown as.

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "exporter/backup/catalog.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/kubernetes/decode.hpp"
#include "tests/unit/metrics/scene.hpp"

namespace spark_exporter::metrics {
namespace {

using test::at;
using test::Scene;

template <class Object>
void put(kubernetes::Store<Object>& store, const std::string& json) {
  std::istringstream in(json);
  Object object;
  ASSERT_TRUE(kubernetes::decode_object(in, object)) << json;
  if (!object.name.empty()) store.put(std::move(object));
}

/// What is shown at 2026-11-27T12:00:00Z of these CronJobs and Jobs, without HELP and TYPE.
std::string shown(const std::vector<std::string>& cron_jobs, const std::vector<std::string>& jobs) {
  backup::Catalog catalog({0, 1, false, [] { return kubernetes::TimePoint{std::chrono::seconds{1795780800}}; }});
  for (const auto& json : cron_jobs) put(catalog.cron_jobs(), json);
  for (const auto& json : jobs) put(catalog.jobs(), json);
  Scene scene;
  scene.backups() = catalog.view({});
  std::istringstream lines(scene.text(collect_backups));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) text += line + '\n';
  }
  return text;
}

constexpr char kCronJob[] = R"({"metadata":{"namespace":"etl","name":"orders-cron","uid":"c",
  "creationTimestamp":"2026-11-01T00:00:00Z","labels":{"spark-exporter.io/backup":"orders"},
  "annotations":{"spark-exporter.io/rpo":"24h"}},"spec":{"schedule":"0 2 * * *"}})";
constexpr char kGoodJob[] = R"({"metadata":{"namespace":"etl","name":"orders-1","uid":"j",
  "ownerReferences":[{"kind":"CronJob","name":"orders-cron","uid":"c","controller":true}]},
  "status":{"startTime":"2026-11-27T02:00:01Z","completionTime":"2026-11-27T02:05:01Z",
  "conditions":[{"type":"Complete","status":"True"}]}})";

TEST(BackupCollector, ShowsObjects) {
  struct {
    const char* what;
    std::vector<std::string> cron_jobs, jobs;
    const char* text;
  } const cases[] = {
      {"nothing of ours", {R"({"metadata":{"namespace":"etl","name":"a","uid":"a"}})"}, {kGoodJob}, ""},
      {"never ran",
       {kCronJob},
       {},
       R"(backup_runs_total{namespace="etl",backup="orders",outcome="succeeded"} 0
backup_runs_total{namespace="etl",backup="orders",outcome="failed"} 0
backup_runs_total{namespace="etl",backup="orders",outcome="unknown"} 0
backup_rpo_target_seconds{namespace="etl",backup="orders"} 86400
backup_suspended{namespace="etl",backup="orders"} 0
backup_last_due_timestamp_seconds{namespace="etl",backup="orders"} 1795744800
backup_next_due_timestamp_seconds{namespace="etl",backup="orders"} 1795831200
)"},
      {"went well",
       {kCronJob},
       {kGoodJob},
       R"(backup_runs_total{namespace="etl",backup="orders",outcome="succeeded"} 0
backup_runs_total{namespace="etl",backup="orders",outcome="failed"} 0
backup_runs_total{namespace="etl",backup="orders",outcome="unknown"} 0
backup_last_success_timestamp_seconds{namespace="etl",backup="orders"} 1795745101
backup_last_attempt_timestamp_seconds{namespace="etl",backup="orders"} 1795744801
backup_last_attempt_success{namespace="etl",backup="orders"} 1
backup_duration_seconds{namespace="etl",backup="orders"} 300
backup_data_timestamp_seconds{namespace="etl",backup="orders"} 1795744801
backup_unprotected_since_timestamp_seconds{namespace="etl",backup="orders"} 1795744801
backup_rpo_target_seconds{namespace="etl",backup="orders"} 86400
backup_suspended{namespace="etl",backup="orders"} 0
backup_last_due_timestamp_seconds{namespace="etl",backup="orders"} 1795744800
backup_next_due_timestamp_seconds{namespace="etl",backup="orders"} 1795831200
)"},
  };
  for (const auto& c : cases) {
    const auto text = shown(c.cron_jobs, c.jobs);
    EXPECT_EQ(text, c.text) << c.what;
  }
}

TEST(BackupCollector, HostileNamesAndWrongTypesHarmNothing) {
  const auto text =
      shown({R"({"metadata":{"namespace":"e\"t\nl","name":7,"uid":"x","labels":{"spark-exporter.io/backup":"none"}}})",
             R"({"metadata":{"namespace":"e\"t\nl","name":"n","uid":"c","labels":{"spark-exporter.io/backup":"a\\b}"},)"
             R"("annotations":{"spark-exporter.io/rpo":"\u0001","spark-exporter.io/rto":{}}},)"
             R"("spec":{"schedule":[],"suspend":"yes"},"status":{"lastSuccessfulTime":-1,"active":{}}})"},
            {R"({"metadata":{"namespace":"etl","name":"j","uid":"j","labels":{"spark-exporter.io/backup":[]},)"
             R"("ownerReferences":{"kind":"CronJob"}},"status":{"conditions":"Complete"}})"});
  const std::string labels = R"({namespace="e\"t\nl",backup="a\\b}")";
  EXPECT_EQ(text, "backup_runs_total" + labels + ",outcome=\"succeeded\"} 0\nbackup_runs_total" + labels +
                      ",outcome=\"failed\"} 0\nbackup_runs_total" + labels +
                      ",outcome=\"unknown\"} 0\nbackup_suspended" + labels + "} 0\n");
}

TEST(BackupCollector, WritesNothingWhereNobodyLooks) {
  Scene scene;
  EXPECT_EQ(scene.text(collect_backups), "");
}

TEST(BackupCollector, LongNamesThatBecomeOneAreOneSeries) {
  Scene scene;
  auto& view = scene.backups();
  for (const auto* end : {"a", "b"}) {
    auto& backup = view.backups.emplace_back();
    backup.kubernetes_namespace = "etl";
    backup.name = std::string(limits::kLabelValueBytes, 'n') + end;
    backup.last_success = at(1);
  }
  const auto text = scene.samples(collect_backups, "backup_last_success_timestamp_seconds");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST(BackupCollector, CountsWhatACapLeftOut) {
  Scene scene;
  scene.backups().left_out = 3;
  scene.text(collect_backups);
  EXPECT_EQ(scene.drops().series().at("backup_runs_total"), 3U);
}

}  // namespace
}  // namespace spark_exporter::metrics
