// The sidecar's last minutes: the driver beside it ends in many ways, and it must say which, to everybody, and leave.

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "tests/unit/app/pod_api.hpp"
#include "tests/unit/app/scene.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;

std::string run_labels(const std::string& more = "") {
  return R"({namespace="etl",app="nightly",app_id="app-1")" + more + "}";
}
std::string state(const std::string& name) { return "spark_job_state" + run_labels(",state=\"" + name + "\""); }
const std::string kStatus = "spark_job_status" + run_labels();

/// The made-up pods live on 2026-11-23 from 10:00 to 10:05, and what ended a day ago is not shown any more.
spark::Clock soon_after_the_end() {
  auto clock = spark::Clock::system();
  const auto began = clock.steady();
  clock.wall = [began] {
    const auto passed = std::chrono::steady_clock::now() - began;
    return spark::TimePoint{1'795'428'360s} + std::chrono::duration_cast<spark::Millis>(passed);
  };
  return clock;
}

/// A sidecar in its pod. What is long in life is short here, by the flags that are there for it.
class Pod {
 public:
  explicit Pod(Json pod) : api_(std::move(pod)) {
    options.listen_addresses = {"127.0.0.1:0"};
    options.spark_url = *net::parse_url(driver_.server().url());
    options.spark_interval = 50ms;
    options.kubernetes_api_server = api_.url();
    options.kubernetes_namespace = "etl";
    options.kubernetes_pod = "nightly-driver";
    options.termination_log =
        testing::TempDir() + "termination-log-" + testing::UnitTest::GetInstance()->current_test_info()->name();
    for (char& c : options.termination_log) {
      if (c == '/' && &c > &options.termination_log[testing::TempDir().size()]) c = '_';
    }
    std::ofstream(options.termination_log) << "";
  }
  ~Pod() { std::remove(options.termination_log.c_str()); }

  void start() {
    sidecar.emplace(
        options, config, [this] { left_.set_value(); }, soon_after_the_end());
    ASSERT_TRUE(sidecar->start());
  }
  /// Until the pod and Spark are both known.
  void start_and_see_it_run() {
    start();
    scrape_until(*sidecar, [](const std::string& text) {
      return value(text, state("running")) == 1 && text.find("spark_app_jobs_total{") != std::string::npos;
    });
  }
  void driver_gone() { driver_.server().stop(); }
  bool leaves() { return left_future_.wait_for(60s) == std::future_status::ready; }
  bool has_left() { return left_future_.wait_for(0s) == std::future_status::ready; }
  std::string scrape() { return get(*sidecar, "/metrics").body; }

  /// Its termination message.
  Json last_words() const {
    std::ifstream file(options.termination_log);
    std::stringstream text;
    text << file.rdbuf();
    return Json::parse(text.str(), nullptr, false);
  }

  config::Options options;
  config::Config config;
  PodApi& api() { return api_; }
  std::optional<Sidecar> sidecar;

 private:
  PodApi api_;
  DriverServer driver_;
  std::promise<void> left_;
  std::future<void> left_future_ = left_.get_future();
};

struct End {
  const char* name;
  int exit_code;
  const char* container_reason;
  const char* outcome;
  const char* reason;
  int status;
};

class Ends : public testing::TestWithParam<End> {};

TEST_P(Ends, AreShownToldAndLeft) {
  const auto& end = GetParam();
  for (const bool native : {true, false}) {
    SCOPED_TRACE(native);
    Pod pod(running_pod(native, 300));
    pod.options.linger_failure = 1s;
    pod.start_and_see_it_run();
    EXPECT_EQ(value(pod.scrape(), kStatus), 0);
    EXPECT_FALSE(pod.has_left());

    pod.driver_gone();
    pod.api().set(with_driver_end(running_pod(native, 300), end.exit_code, end.container_reason));
    const auto text = scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, kStatus) > 0; });
    EXPECT_EQ(value(text, kStatus), end.status);
    EXPECT_EQ(value(text, state(end.outcome)), 1);
    EXPECT_EQ(value(text, "spark_job_duration_seconds" + run_labels()), 300);
    if (end.status == 2) {
      EXPECT_NE(text.find(std::string("reason=\"") + end.reason + "\""), std::string::npos);
      EXPECT_NE(text.find("exit_code=\"" + std::to_string(end.exit_code) + "\""), std::string::npos);
    }
    ASSERT_TRUE(pod.leaves());
    const auto words = pod.last_words();
    EXPECT_EQ(words["outcome"], end.outcome) << words;
    EXPECT_EQ(words["app"], "nightly");
    EXPECT_EQ(words["pod_uid"], "0b9f3d42-93a5-4a5e-8d53-5f6f1c1f0f0a");
    EXPECT_EQ(words["exit_code"], end.exit_code);
    if (end.status == 2) {
      EXPECT_EQ(words["reason"], end.reason);
    }
  }
}

/// A driver that died before its UI was there: Spark's API has told nothing.
TEST(EndsByLog, NameTheExceptionOfTheLog) {
  Pod pod(running_pod(true, 300));
  pod.options.linger_failure = 1s;
  pod.options.logged_pods = config::LoggedPods::kDriver;
  pod.driver_gone();
  pod.start();
  const std::string at = "2026-11-23T10:04:59.123456789Z ";
  pod.api().set_log(at + "Traceback (most recent call last):\n" + at + "  File \"job.py\", line 3, in <module>\n" + at +
                    "py4j.protocol.Py4JJavaError: An error occurred while calling o60.toPandas.\n" + at +
                    ": java.lang.OutOfMemoryError: Java heap space\n" + at + "\tat a.B.c(B.java:1)\n");
  const std::string found = "spark_log_signatures_total" + run_labels(R"(,component="driver",signature="heap_oom")");
  scrape_until(*pod.sidecar, [&found](const std::string& text) { return value(text, found) == 1; });
  pod.api().set(with_driver_end(running_pod(true, 300), 1, "Error"));
  const auto text = scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, kStatus) == 2; });
  EXPECT_NE(text.find("reason=\"DriverJavaHeapOOM\""), std::string::npos) << text;
  EXPECT_NE(text.find("exception=\"java.lang.OutOfMemoryError\""), std::string::npos);
  EXPECT_EQ(value(text, "spark_log_messages_total" + run_labels(R"(,component="driver",level="none")")), 1);
  EXPECT_EQ(value(text, R"(spark_exporter_source_up{source="logs"})"), 1);
  ASSERT_TRUE(pod.leaves());
  EXPECT_EQ(pod.last_words()["exception"], "java.lang.OutOfMemoryError");
}

INSTANTIATE_TEST_SUITE_P(Table, Ends,
                         testing::Values(End{"exit_0", 0, "Completed", "succeeded", "", 1},
                                         End{"exit_1", 1, "Error", "failed", "UserError", 2},
                                         End{"exit_3", 3, "Error", "failed", "UserError", 2},
                                         End{"oom", 137, "OOMKilled", "failed", "DriverOOMKilled", 2},
                                         End{"sigterm", 143, "Error", "failed", "Killed", 2},
                                         End{"heap_oom", 52, "Error", "failed", "DriverJavaHeapOOM", 2}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(SidecarEnd, ASuccessIsServedUntilItWasScraped) {
  Pod pod(running_pod(true, 300));
  pod.options.linger_success = 1h;
  pod.start_and_see_it_run();
  pod.driver_gone();
  pod.api().set(with_driver_end(running_pod(true, 300), 0, "Completed"));
  scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, "spark_exporter_final_scrapes") >= 0; });
  EXPECT_TRUE(pod.leaves());
}

TEST(SidecarEnd, TheLastWordsTellWhatTheRunCost) {
  Pod pod(running_pod(true, 300));
  pod.options.linger_failure = 1h;
  pod.config = *config::parse_config("cost:\n  currency: EUR\n  prices:\n    - {core: 36, memory_gib: 3.6}\n", "x", {});
  pod.start_and_see_it_run();
  pod.driver_gone();
  pod.api().set(with_driver_end(running_pod(true, 300), 1, "Error"));
  const auto text = scrape_until(*pod.sidecar, [](const std::string& t) {
    return t.find("spark_job_run_cost{") != std::string::npos &&
           t.find("spark_job_runs_cost_total{") != std::string::npos;
  });
  Json words;
  while (!words.contains("cost_currency")) words = pod.last_words();
  EXPECT_EQ(words["cost_currency"], "EUR");
  double told = 0;
  for (const auto& [name, value] : words.items()) {
    if (name.starts_with("cost_") && value.is_number()) told += value.get<double>();
  }
  EXPECT_GT(told, 0);
  const auto job = std::string("{namespace=\"etl\",app=\"nightly\",outcome=\"failed\",currency=\"EUR\"}");
  EXPECT_NEAR(value(text, "spark_job_runs_cost_total" + job), told, told * 1e-6);
}

TEST(SidecarEnd, SigtermWaitsForTheEndAndADeletionIsACancelledRun) {
  Pod pod(running_pod(true, 300));
  pod.start_and_see_it_run();
  EXPECT_TRUE(pod.sidecar->terminate());
  // Goes on: values still change.
  scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, state("running")) == 1; });
  EXPECT_FALSE(pod.has_left());
  pod.driver_gone();
  pod.api().set(being_deleted(with_driver_end(running_pod(true, 300), 143, "Error")));
  const auto text = scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, state("cancelled")) == 1; });
  EXPECT_EQ(value(text, kStatus), -1) << "no status, no page";
  ASSERT_TRUE(pod.leaves());
  EXPECT_EQ(pod.last_words()["outcome"], "cancelled");
}

TEST(SidecarEnd, TheKubeletTellsNothingOfAPodThatItTerminates) {
  struct {
    const char* name;
    Json pod;
    const char* outcome;
    const char* reason;
  } cases[] = {{"deleted", being_deleted(running_pod(true, 300)), "cancelled", ""},
               {"evicted", being_deleted(running_pod(true, 300)), "failed", "Evicted"}};
  cases[1].pod["status"]["conditions"] = Json::array({{{"type", "DisruptionTarget"},
                                                       {"status", "True"},
                                                       {"reason", "EvictionByEvictionAPI"},
                                                       {"lastTransitionTime", "2026-11-23T10:04:55Z"}}});
  cases[1].pod["metadata"]["deletionGracePeriodSeconds"] = 2;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Pod pod(running_pod(true, 300));
    pod.options.linger_success = 1s;
    pod.start_and_see_it_run();
    pod.driver_gone();
    pod.api().set(c.pod);
    EXPECT_TRUE(pod.sidecar->terminate());
    ASSERT_TRUE(pod.leaves());
    EXPECT_EQ(pod.last_words()["outcome"], c.outcome);
    EXPECT_EQ(pod.last_words().value("reason", ""), c.reason);
  }
}

TEST(SidecarEnd, LeavesBehindWhatIsKnownIfNobodyTellsMore) {
  Pod pod(running_pod(true, 300));
  pod.start_and_see_it_run();
  EXPECT_TRUE(pod.sidecar->terminate());
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (pod.last_words().is_discarded() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_EQ(pod.last_words()["app"], "nightly");
  EXPECT_FALSE(pod.has_left());
}

TEST(SidecarEnd, WithoutRightsTheOutcomeIsUnknownAndNeverAGuess) {
  Pod pod(running_pod(true, 300));
  pod.api().forbid();
  pod.options.job_name = "nightly";
  pod.start();
  scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, state("running")) == 1; });
  EXPECT_TRUE(pod.sidecar->terminate());
  EXPECT_EQ(value(pod.scrape(), state("running")), 1) << "Spark still answers";
  pod.driver_gone();
  const auto text = scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, state("unknown")) == 1; });
  EXPECT_EQ(value(text, kStatus), -1);
  ASSERT_TRUE(pod.leaves());
  EXPECT_EQ(pod.last_words()["outcome"], "unknown");
}

TEST(SidecarEnd, AnApiServerThatIsAwayAtTheEndCostsTheOutcomeButNotTheGracePeriod) {
  Pod pod(running_pod(true, 4));
  pod.start_and_see_it_run();
  pod.api().stop();
  pod.driver_gone();
  EXPECT_TRUE(pod.sidecar->terminate());
  ASSERT_TRUE(pod.leaves());
  EXPECT_EQ(pod.last_words()["outcome"], "unknown");
}

TEST(SidecarEnd, ARestartInAFinishedPodComesToTheSameOutcome) {
  Pod pod(with_driver_end(running_pod(false, 300), 1, "Error"));
  pod.options.linger_failure = 1s;
  pod.driver_gone();
  pod.start();
  const auto text = scrape_until(*pod.sidecar, [](const std::string& t) { return value(t, kStatus) == 2; });
  EXPECT_NE(text.find("reason=\"UserError\""), std::string::npos);
  ASSERT_TRUE(pod.leaves());
  EXPECT_EQ(pod.last_words()["outcome"], "failed");
}

TEST(SidecarEnd, AClassicOneLeavesOnceTheObserverHasItsLastWords) {
  test::FaultServer observer;
  observer.on("/api/v1/last-words", test::replies::json("{}"));
  Pod pod(running_pod(false, 300));
  pod.options.outcome_owner = config::OutcomeOwner::kObserver;
  pod.options.observer_url = *net::parse_url(observer.url());
  pod.options.linger_success = 1h;
  pod.start();
  scrape_until(*pod.sidecar, [](const std::string& t) { return t.find("spark_app_jobs_total{") != std::string::npos; });
  EXPECT_EQ(pod.scrape().find("spark_job_state{"), std::string::npos) << "the observer's alone";
  pod.driver_gone();
  pod.api().set(with_driver_end(running_pod(false, 300), 1, "Error"));
  ASSERT_TRUE(pod.leaves()) << "without a scrape";
  ASSERT_EQ(observer.requests().size(), 1U);
  EXPECT_EQ(Json::parse(observer.requests().front().body)["reason"], "UserError");
}

TEST(SidecarEnd, AShortGracePeriodIsSaidAtStart) {
  testing::internal::CaptureStderr();
  std::string report;
  {
    Pod pod(running_pod(true, 30));
    pod.start_and_see_it_run();
    report = get(*pod.sidecar, "/report").body;
  }
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("SparkJobFailed may never fire"), std::string::npos) << log;
  EXPECT_NE(Json::parse(report)["warnings"][0].get<std::string>().find("set it to 210 s"), std::string::npos);
}

TEST(SidecarEnd, OnlyTheApplicationOfThePodsLabelIsRead) {
  auto json = running_pod(true, 300);
  json["metadata"]["labels"]["spark-app-selector"] = "app-2";
  Pod pod(json);
  pod.start();
  const auto text = scrape_until(*pod.sidecar, [](const std::string& t) {
    return value(t, R"(spark_exporter_errors_total{source="spark",kind="wrong_application"})") > 0;
  });
  EXPECT_EQ(text.find("spark_app_jobs_total{"), std::string::npos);
}

TEST(SidecarEnd, OutsideAPodItMayBeEndedAtOnce) {
  DriverServer driver;
  config::Options options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.spark_url = *net::parse_url(driver.server().url());
  Sidecar sidecar(options, {});
  ASSERT_TRUE(sidecar.start());
  EXPECT_FALSE(sidecar.terminate());
}

TEST(SidecarEnd, KubernetesThatWasAskedForAndCannotBeUsedIsAnError) {
  config::Options options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.kubernetes_api_server = "http://127.0.0.1:1";
  Sidecar sidecar(options, {});
  const auto started = sidecar.start();
  ASSERT_TRUE(started.has_error());
  EXPECT_NE(started.error().what.find("POD_NAME"), std::string::npos) << started.error().what;
}

}  // namespace
}  // namespace spark_exporter::app
