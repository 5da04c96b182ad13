// What becomes of backups: objects, messages and reports in, the view out.

#include "exporter/backup/catalog.hpp"

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/backup/scene.hpp"

namespace spark_exporter::backup::test {
namespace {

using Counts = std::array<std::uint64_t, kOutcomes>;

TEST(Backups, OneThatSucceedsShowsItAll) {
  Scene scene("02:10:00");
  scene.list({{.annotations = R"("spark-exporter.io/rpo":"25h","spark-exporter.io/rto":"1h30m")"}}, {});
  scene.put(JobText{});
  auto seen = scene.only();
  EXPECT_EQ(seen.running_since, at("02:00:05"));
  EXPECT_EQ(seen.last_attempt, at("02:00:05"));
  EXPECT_EQ(seen.last_success, std::nullopt);
  EXPECT_EQ(seen.last_attempt_success, std::nullopt);
  scene.set_time("02:20:00");
  scene.put(JobText{.ended = "02:19:05"});
  seen = scene.only();
  EXPECT_EQ(seen.running_since, std::nullopt);
  EXPECT_EQ(seen.last_success, at("02:19:05"));
  EXPECT_EQ(seen.last_attempt_success, true);
  EXPECT_EQ(seen.duration_seconds, 19 * 60);
  EXPECT_EQ(seen.data, at("02:00:05")) << "what was written during the run need not be in it";
  EXPECT_EQ(seen.size_bytes, std::nullopt);
  EXPECT_EQ(seen.runs, (Counts{1, 0, 0}));
  EXPECT_EQ(seen.rpo, std::chrono::hours{25});
  EXPECT_EQ(seen.rto, std::chrono::minutes{90});
  EXPECT_EQ(seen.suspended, false);
  EXPECT_EQ(seen.last_due, at("02:00:00"));
  EXPECT_EQ(seen.next_due, at("2026-11-28T02:00:00Z"));
  EXPECT_TRUE(seen.is_backup);
}

TEST(Backups, AFailureLeavesTheLastGoodOne) {
  Scene scene("01:00:00");
  scene.list({CronText{}}, {{.name = "orders-0", .started = "2026-11-26T02:00:00Z", .ended = "2026-11-26T02:30:00Z"}});
  scene.view();
  scene.set_time("02:10:00");
  scene.put(JobText{.ended = "02:09:00", .failed = true});
  const auto seen = scene.only();
  EXPECT_EQ(seen.last_success, at("2026-11-26T02:30:00Z"));
  EXPECT_EQ(seen.last_attempt, at("02:00:05"));
  EXPECT_EQ(seen.last_attempt_success, false);
  EXPECT_EQ(seen.duration_seconds, 30 * 60);
  EXPECT_EQ(seen.runs, (Counts{0, 1, 0})) << "what had ended before is not counted";
}

TEST(Backups, NeverSucceeded) {
  Scene scene;
  scene.list({CronText{}}, {});
  const auto seen = scene.only();
  EXPECT_TRUE(seen.is_backup);
  EXPECT_EQ(seen.last_success, std::nullopt);
  EXPECT_EQ(seen.last_attempt, std::nullopt);
  EXPECT_EQ(seen.runs, (Counts{0, 0, 0}));
  EXPECT_EQ(seen.last_due, at("02:00:00")) << "it was due, and nothing began";
}

TEST(Backups, SuspendedOnesAreNotDue) {
  Scene scene;
  scene.list({{.spec = R"(,"suspend":true)"}}, {});
  auto seen = scene.only();
  EXPECT_EQ(seen.suspended, true);
  EXPECT_EQ(seen.last_due, std::nullopt);
  EXPECT_EQ(seen.next_due, std::nullopt);
  // Two CronJobs under one name: as long as one of them goes on, it goes on.
  scene.put(CronText{.name = "orders-hourly"});
  seen = scene.only();
  EXPECT_EQ(seen.suspended, false);
  EXPECT_EQ(seen.next_due, at("2026-11-28T02:00:00Z"));
}

TEST(Backups, DueByTheirZone) {
  Scene scene("12:00:00");
  scene.list({{.spec = R"(,"timeZone":"Asia/Tokyo")"}}, {});
  EXPECT_EQ(scene.only().last_due, at("2026-11-26T17:00:00Z"));
}

TEST(Backups, AStuckOneRunsSinceItBegan) {
  Scene scene("03:00:00");
  scene.list({CronText{}}, {JobText{}});
  EXPECT_EQ(scene.only().running_since, at("02:00:05"));
  scene.set_time("2026-11-28T03:00:00Z");
  const auto seen = scene.only();
  EXPECT_EQ(seen.running_since, at("02:00:05"));
  EXPECT_GT(seen.last_due, seen.last_attempt) << "the next one did not begin";
}

TEST(Backups, ADeletedRunHasFailedAndOneOutOfSightIsUnknown) {
  Scene scene("02:01:00");
  scene.list({CronText{}}, {JobText{}});
  scene.remove(JobText{});
  auto seen = scene.only();
  EXPECT_EQ(seen.last_attempt_success, false);
  EXPECT_EQ(seen.runs, (Counts{0, 1, 0}));
  scene.put(JobText{.name = "orders-2", .started = "02:01:00"});
  scene.set_time("02:05:00");
  scene.list({CronText{}}, {});
  seen = scene.only();
  EXPECT_EQ(seen.running_since, std::nullopt);
  EXPECT_EQ(seen.last_attempt_success, std::nullopt) << "nobody saw how it ended";
  EXPECT_EQ(seen.runs, (Counts{0, 1, 1}));
}

TEST(Backups, WhoIsDeletedAfterTheEndHasEndedAsItDid) {
  Scene scene("02:01:00");
  scene.list({CronText{}}, {JobText{}});
  scene.set_time("02:10:00");
  scene.remove(JobText{.ended = "02:09:00"});
  EXPECT_EQ(scene.only().last_success, at("02:09:00"));
  EXPECT_EQ(scene.only().runs, (Counts{1, 0, 0}));
}

TEST(Backups, TheCronJobTellsOfASuccessThatNobodySaw) {
  Scene scene("12:00:00");
  scene.list({{.status = R"("lastScheduleTime":"2026-11-27T02:00:00Z","lastSuccessfulTime":"2026-11-27T02:40:00Z")"}},
             {});
  const auto seen = scene.only();
  EXPECT_EQ(seen.last_success, at("02:40:00"));
  EXPECT_EQ(seen.last_attempt, at("02:00:00"));
  EXPECT_EQ(seen.last_attempt_success, true);
  EXPECT_EQ(seen.data, at("02:00:00")) << "it began when it was due";
  EXPECT_EQ(seen.duration_seconds, std::nullopt);
}

TEST(Backups, JobsByThemselvesNeedNoCronJob) {
  Scene scene("02:01:00");
  const JobText job{.owner = "",
                    .labels = R"("spark-exporter.io/backup":"orders")",
                    .annotations = R"("spark-exporter.io/rpo":"2d")"};
  scene.list({}, {job});
  auto ended = job;
  ended.ended = "02:03:00";
  scene.set_time("02:04:00");
  scene.put(ended);
  scene.remove(ended);
  // As long as a month it is remembered.
  scene.set_time("2026-12-20T00:00:00Z");
  const auto seen = scene.only();
  EXPECT_EQ(seen.last_success, at("02:03:00"));
  EXPECT_EQ(seen.rpo, std::chrono::hours{48});
  EXPECT_EQ(seen.suspended, std::nullopt);
  EXPECT_EQ(seen.last_due, std::nullopt);
  scene.set_time("2027-01-20T00:00:00Z");
  EXPECT_TRUE(scene.view().backups.empty());
}

TEST(Backups, AJobThatWaitsForLeaveIsSuspendedAndNoAttempt) {
  Scene scene;
  scene.list(
      {},
      {{.started = "", .owner = "", .labels = R"("spark-exporter.io/backup":"orders")", .spec = R"("suspend":true)"}});
  const auto seen = scene.only();
  EXPECT_EQ(seen.suspended, true);
  EXPECT_EQ(seen.last_attempt, std::nullopt);
}

TEST(Backups, OneWhoseCronJobIsDeletedEndsAnHourLater) {
  Scene scene("12:00:00");
  scene.list({CronText{}}, {{.ended = "02:10:00"}});
  scene.remove(CronText{});
  scene.remove(JobText{.ended = "02:10:00"});
  EXPECT_EQ(scene.only().last_success, at("02:10:00"));
  scene.set_time("12:30:00");
  scene.put(CronText{});  // it is set up anew, with its history
  scene.view();
  EXPECT_EQ(scene.only().last_success, at("02:10:00"));
  scene.remove(CronText{});
  scene.set_time("12:32:00");
  scene.view();
  scene.set_time("13:33:00");
  EXPECT_TRUE(scene.view().backups.empty());
}

TEST(Backups, JobsOfOtherCronJobsAreNone) {
  Scene scene;
  scene.list({{.name = "reports", .label = ""}}, {{.owner = "reports"}, {.name = "loose", .owner = ""}});
  EXPECT_TRUE(scene.view().backups.empty());
  // It gets the label later: its Jobs count from then on.
  scene.put(CronText{.name = "reports"});
  EXPECT_EQ(scene.only().running_since, at("02:00:05"));
}

TEST(Backups, TimesOfTheFutureAreTakenForNow) {
  Scene scene("03:00:00");
  scene.list({CronText{.status = R"("lastSuccessfulTime":"2030-01-01T00:00:00Z")"}},
             {{.started = "2031-01-01T00:00:00Z", .ended = "2032-01-01T00:00:00Z"}});
  scene.set_time("04:00:00");
  const auto seen = scene.only();
  EXPECT_EQ(seen.last_success, at("03:00:00"));
  EXPECT_EQ(seen.last_attempt, at("03:00:00"));
}

TEST(Backups, WrongAnnotationsAreCountedAndLeftOut) {
  Scene scene;
  for (const auto* text : {"soon", "-1h", "0s", "1e9d", "24", "d", "1d2", "99999999999999999999d", "24h "}) {
    Scene each;
    each.list({{.annotations = R"("spark-exporter.io/rpo":")" + std::string(text) + '"'}}, {});
    EXPECT_EQ(each.only().rpo, std::nullopt) << text;
    EXPECT_EQ(each.catalog().errors()[static_cast<std::size_t>(ErrorKind::kWrongType)], 1U) << text;
  }
  struct {
    const char* text;
    int seconds;
  } const good[] = {{"1s", 1}, {"7d", 7 * 86400}, {"1d12h", 36 * 3600}, {"1h30m", 5400}, {"1.5h", 5400}};
  for (const auto& c : good) {
    Scene each;
    each.list({{.annotations = R"("spark-exporter.io/rpo":")" + std::string(c.text) + '"'}}, {});
    EXPECT_EQ(each.only().rpo, std::chrono::seconds{c.seconds}) << c.text;
  }
}

TEST(Backups, ShardsHaveEachOnce) {
  std::size_t shown = 0;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    Catalog catalog({shard, 3, false, [] { return at("12:00:00"); }});
    for (int i = 0; i < 30; ++i) {
      const auto name = "b" + std::to_string(i);
      catalog.cron_jobs().put(object<kubernetes::CronJob>(
          CronText{.name = name, .label = R"("spark-exporter.io/backup":")" + name + '"'}.json()));
    }
    shown += catalog.view({}).backups.size();
  }
  EXPECT_EQ(shown, 30U);
}

TEST(Backups, AreCapped) {
  Scene scene;
  const auto cron = [](std::size_t i) {
    const auto name = "b" + std::to_string(i);
    return CronText{.name = name, .label = R"("spark-exporter.io/backup":")" + name + '"'};
  };
  for (std::size_t i = 0; i < limits::kBackups; ++i) scene.put(cron(i));
  EXPECT_EQ(scene.view().backups.size(), limits::kBackups);
  EXPECT_EQ(scene.view().left_out, 0U);
  scene.put(cron(limits::kBackups));
  scene.put(cron(limits::kBackups));
  EXPECT_EQ(scene.view().backups.size(), limits::kBackups);
  EXPECT_EQ(scene.view().left_out, 1U) << "once";
  EXPECT_EQ(scene.report(R"({"backup":"one more","success":true})").error().kind, ErrorKind::kTooLarge);
}

TEST(Backups, AttemptsMakeRoomOldestFirstAndAreNotCountedAgain) {
  Scene scene("00:00:00");
  scene.list({CronText{}}, {});
  const auto job = [](std::size_t i) {
    const auto minute = std::to_string(100 + i).substr(1);
    // The oldest is the only good one.
    return JobText{.name = "orders-" + std::to_string(i),
                   .started = "01:" + minute + ":00",
                   .ended = "01:" + minute + ":30",
                   .failed = i > 0};
  };
  constexpr std::size_t kAll = limits::kBackupAttempts + 10;
  for (std::size_t i = 0; i < kAll; ++i) {
    scene.set_time("02:00:00");
    scene.put(job(i));
    scene.view();
  }
  auto seen = scene.only();
  EXPECT_EQ(seen.runs, (Counts{1, kAll - 1, 0}));
  EXPECT_EQ(seen.last_success, at("01:00:30")) << "the last good one is kept";
  for (std::size_t i = 0; i < kAll; ++i) scene.put(job(i));
  seen = scene.only();
  EXPECT_EQ(seen.runs, (Counts{1, kAll - 1, 0}));
}

// --- drills ------------------------------------------------------------------------------------

TEST(Drills, TellHowLongARestoreTakesAndWhetherItWorks) {
  Scene scene("03:00:00");
  const CronText drill{.name = "drill",
                       .label = R"("spark-exporter.io/restore-drill":"orders")",
                       .annotations = R"("spark-exporter.io/rto":"10m")"};
  scene.list({CronText{}, drill}, {{.name = "d1", .started = "02:30:00", .ended = "02:34:10", .owner = "drill"}});
  auto seen = scene.only();
  EXPECT_EQ(seen.verification, at("02:34:10"));
  EXPECT_EQ(seen.verification_success, true);
  EXPECT_EQ(seen.restore_seconds, 250);
  EXPECT_EQ(seen.rto, std::chrono::minutes{10});
  EXPECT_EQ(seen.last_success, std::nullopt) << "a drill makes no backup";
  EXPECT_EQ(seen.runs, (Counts{0, 0, 0}));
  scene.set_time("04:00:00");
  scene.put(JobText{.name = "d2", .started = "03:30:00", .ended = "03:31:00", .failed = true, .owner = "drill"});
  seen = scene.only();
  EXPECT_EQ(seen.verification, at("03:31:00"));
  EXPECT_EQ(seen.verification_success, false);
  EXPECT_EQ(seen.restore_seconds, 250) << "one that broke off says nothing of the time";
}

TEST(Drills, OfANameWithoutABackupAreNoBackup) {
  Scene scene("03:00:00");
  scene.list({{.name = "drill", .label = R"("spark-exporter.io/restore-drill":"ordres")"}}, {});
  EXPECT_FALSE(scene.only().is_backup);
}

// --- reports -----------------------------------------------------------------------------------

TEST(Reports, MakeABackupOfOtherMeansKnown) {
  Scene scene;
  const auto taken = scene.report(
      R"({"backup":"warehouse","success":true,"started":"2026-11-27T09:00:00Z","ended":"2026-11-27T09:30:00Z",)"
      R"("size_bytes":1e9,"data_timestamp":"2026-11-27T08:00:00Z","rpo_seconds":3600,"rto_seconds":60})");
  ASSERT_TRUE(taken) << taken.error().what;
  EXPECT_EQ(*taken, Taken::kNew);
  const auto seen = scene.only();
  EXPECT_EQ(seen.name, "warehouse");
  EXPECT_EQ(seen.last_success, at("09:30:00"));
  EXPECT_EQ(seen.duration_seconds, 1800);
  EXPECT_EQ(seen.size_bytes, 1e9);
  EXPECT_EQ(seen.data, at("08:00:00"));
  EXPECT_EQ(seen.rpo, std::chrono::hours{1});
  EXPECT_EQ(seen.runs, (Counts{1, 0, 0}));
}

TEST(Reports, ComeOnce) {
  Scene scene;
  const std::string by_content = R"({"backup":"w","success":true,"ended":"2026-11-27T09:30:00Z"})";
  const std::string by_id = R"({"backup":"w","success":false,"id":"run-7"})";
  const std::string of_no_time = R"({"backup":"w","success":true})";
  for (const auto& text : {by_content, by_id}) {
    EXPECT_EQ(*scene.report(text), Taken::kNew);
    EXPECT_EQ(*scene.report(text), Taken::kKnown);
  }
  EXPECT_EQ(scene.only().runs, (Counts{1, 1, 0}));
  EXPECT_EQ(*scene.report(of_no_time), Taken::kNew);
  scene.set_time("12:01:00");
  EXPECT_EQ(*scene.report(of_no_time), Taken::kNew) << "without id and time each is one of its own";
  EXPECT_EQ(scene.only().runs, (Counts{3, 1, 0}));
  // An old one that comes late changes nothing that is newer.
  EXPECT_EQ(*scene.report(R"({"backup":"w","success":false,"ended":"2026-11-26T00:00:00Z"})"), Taken::kNew);
  EXPECT_EQ(scene.only().last_attempt_success, true);
}

TEST(Reports, AreRefusedIncompleteOrOfTheFuture) {
  Scene scene;
  for (const auto* text :
       {R"({"success":true})", R"({"backup":"w"})", R"({"backup":"w","success":true,"ended":"2026-11-27T12:05:01Z"})",
        R"({"backup":"w","success":true,"data_timestamp":"2027-01-01T00:00:00Z"})"}) {
    const auto taken = scene.report(text);
    ASSERT_FALSE(taken) << text;
    EXPECT_EQ(taken.error().kind, ErrorKind::kMalformed);
  }
  EXPECT_TRUE(scene.view().backups.empty());
}

TEST(Reports, AddToTheJobThatSentThem) {
  for (const bool by_pod : {true, false}) {
    Scene scene("02:05:00");
    scene.list({CronText{}}, {{.name = "orders"}, {.name = "orders-1"}});
    const std::string job = by_pod ? "" : R"("job":"orders-1",)";
    ASSERT_TRUE(scene.report("{" + job + R"("backup":"orders","success":true,"size_bytes":5})",
                             by_pod ? "orders-1-x7k2p" : ""));
    auto seen = scene.only();
    EXPECT_EQ(seen.last_success, std::nullopt) << "the Job has not ended";
    scene.set_time("02:10:00");
    scene.put(JobText{.ended = "02:09:00"});
    seen = scene.only();
    EXPECT_EQ(seen.last_success, at("02:09:00"));
    EXPECT_EQ(seen.size_bytes, 5);
    EXPECT_EQ(seen.runs, (Counts{1, 0, 0})) << "one run";
  }
}

TEST(Reports, OfAFailureGoBeforeAGoodExitCode) {
  Scene scene("02:05:00");
  scene.list({CronText{}}, {JobText{}});
  ASSERT_TRUE(scene.report(R"({"backup":"orders","job":"orders-1","success":false})"));
  scene.set_time("02:10:00");
  scene.put(JobText{.ended = "02:09:00"});
  EXPECT_EQ(scene.only().last_attempt_success, false);
  EXPECT_EQ(scene.only().runs, (Counts{0, 1, 0}));
}

TEST(Reports, OfRestoresAreDrills) {
  Scene scene;
  ASSERT_TRUE(scene.report(R"({"kind":"restore","backup":"w","success":true,"started":"2026-11-27T10:00:00Z",)"
                           R"("ended":"2026-11-27T10:05:00Z","restore_seconds":100.5})"));
  auto seen = scene.only();
  EXPECT_EQ(seen.verification, at("10:05:00"));
  EXPECT_EQ(seen.verification_success, true);
  EXPECT_EQ(seen.restore_seconds, 100.5);
  EXPECT_FALSE(seen.is_backup);
  ASSERT_TRUE(scene.report(R"({"kind":"restore","backup":"w","success":false,"started":"2026-11-27T11:00:00Z",)"
                           R"("ended":"2026-11-27T11:05:00Z"})"));
  seen = scene.only();
  EXPECT_EQ(seen.verification_success, false);
  EXPECT_EQ(seen.restore_seconds, 100.5);
}

// --- termination messages ----------------------------------------------------------------------

TEST(Messages, AreWaitedForAndSayMore) {
  Scene scene("02:09:05", true);
  scene.list({CronText{}}, {{.ended = "02:09:00"}});
  EXPECT_EQ(scene.only().last_success, std::nullopt) << "its pods may say that it is no good";
  const auto unread = scene.catalog().unread();
  ASSERT_EQ(unread.size(), 1U);
  EXPECT_EQ(unread[0].name, "orders-1");
  EXPECT_EQ(unread[0].kubernetes_namespace, "etl");
  scene.catalog().set_read(unread[0], *decode_report(R"({"success":false,"size_bytes":3})"));
  EXPECT_EQ(scene.only().last_attempt_success, false);
  EXPECT_TRUE(scene.catalog().unread().empty());
}

TEST(Messages, ThatNobodyReadsHoldNothingUpForLong) {
  Scene scene("02:09:05", true);
  scene.list({CronText{}}, {{.ended = "02:09:00"}});
  scene.view();
  scene.set_time("02:09:31");
  EXPECT_EQ(scene.only().last_success, at("02:09:00"));
  // Read after all, it still tells the size.
  const auto unread = scene.catalog().unread();
  ASSERT_EQ(unread.size(), 1U);
  scene.catalog().set_read(unread[0], *decode_report(R"({"size_bytes":3})"));
  EXPECT_EQ(scene.only().size_bytes, 3);
  EXPECT_EQ(scene.only().runs[0], 0U) << "ended before the process began";
}

TEST(Messages, OfTheFutureAreCountedAndNotTaken) {
  Scene scene("02:09:05", true);
  scene.list({CronText{}}, {{.ended = "02:09:00"}});
  const auto unread = scene.catalog().unread();
  ASSERT_EQ(unread.size(), 1U);
  scene.catalog().set_read(unread[0], *decode_report(R"({"size_bytes":3,"data_timestamp":"2030-01-01T00:00:00Z"})"));
  EXPECT_EQ(scene.only().size_bytes, std::nullopt);
  EXPECT_EQ(scene.catalog().errors()[static_cast<std::size_t>(ErrorKind::kMalformed)], 1U);
}

// --- Velero ------------------------------------------------------------------------------------

std::string velero_backup(const std::string& name, const std::string& phase, const std::string& ended = "") {
  return R"({"metadata":{"namespace":"velero","name":")" + name + R"(","uid":"v-)" + name +
         R"(","labels":{"velero.io/schedule-name":"daily"}},"status":{"phase":")" + phase +
         R"(","startTimestamp":"2026-11-27T04:00:00Z")" +
         (ended.empty() ? "" : R"(,"completionTimestamp":"2026-11-27T)" + ended + R"(Z")") + "}}";
}

TEST(Velero, SchedulesAndTheirBackups) {
  Scene scene("05:00:00");
  scene.catalog().velero_schedules().put(object<kubernetes::VeleroSchedule>(
      R"({"metadata":{"namespace":"velero","name":"daily","uid":"s","creationTimestamp":"2026-11-01T00:00:00Z",)"
      R"("annotations":{"spark-exporter.io/rpo":"25h"}},"spec":{"schedule":"CRON_TZ=Europe/Berlin 0 5 * * *"}})"));
  auto& backups = scene.catalog().velero_backups();
  backups.put(object<kubernetes::VeleroBackup>(velero_backup("daily-1", "InProgress")));
  auto seen = scene.only();
  EXPECT_EQ(seen.kubernetes_namespace, "velero");
  EXPECT_EQ(seen.name, "daily");
  EXPECT_EQ(seen.rpo, std::chrono::hours{25});
  EXPECT_EQ(seen.running_since, at("04:00:00"));
  EXPECT_EQ(seen.last_due, at("04:00:00"));
  EXPECT_EQ(seen.suspended, false);
  scene.set_time("06:00:00");
  backups.put(object<kubernetes::VeleroBackup>(velero_backup("daily-1", "Completed", "05:30:00")));
  seen = scene.only();
  EXPECT_EQ(seen.last_success, at("05:30:00"));
  EXPECT_EQ(seen.duration_seconds, 5400);
  EXPECT_EQ(seen.data, at("04:00:00"));
  EXPECT_EQ(seen.runs, (Counts{1, 0, 0}));
  // Expired: what it was stays known.
  backups.remove(object<kubernetes::VeleroBackup>(velero_backup("daily-1", "Deleting", "05:30:00")));
  EXPECT_EQ(scene.only().last_success, at("05:30:00"));
}

TEST(Velero, APartThatFailedIsAFailure) {
  for (const auto* phase : {"PartiallyFailed", "Failed", "FailedValidation"}) {
    Scene scene("03:00:00");
    scene.set_time("06:00:00");
    scene.catalog().velero_backups().put(object<kubernetes::VeleroBackup>(velero_backup("daily-1", phase, "05:30:00")));
    EXPECT_EQ(scene.only().last_attempt_success, false) << phase;
    EXPECT_EQ(scene.only().runs, (Counts{0, 1, 0}));
  }
}

TEST(Velero, WhatSomebodyTookByHandHasNoName) {
  Scene scene("06:00:00");
  scene.catalog().velero_backups().put(object<kubernetes::VeleroBackup>(
      R"({"metadata":{"namespace":"velero","name":"by-hand","uid":"v"},"status":{"phase":"Completed"}})"));
  EXPECT_TRUE(scene.view().backups.empty());
}

}  // namespace
}  // namespace spark_exporter::backup::test
