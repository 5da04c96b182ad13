#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/app/cost_meter_scene.hpp"

namespace spark_exporter::app::test {
namespace {

TEST(CostMeter, ShowsNothingWithoutPricesOrBeforeTheFirstAnswer) {
  CostMeter meter;
  Scene scene = cluster();
  meter.feed(scene.facts(), settings());
  EXPECT_FALSE(meter.view());
  scene.poll(40);
  meter.feed(scene.facts(), CostSettings{});
  EXPECT_FALSE(meter.view());
  EXPECT_FALSE(meter.save());
}

TEST(CostMeter, PaysJvmsByWhatTheConfigurationReserves) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  const auto& view = scene.feed(meter);
  EXPECT_EQ(view.currency, "EUR");
  // 30 s of the driver; 20 s and 10 s of executors.
  EXPECT_DOUBLE_EQ(at(at(view.totals.paid, Component::kDriver), cost::Resource::kCpu), 30);
  EXPECT_DOUBLE_EQ(at(at(view.totals.paid, Component::kDriver), cost::Resource::kMemory), 3);
  EXPECT_DOUBLE_EQ(at(at(view.totals.paid, Component::kExecutor), cost::Resource::kCpu), 60);
  EXPECT_DOUBLE_EQ(at(at(view.totals.paid, Component::kExecutor), cost::Resource::kMemory), 3);
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kDriver), 33);
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kIdle), 63);
  EXPECT_DOUBLE_EQ(view.per_hour, 3600 * (1.1 + 2.1 + 2.1));
  EXPECT_FALSE(view.final);
  ASSERT_EQ(view.holders.size(), 3U);
  EXPECT_EQ(view.holders[0].id, "driver");
  EXPECT_EQ(view.holders[2].id, "2");
  EXPECT_EQ(view.holders[2].cores, 2);
  EXPECT_EQ(view.holders[2].memory_bytes, kGiB);
  EXPECT_DOUBLE_EQ(view.holders[2].paid, 21);
  ASSERT_EQ(view.prices.size(), 2U);
  EXPECT_EQ(view.prices[0].resource, "cpu");
  EXPECT_EQ(view.prices[0].per_hour, 3600);
  expect_adds_up(view.totals);
}

TEST(CostMeter, EndsWhatEnded) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  scene.feed(meter);
  scene.executor_of("1").total_duration = seconds(30);
  scene.executor_of("1").total_gc_time = seconds(6);
  scene.end("1", 60);
  scene.poll(70);
  scene.feed(meter);
  scene.run.executors().forget_scraped(0);
  scene.run.executors().forget_scraped(1);
  scene.poll(110);
  scene.feed(meter);
  scene.over = true;
  scene.now = 130;
  const auto& view = scene.feed(meter);
  // Nothing is known after the last answer, at 110 s.
  EXPECT_DOUBLE_EQ(view.totals.paid_total(), 1.1 * 100 + 2.1 * (40 + 80));
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kTaskOk), 24 * 1.05);
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kGc), 6 * 1.05);
  EXPECT_DOUBLE_EQ(view.totals.unsettled, 0);
  EXPECT_TRUE(view.final);
  EXPECT_EQ(view.per_hour, 0);
  EXPECT_FALSE(view.projected.has_value() && *view.projected != view.totals.paid_total());
  expect_adds_up(view.totals);
}

TEST(CostMeter, GoesOnWhenTheDriverIsBack) {
  for (const bool restarted : {false, true}) {
    CostMeter meter;
    Scene scene = cluster();
    scene.poll(40);
    scene.feed(meter);
    scene.over = true;
    scene.now = 50;
    EXPECT_TRUE(scene.feed(meter).final);
    if (restarted) {
      CostMeter restored;
      ASSERT_TRUE(restored.restore(*meter.save()));
      meter = std::move(restored);
    }
    // Back, and one of its executors ended meanwhile.
    scene.over = false;
    scene.executor_of("1").total_duration = seconds(60);
    scene.end("1", 60);
    scene.poll(70);
    scene.feed(meter);
    scene.poll(110);
    EXPECT_FALSE(scene.feed(meter).final);
    scene.over = true;
    scene.now = 130;
    const auto& view = scene.feed(meter);
    EXPECT_TRUE(view.final);
    EXPECT_DOUBLE_EQ(view.totals.paid_total(), 1.1 * 100 + 2.1 * (40 + 80));
    EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kDriver), 1.1 * 100);
    EXPECT_DOUBLE_EQ(view.totals.unsettled, 0);
    expect_adds_up(view.totals);
  }
}

TEST(CostMeter, BooksALocalDriverLikeAnExecutorByItsStages) {
  CostMeter meter;
  Scene scene("local[2]");
  scene.executors = {executor("driver", 10, 2)};
  scene.executors[0].total_duration = seconds(1'000);  // its uptime, whatever it says
  spark::Stage stage;
  stage.id = 0;
  stage.status = spark::StageStatus::kComplete;
  stage.tasks = stage.completed_tasks = 4;
  stage.executor_run_time = seconds(12);
  stage.jvm_gc_time = seconds(2);
  stage.submission_time = at_second(15);
  stage.completion_time = at_second(25);
  scene.run.apply_stages({stage});
  scene.poll(30);
  const auto& view = scene.feed(meter);
  EXPECT_DOUBLE_EQ(view.totals.paid_total(), 20 * 2.1);
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kTaskOk), 10 * 1.05);
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kGc), 2 * 1.05);
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kIdle), 28 * 1.05);
  EXPECT_DOUBLE_EQ(at(view.totals.used, Use::kDriver), 0);
  expect_adds_up(view.totals);
}

HeldPod pod(const std::string& id, std::int64_t held_from, const std::string& node = "n1") {
  HeldPod out;
  out.id = id;
  out.node = node;
  out.reservation = {2, 10 * kGiB, 0};
  out.held_from = at_second(held_from);
  return out;
}

TEST(CostMeter, PaysPodsFromTheirNodesTakingThemUntilTheyAreTerminal) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto facts = scene.facts();
  facts.pods = {pod("driver", 5), pod("1", 12), pod("2", 22), pod("3", 35)};
  meter.feed(facts, settings());
  // 3 a second each.
  EXPECT_DOUBLE_EQ(meter.view()->totals.paid_total(), 3 * (35 + 28 + 18 + 5));
  EXPECT_DOUBLE_EQ(at(meter.view()->totals.used, Use::kStarting), 3 * (5 + 8 + 8 + 5));
  // The driver's container ends at 60 s, its pod lives on with us in it.
  scene.over = true;
  scene.now = 80;
  facts = scene.facts();
  facts.pods = {pod("driver", 5), pod("1", 12), pod("2", 22), pod("3", 35)};
  (*facts.pods)[0].work_until = at_second(60);
  for (std::size_t i = 1; i < 4; ++i) (*facts.pods)[i].released = at_second(65);
  meter.feed(facts, settings());
  const auto& totals = meter.view()->totals;
  EXPECT_DOUBLE_EQ(totals.paid_total(), 3 * (75 + 53 + 43 + 30));
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kDriver), 3 * 50);
  EXPECT_DOUBLE_EQ(totals.unsettled, 0);
  expect_adds_up(totals);
}

TEST(CostMeter, WaitsForAPodThatTheWatchHasNotShownYet) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto facts = scene.facts();
  facts.pods = {pod("driver", 5), pod("1", 12)};
  meter.feed(facts, settings());
  EXPECT_EQ(meter.view()->holders.size(), 2U);
  facts.pods->push_back(pod("2", 22));
  meter.feed(facts, settings());
  EXPECT_EQ(meter.view()->holders.size(), 3U);
  EXPECT_DOUBLE_EQ(meter.view()->totals.paid_total(), 3 * (35 + 28 + 18));
}

TEST(CostMeter, PricesANodeByItself) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto facts = scene.facts();
  facts.pods = {pod("driver", 10, "dear"), pod("1", 20, "unknown")};
  facts.nodes["dear"].opencost_core_hour = 7200;
  facts.nodes["dear"].opencost_gib_hour = 0;
  meter.feed(facts, settings());
  EXPECT_DOUBLE_EQ(meter.view()->totals.paid_total(), 4 * 30 + 3 * 20);
}

TEST(CostMeter, PaysStorageThatIsHeld) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto facts = scene.facts();
  facts.pods = {pod("driver", 10), pod("1", 20), pod("2", 30)};
  (*facts.pods)[1].reservation.ephemeral_bytes = 5 * kGiB;
  (*facts.pods)[1].reservation.volume_bytes = 20 * kGiB;
  auto with_storage = settings();
  cost::PriceEntry entry = with_storage.prices.entries().front();
  entry.ephemeral_gib = 36;
  entry.volume_gib = 18;
  with_storage.prices = cost::PriceBook("EUR", {}, {entry});
  meter.feed(facts, with_storage);
  const auto& view = *meter.view();
  EXPECT_DOUBLE_EQ(at(at(view.totals.paid, Component::kExecutor), cost::Resource::kStorage), 20 * (0.05 + 0.1));
  EXPECT_EQ(meter.prices_missing(), 0U);
  ASSERT_EQ(view.prices.size(), 4U);
  EXPECT_EQ(view.prices[2].resource, "ephemeral");
  EXPECT_EQ(view.prices[3].resource, "volume");
  EXPECT_EQ(view.prices[3].per_hour, 18);
  expect_adds_up(view.totals);
}

TEST(CostMeter, CountsAVolumeWithoutAPrice) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto facts = scene.facts();
  facts.pods = {pod("driver", 10), pod("1", 20), pod("2", 30)};
  // The node's own disk is in the node's price.
  (*facts.pods)[1].reservation.ephemeral_bytes = 5 * kGiB;
  (*facts.pods)[2].reservation.volume_bytes = kGiB;
  meter.feed(facts, settings());
  EXPECT_EQ(meter.prices_missing(), 1U);
}

TEST(CostMeter, CountsPricesThatAreMissing) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto none = settings();
  cost::PriceEntry entry;
  entry.instance_type = "m5.large";
  entry.core = 1;
  none.prices = cost::PriceBook("EUR", {}, {entry});
  meter.feed(scene.facts(), none);
  meter.feed(scene.facts(), none);
  EXPECT_EQ(meter.prices_missing(), 3U);
}

TEST(CostMeter, TakesTheBudgetOfTheDriversPodFirst) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto with = settings();
  with.budgets = {{"spark/etl", 12, cost::BudgetPeriod::kRun}};
  meter.feed(scene.facts(), with);
  EXPECT_EQ(meter.view()->budget, 12);
  auto facts = scene.facts();
  facts.pods = {pod("driver", 5)};
  facts.pods->front().budget = cost::parse_budget("7");
  meter.feed(facts, with);
  EXPECT_EQ(meter.view()->budget, 7);
  facts.pods->front().budget = cost::parse_budget("7/month");
  meter.feed(facts, with);
  EXPECT_EQ(meter.view()->budget, std::nullopt);
}

TEST(CostMeter, ProjectsByTheJobsEarlierRuns) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  auto facts = scene.facts();
  const auto projected = [&](const outcome::Baseline& baseline) {
    facts.baseline = baseline;
    meter.feed(facts, settings());
    return meter.view()->projected;
  };
  EXPECT_FALSE(projected({2, 100, std::nullopt, 500, "EUR"})) << "two runs are no evidence";
  EXPECT_EQ(projected({5, 100, std::nullopt, 500, "EUR"}), 500);
  // 30 s are over, 70 s more at 5.3 a second.
  const double paid = meter.view()->totals.paid_total();
  EXPECT_DOUBLE_EQ(projected({5, 100, std::nullopt, 500, "USD"}).value_or(0), paid + 70 * 5.3) << "other money";
}

TEST(CostMeter, TellsCountsLateWhileAJobRuns) {
  CostMeter meter;
  Scene scene = cluster();
  spark::Job job;
  job.id = 0;
  job.status = spark::JobStatus::kRunning;
  job.stage_ids = {0};
  scene.run.apply_jobs({job}, at_second(35));
  scene.poll(40);
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kIdle), 0);
  scene.executor_of("1").active_tasks = 1;
  scene.executor_of("1").total_duration = seconds(12);
  scene.poll(51);
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kIdle), 0);
  // What was answered at 40 s; then, the last 12 s may have had tasks: up since 20 s and 30 s.
  scene.poll(52);
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kIdle), 8 * 2.1);
  EXPECT_DOUBLE_EQ(at(meter.view()->totals.used, Use::kTaskOk), 0);
  scene.poll(63);
  EXPECT_DOUBLE_EQ(at(scene.feed(meter).totals.used, Use::kTaskOk), 12 * 1.05);
  // Without a job nothing can be late.
  scene.executor_of("1").active_tasks = 0;
  scene.executor_of("1").total_duration = seconds(24);
  job.status = spark::JobStatus::kSucceeded;
  scene.run.apply_jobs({job}, at_second(64));
  scene.poll(65);
  const auto& totals = scene.feed(meter).totals;
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kTaskOk), 24 * 1.05);
  EXPECT_DOUBLE_EQ(at(totals.used, Use::kIdle), (2 * 45 - 24) * 1.05 + 35 * 2.1);
  expect_adds_up(totals);
}

/// Groups one after the other, whose tasks took their slots longer than they say, each by another share. The money
/// follows what executors say, as of when they said it.
TEST(CostMeter, GivesGroupsTheMoneyThatSettledWhileTheyRan) {
  CostMeter meter;
  Scene scene = cluster();
  spark::Job first, second;
  first.id = 0;
  first.status = spark::JobStatus::kRunning;
  first.stage_ids = {0};
  first.group = "load";
  second = first;
  second.id = 1;
  second.stage_ids = {1};
  second.group = "report";
  const auto ran = [&](std::int64_t stage_id, std::int64_t told, spark::StageStatus status) {
    spark::Stage stage;
    stage.id = stage_id;
    stage.status = status;
    stage.executor_run_time = seconds(told);
    scene.run.apply_stages({stage});
    scene.run.settle_groups();
    scene.run.settle_groups();
  };
  const auto poll = [&](std::int64_t second_now) {
    scene.poll(second_now);
    scene.feed(meter);
    expect_adds_up(meter.view()->totals);
  };
  scene.run.apply_jobs({first}, at_second(31));
  poll(40);
  scene.executor_of("1").total_duration = seconds(20);
  ran(0, 18, spark::StageStatus::kComplete);
  first.status = spark::JobStatus::kSucceeded;
  scene.run.apply_jobs({first, second}, at_second(50));
  poll(50);
  scene.executor_of("2").total_duration = seconds(22);
  ran(1, 20, spark::StageStatus::kComplete);
  poll(62);
  EXPECT_DOUBLE_EQ(meter.view()->totals.groups.at("load"), 20 * 1.05) << "20 s of a slot, though it says 18";
  second.status = spark::JobStatus::kSucceeded;
  scene.run.apply_jobs({second}, at_second(63));
  poll(64);
  EXPECT_DOUBLE_EQ(meter.view()->totals.groups.at("load"), 20 * 1.05);
  EXPECT_DOUBLE_EQ(meter.view()->totals.groups.at("report"), 22 * 1.05);
}

/// The same where all of it becomes due at once, because no job runs any more.
TEST(CostMeter, TellsAnswersOneAfterTheOther) {
  CostMeter meter;
  Scene scene = cluster();
  spark::Job job;
  job.id = 0;
  job.status = spark::JobStatus::kRunning;
  job.group = "load";
  job.stage_ids = {0};
  spark::Stage stage;
  stage.status = spark::StageStatus::kComplete;
  const auto poll = [&](std::int64_t second, std::int64_t told, std::int64_t took) {
    scene.run.apply_jobs({job}, at_second(second));
    stage.id = job.stage_ids[0];
    stage.executor_run_time = seconds(told);
    scene.run.apply_stages({stage});
    scene.run.settle_groups();
    scene.run.settle_groups();
    scene.executor_of("1").total_duration += seconds(took);
    scene.poll(second);
    scene.feed(meter);
  };
  poll(40, 18, 20);
  job.id = 1;
  job.group = "report";
  job.stage_ids = {1};
  poll(45, 5, 5);
  EXPECT_EQ(meter.view()->totals.groups.count("load"), 0U) << "all of it may be late yet";
  job.status = spark::JobStatus::kSucceeded;
  poll(48, 5, 0);
  scene.run.apply_jobs({[&] {
                         auto first = job;
                         first.id = 0;
                         first.group = "load";
                         first.stage_ids = {0};
                         return first;
                       }()},
                       at_second(49));
  poll(50, 5, 0);
  EXPECT_DOUBLE_EQ(meter.view()->totals.groups.at("load"), 20 * 1.05);
  EXPECT_DOUBLE_EQ(meter.view()->totals.groups.at("report"), 5 * 1.05);
  expect_adds_up(meter.view()->totals);
}

/// Executors tell of a group's tasks before anybody knows whose they are: its stages are written late, or its job waits
/// for its name.
TEST(CostMeter, LetsNoGroupHaveWhatTheNextOneTellsLate) {
  CostMeter meter;
  Scene scene = cluster();
  const auto job = [](std::int64_t id, const char* group) {
    spark::Job out;
    out.id = id;
    out.status = spark::JobStatus::kRunning;
    out.stage_ids = {id};
    out.group = group;
    return out;
  };
  const auto told = [&](std::int64_t stage_id, std::int64_t slot_time) {
    spark::Stage stage;
    stage.id = stage_id;
    stage.status = spark::StageStatus::kActive;
    stage.executor_run_time = seconds(slot_time);
    scene.run.apply_stages({stage});
    scene.run.settle_groups();
    scene.run.settle_groups();
  };
  const auto poll = [&](std::int64_t second) {
    scene.poll(second);
    scene.feed(meter);
    expect_adds_up(meter.view()->totals);
  };
  auto load = job(0, "load");
  scene.run.apply_jobs({load}, at_second(31));
  told(0, 20);
  scene.executor_of("1").total_duration = seconds(20);
  poll(40);
  load.status = spark::JobStatus::kSucceeded;
  scene.run.apply_jobs({load, job(1, "report"), job(2, "mail")}, at_second(41));
  scene.executor_of("1").total_duration = seconds(30);
  poll(50);
  told(1, 10);
  poll(55);
  scene.executor_of("2").total_duration = seconds(12);
  told(2, 12);
  poll(60);
  poll(72);
  poll(80);
  const auto& groups = meter.view()->totals.groups;
  EXPECT_DOUBLE_EQ(groups.at("load"), 20 * 1.05);
  EXPECT_DOUBLE_EQ(groups.at("report"), 10 * 1.05);
  EXPECT_DOUBLE_EQ(groups.at("mail"), 12 * 1.05);
}

/// A made-up run: executors come, work and go. Told at `polls` of its 100 moments, restarted at `restarts`.
cost::Totals lived(std::uint32_t seed, const std::vector<int>& polls, const std::vector<int>& restarts) {
  std::mt19937 random(seed);
  const auto some = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  struct Life {
    int from, until, busy;
  };
  std::vector<Life> lives;
  for (int i = 0; i < 5; ++i) {
    const int from = some(11, 60);
    lives.push_back({from, some(from + 1, 120), some(0, 100)});
  }
  CostMeter meter;
  Scene scene("spark://host:7077");
  const auto tell = [&](int now) {
    scene.executors = {executor("driver", 10, 0)};
    for (std::size_t i = 0; i < lives.size(); ++i) {
      const auto& life = lives[i];
      if (now < life.from) continue;
      auto one = executor(std::to_string(i), life.from, 2);
      const int end = std::min(now, life.until);
      one.total_duration = seconds(end - life.from) * life.busy / 100;
      scene.executors.push_back(one);
      if (now >= life.until) scene.end(one.id, life.until);
    }
    scene.poll(now);
    scene.feed(meter);
    scene.run.executors().forget_scraped(static_cast<std::uint64_t>(now));
    expect_adds_up(meter.view()->totals);
  };
  for (const int now : polls) {
    tell(now);
    if (std::find(restarts.begin(), restarts.end(), now) == restarts.end()) continue;
    CostMeter next;
    EXPECT_TRUE(next.restore(*meter.save()));
    meter = std::move(next);
    scene.run = model::Run::restore(scene.run.save(), at_second(now));
    scene.run.set_environment({"", {{"spark.master", "spark://host:7077"}}});
  }
  tell(130);
  scene.over = true;
  scene.feed(meter);
  return meter.view()->totals;
}

TEST(CostMeter, ComesToTheSameSumsHoweverItIsAskedAndRestarted) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    const auto often = lived(seed, {11, 20, 25, 31, 40, 50, 60, 70, 80, 90, 100, 110, 120}, {});
    const auto once = lived(seed, {}, {});
    const auto restarted = lived(seed, {20, 40, 60, 80, 100}, {20, 60, 80});
    EXPECT_NEAR(often.paid_total(), once.paid_total(), 1e-9 * once.paid_total()) << seed;
    EXPECT_NEAR(restarted.paid_total(), once.paid_total(), 1e-9 * once.paid_total()) << seed;
    EXPECT_EQ(once.unsettled, 0);
    for (std::size_t use = 0; use < cost::kUses; ++use) {
      EXPECT_NEAR(often.used[use], once.used[use], 1e-9 * once.paid_total()) << seed << ' ' << use;
      EXPECT_NEAR(restarted.used[use], once.used[use], 1e-9 * once.paid_total()) << seed << ' ' << use;
    }
  }
}

TEST(CostMeter, TakesNoStateThatIsNotItsOwn) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  scene.feed(meter);
  const auto saved = *meter.save();
  for (const std::string bad : {"", "{}", "[]", R"({"version":2})", "null"}) EXPECT_FALSE(meter.restore(bad)) << bad;
  for (std::size_t cut = 0; cut < saved.size(); cut += 7) EXPECT_FALSE(meter.restore(saved.substr(0, cut))) << cut;
  const double paid = meter.view()->totals.paid_total();
  CostMeter next;
  ASSERT_TRUE(next.restore(saved));
  EXPECT_DOUBLE_EQ(scene.feed(next).totals.paid_total(), paid);
}

TEST(CostMeter, BeginsAnewWithAnotherRun) {
  CostMeter meter;
  Scene scene = cluster();
  scene.poll(40);
  scene.feed(meter);
  auto application = Scene::application();
  application.id = "app-2";
  application.start_time = at_second(50);
  Scene other = cluster();
  other.run = model::Run(application, at_second(50));
  other.run.set_environment({"", {{"spark.master", "spark://host:7077"}}});
  other.executors = {executor("driver", 50, 0)};
  other.poll(60);
  auto facts = other.facts();
  facts.pods = {pod("driver", 5)};
  meter.feed(facts, settings());
  EXPECT_DOUBLE_EQ(meter.view()->totals.paid_total(), 3 * 10);
}

}  // namespace
}  // namespace spark_exporter::app::test
