// A restart forgets nothing, and a state file that is none harms nothing.

#include <gtest/gtest.h>

#include "exporter/common/limits.hpp"
#include "tests/unit/backup/scene.hpp"

namespace spark_exporter::backup::test {
namespace {

using Counts = std::array<std::uint64_t, kOutcomes>;

const CronText kCron{.annotations = R"("spark-exporter.io/dataset":"orders","spark-exporter.io/rpo":"1d")"};
const CronText kDrill{.name = "drill", .label = R"("spark-exporter.io/restore-drill":"orders")"};

std::vector<Writer> writers() {
  return {{"etl", "nightly", "orders", {at("05:00:00")}, at("2026-11-01T00:00:00Z"), false}};
}

void expect_equal(const BackupView& a, const BackupView& b) {
  EXPECT_EQ(a.runs, b.runs);
  EXPECT_EQ(a.last_success, b.last_success);
  EXPECT_EQ(a.last_attempt, b.last_attempt);
  EXPECT_EQ(a.last_attempt_success, b.last_attempt_success);
  EXPECT_EQ(a.running_since, b.running_since);
  EXPECT_EQ(a.duration_seconds, b.duration_seconds);
  EXPECT_EQ(a.size_bytes, b.size_bytes);
  EXPECT_EQ(a.data, b.data);
  EXPECT_EQ(a.unprotected_since, b.unprotected_since);
  EXPECT_EQ(a.rpo, b.rpo);
  EXPECT_EQ(a.rto, b.rto);
  EXPECT_EQ(a.verification, b.verification);
  EXPECT_EQ(a.verification_success, b.verification_success);
  EXPECT_EQ(a.restore_seconds, b.restore_seconds);
  EXPECT_EQ(a.is_backup, b.is_backup);
}

/// A good backup with its size, a failed one after it, one that runs, a drill.
void fill(Scene& scene) {
  const JobText good{.name = "orders-1", .ended = "02:30:00"};
  const JobText bad{.name = "orders-2", .started = "06:00:00", .ended = "06:01:00", .failed = true};
  const JobText running{.name = "orders-3", .started = "11:00:00"};
  const JobText drill{.name = "drill-1", .started = "03:00:00", .ended = "03:04:00", .owner = "drill"};
  scene.list({kCron, kDrill}, {good, bad, running, drill});
  EXPECT_TRUE(scene.report(R"({"backup":"orders","job":"orders-1","success":true,"size_bytes":77,"rto_seconds":600})"));
}

TEST(BackupState, GoesOnAfterARestart) {
  Scene scene("01:00:00");
  scene.set_time("12:00:00");
  fill(scene);
  const auto before = scene.only(writers());
  ASSERT_EQ(before.runs, (Counts{1, 1, 0}));
  ASSERT_EQ(before.unprotected_since, at("05:00:00"));
  EXPECT_TRUE(scene.catalog().changed_since_save());
  const auto state = scene.catalog().save(scene.now());
  EXPECT_FALSE(scene.catalog().changed_since_save());

  Scene next("12:00:00");
  ASSERT_TRUE(next.catalog().restore(state, next.now()));
  auto at_once = next.only();
  at_once.rpo = before.rpo;  // by the CronJob, which is not there yet
  expect_equal(at_once, before);
  fill(next);
  expect_equal(next.only(writers()), before);
  EXPECT_EQ(next.catalog().save(next.now()), state) << "and nothing is counted twice";
}

TEST(BackupState, WhatEndedMeanwhileIsCounted) {
  Scene scene("01:00:00");
  scene.set_time("12:00:00");
  scene.list({kCron}, {{.name = "orders-1", .ended = "02:30:00"}, {.name = "orders-3", .started = "11:00:00"}});
  scene.view();
  Scene next("14:00:00");
  ASSERT_TRUE(next.catalog().restore(scene.catalog().save(scene.now()), next.now()));
  next.list({kCron}, {{.name = "orders-1", .ended = "02:30:00"},
                      {.name = "orders-3", .started = "11:00:00", .ended = "13:00:00"},
                      {.name = "orders-4", .started = "13:10:00", .ended = "13:20:00", .failed = true}});
  EXPECT_EQ(next.only().runs, (Counts{2, 1, 0}));
  EXPECT_EQ(next.only().last_success, at("13:00:00"));
}

TEST(BackupState, WhatRanAndIsGoneIsUnknown) {
  Scene scene("12:00:00");
  scene.list({kCron}, {{.name = "orders-3", .started = "11:00:00"}});
  scene.view();
  Scene next("14:00:00");
  ASSERT_TRUE(next.catalog().restore(scene.catalog().save(scene.now()), next.now()));
  EXPECT_EQ(next.only().running_since, at("11:00:00"));
  next.list({kCron}, {});
  EXPECT_EQ(next.only().running_since, std::nullopt);
  EXPECT_EQ(next.only().runs, (Counts{0, 0, 1}));
}

TEST(BackupState, ABackupWhoseCronJobWentMeanwhileEnds) {
  Scene scene("12:00:00");
  scene.list({kCron}, {});
  scene.view();
  Scene next("14:00:00");
  ASSERT_TRUE(next.catalog().restore(scene.catalog().save(scene.now()), next.now()));
  next.set_time("18:00:00");
  EXPECT_EQ(next.view().backups.size(), 1U) << "who may not read CronJobs does not know that it is gone";
  next.set_time("18:02:00");
  next.list({}, {});
  EXPECT_EQ(next.view().backups.size(), 1U);
  next.set_time("19:03:00");
  EXPECT_EQ(next.view().backups.size(), 0U);
}

TEST(BackupState, ReportsThatWereTakenStayKnown) {
  Scene scene;
  const std::string report = R"({"backup":"w","success":true,"id":"7"})";
  ASSERT_TRUE(scene.report(report));
  Scene next("12:30:00");
  ASSERT_TRUE(next.catalog().restore(scene.catalog().save(scene.now()), next.now()));
  EXPECT_EQ(*next.report(report), Taken::kKnown);
  EXPECT_EQ(next.only().runs, (Counts{1, 0, 0}));
}

TEST(BackupState, OfNoUseIsRefusedAsAWhole) {
  Scene scene;
  scene.list({kCron}, {{.ended = "02:30:00"}});
  const auto good = scene.catalog().save(scene.now());
  const auto with = [&](const std::string& from, const std::string& to) {
    auto text = good;
    const auto place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from << " in " << text;
    return text.replace(place, from.size(), to);
  };
  struct {
    std::string text;
    const char* what;
  } const cases[] = {
      {"", "no JSON"},
      {good.substr(0, good.size() / 2), "no JSON"},
      {"[]", "version is missing"},
      {with("\"version\":1", "\"version\":2"), "version"},
      {with("\"origin\":0", "\"origin\":9"), "origin is too large"},
      {with("\"uid\":\"", "\"uid\":\"x"), "uid"},
      {with("\"end\":0", "\"end\":-1"), "end is out of range"},
      {with("\"counts\":[", "\"counts\":[0,0,0,"), "counts has too many"},
      {with("\"name\":\"orders\"", "\"name\":7"), "name is no text"},
      {with("\"ended\":", "\"ended\":-"), "ended is out of range"},
  };
  for (const auto& c : cases) {
    Scene next;
    const auto restored = next.catalog().restore(c.text, next.now());
    ASSERT_FALSE(restored) << c.text;
    EXPECT_NE(restored.error().what.find(c.what), std::string::npos) << restored.error().what;
    EXPECT_TRUE(next.view().backups.empty());
  }
  Scene next;
  EXPECT_TRUE(next.catalog().restore(good, next.now()));
}

TEST(BackupState, OfAnotherShardIsLeft) {
  Scene scene;
  scene.list({kCron}, {});
  const auto state = scene.catalog().save(scene.now());
  std::size_t kept = 0;
  for (std::uint32_t shard = 0; shard < 2; ++shard) {
    Catalog catalog({shard, 2, false, [] { return at("12:00:00"); }});
    ASSERT_TRUE(catalog.restore(state, at("12:00:00")));
    kept += catalog.view({}).backups.size();
  }
  EXPECT_EQ(kept, 1U);
}

}  // namespace
}  // namespace spark_exporter::backup::test
