// The whole observer against an API server over real sockets.

#include "exporter/app/observer.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "tests/support/fake_driver.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/out_of_memory.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::End;
using test::FakeDriver;
using test::FaultServer;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

constexpr char kPods[] = "/api/v1/pods";
constexpr char kApplications[] = "/apis/sparkoperator.k8s.io/v1beta2/sparkapplications";

bool is_watch(const ReceivedRequest& request) { return request.target.find("watch=true") != std::string::npos; }

std::string pod(const std::string& name, const std::string& state, const std::string& phase,
                const std::string& ip = "") {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"etl","uid":"u-)" + name +
         R"(","resourceVersion":"7","labels":{"spark-role":"driver","spark-app-name":")" + name +
         R"(","spark-app-selector":"app-1"}},"spec":{"containers":[{"name":"spark-kubernetes-driver"}]},)" +
         R"("status":{"phase":")" + phase + R"(","podIP":")" + ip +
         R"(","containerStatuses":[{"name":"spark-kubernetes-driver","state":{)" + state + "}}]}}";
}

std::string ended(const std::string& name, int code) {
  return pod(name, R"("terminated":{"exitCode":)" + std::to_string(code) + R"(,"finishedAt":"2099-01-01T00:00:00Z"})",
             code == 0 ? "Succeeded" : "Failed");
}
std::string running(const std::string& name, const std::string& ip = "") {
  return pod(name, R"("running":{"startedAt":"2026-01-01T00:00:00Z"})", "Running", ip);
}

/// A list of `items`, then a watch that says `events`, behind the gate if there is one, and falls silent.
void serve(FaultServer& server, const std::string& path, const std::string& items, const std::string& events = "",
           const std::shared_ptr<test::Gate>& gate = nullptr) {
  server.on(path, [=](const ReceivedRequest& request) {
    if (!is_watch(request)) {
      return replies::json(R"({"metadata":{"resourceVersion":"7"},"items":[)" + items + "]}");
    }
    auto reply = replies::json(events + "\n").chunked();
    if (gate != nullptr) reply.gated(gate, events.size() + 1);
    return reply.cut_after(events.size() + 1, End::kHang);
  });
}

std::string event(const std::string& object) { return R"({"type":"MODIFIED","object":)" + object + "}"; }

struct Answer {
  unsigned status = 0;
  std::string body;
};

class Observing : public testing::Test {
 protected:
  Observing() {
    options_.mode = config::Mode::kObserver;
    options_.listen_addresses = {"127.0.0.1:0"};
    serve(server_, kPods, "");
    serve(server_, kApplications, "");
  }

  void start() {
    kubernetes::Cluster cluster;
    cluster.api_server = *net::parse_url(server_.url());
    ObserverTuning tuning;
    tuning.busy = tuning.idle = tuning.starting = 10ms;
    tuning.quiet = 200ms;
    tuning.wall = wall_;
    observer_ = std::make_unique<Observer>(options_, config::Config{}, cluster, tuning);
    const auto started = observer_->start();
    ASSERT_TRUE(started) << started.error().what;
  }

  Answer get(const std::string& path, const std::string& method = "GET") {
    net::Request request;
    request.method = method;
    request.target = path;
    return ask(std::move(request));
  }

  Answer post(const std::string& path, const std::string& body, const std::string& token) {
    net::Request request;
    request.method = "POST";
    request.target = path;
    request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
    request.body = body;
    return ask(std::move(request));
  }

  Answer ask(net::Request request) {
    net::ClientOptions options;
    options.base = *net::parse_url("http://" + observer_->addresses().front());
    const auto client = net::make_http_client(options);
    Answer answer;
    const auto done = client->get(request, [&](const net::ResponseHead& head, std::istream& body) -> Result<void> {
      std::ostringstream text;
      text << body.rdbuf();
      answer = {head.status, text.str()};
      return {};
    });
    EXPECT_TRUE(done) << done.error().what;
    return answer;
  }

  /// Scrapes until a line starts with `series` and ends with `value`.
  testing::AssertionResult shows(const std::string& series, const std::string& value) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    Answer answer;
    while (std::chrono::steady_clock::now() < give_up) {
      answer = get("/metrics");
      std::istringstream lines(answer.body);
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(series) && line.ends_with(" " + value)) return testing::AssertionSuccess();
      }
      std::this_thread::yield();
    }
    return testing::AssertionFailure() << series << " is never " << value << ": " << answer.status << answer.body;
  }

  const spark_exporter::test::Folder own_;  // tests run side by side
  const std::string folder_ = own_.path();
  const std::string state_ = folder_ + "/state";
  FaultServer server_;
  config::Options options_;
  std::function<kubernetes::TimePoint()> wall_;
  std::unique_ptr<Observer> observer_;
};

std::string status_of(const std::string& app) { return "spark_job_status{namespace=\"etl\",app=\"" + app + "\""; }

TEST_F(Observing, ShowsEachRunAndWhatBecomesOfIt) {
  const auto gate = std::make_shared<test::Gate>();
  serve(server_, kPods, ended("bad", 3) + "," + ended("good", 0) + "," + running("late"), event(ended("late", 1)),
        gate);
  start();
  EXPECT_TRUE(shows(status_of("bad"), "2"));
  EXPECT_TRUE(shows(status_of("good"), "1"));
  EXPECT_TRUE(shows(status_of("late"), "0"));
  EXPECT_TRUE(shows("spark_exporter_source_up{source=\"kubernetes\"}", "1"));
  gate->open();
  EXPECT_TRUE(shows(status_of("late"), "2"));
  const auto report = get("/report");
  EXPECT_EQ(report.status, 200U);
  EXPECT_NE(report.body.find(R"("app":"bad")"), std::string::npos);
  EXPECT_NE(report.body.find(R"("reason":"UserError")"), std::string::npos);
}

TEST_F(Observing, ServesRunbooksAboutItsRuns) {
  serve(server_, kPods, ended("bad", 3) + "," + ended("good", 0));
  start();
  EXPECT_TRUE(shows(status_of("bad"), "2"));
  for (const char* path : {"SparkJobFailed", "job-failure", "job-failure.md"}) {
    const auto page = get("/runbooks/" + std::string(path) + "?namespace=etl&app=bad");
    EXPECT_EQ(page.status, 200U) << path;
    EXPECT_NE(page.body.find("kubectl -n etl logs bad -c spark-kubernetes-driver"), std::string::npos) << page.body;
    EXPECT_NE(page.body.find("| `$REASON` | `UserError` |"), std::string::npos);
  }
  EXPECT_NE(get("/runbooks/SparkJobFailed").body.find("- [etl/bad "), std::string::npos);
  EXPECT_NE(get("/runbooks/").body.find("`SparkJobFailed`"), std::string::npos);
  EXPECT_EQ(get("/runbooks").status, 301U);
  EXPECT_EQ(get("/runbooks/SparkJobFailed?app=%0a").status, 400U);
  EXPECT_EQ(get("/runbooks/nothing").status, 404U);
  EXPECT_EQ(get("/runbooks/../etc").status, 404U);
  EXPECT_NE(get("/").body.find("href=\"/runbooks/\""), std::string::npos);
}

TEST_F(Observing, IsNotReadyBeforeTheFirstListsAreIn) {
  const auto gate = std::make_shared<test::Gate>();
  server_.on(kApplications, [gate](const ReceivedRequest& request) {
    if (is_watch(request)) return replies::nothing(End::kHang);
    return replies::json(R"({"metadata":{"resourceVersion":"7"},"items":[]})").gated(gate, 1'000);
  });
  serve(server_, kPods, ended("bad", 3));
  start();
  gate->wait_for_arrivals(1);
  for (const char* path : {"/metrics", "/-/ready", "/readyz", "/report"}) EXPECT_EQ(get(path).status, 503U) << path;
  EXPECT_EQ(get("/api/v1/last-words", "POST").status, 503U);
  EXPECT_EQ(get("/-/healthy").status, 200U);
  EXPECT_EQ(get("/").status, 200U);
  EXPECT_EQ(get("/runbooks/SparkJobFailed").status, 200U);
  gate->open();
  EXPECT_TRUE(shows(status_of("bad"), "2"));
  EXPECT_EQ(get("/-/ready").status, 200U);
  EXPECT_EQ(get("/api/v1/last-words", "POST").status, 401U);
}

TEST_F(Observing, CountsARunOnceOverARestart) {
  options_.state_file = state_;
  const auto gate = std::make_shared<test::Gate>();
  serve(server_, kPods, running("nightly"), event(ended("nightly", 1)), gate);
  start();
  // What had ended before the first lists were in is not counted: a former process may have done so.
  EXPECT_TRUE(shows(status_of("nightly"), "0"));
  gate->open();
  const std::string count = R"(spark_job_runs_total{namespace="etl",app="nightly",outcome="failed"})";
  EXPECT_TRUE(shows(count, "1"));
  observer_.reset();
  ASSERT_TRUE(std::filesystem::exists(state_));
  serve(server_, kPods, ended("nightly", 1));
  start();
  EXPECT_TRUE(shows(status_of("nightly"), "2"));
  EXPECT_TRUE(shows(count, "1"));
}

TEST_F(Observing, PutsAStateFileAsideThatItCannotRead) {
  options_.state_file = state_;
  std::ofstream(state_) << "{\"half";
  serve(server_, kPods, ended("bad", 3));
  start();
  EXPECT_TRUE(shows(status_of("bad"), "2"));
  EXPECT_TRUE(std::filesystem::exists(state_ + ".bad"));
  observer_.reset();
  EXPECT_TRUE(std::filesystem::exists(state_));
}

TEST_F(Observing, ReloadsItsConfiguration) {
  options_.config_file = folder_ + "/config.yml";
  std::ofstream(options_.config_file) << "limits: {series: 100}\n";
  start();
  EXPECT_TRUE(shows("spark_exporter_config_last_reload_successful", "1"));
  std::ofstream(options_.config_file) << "limits: {serious: 100}\n";
  EXPECT_EQ(get("/-/reload", "POST").status, 500U);
  EXPECT_TRUE(shows("spark_exporter_config_last_reload_successful", "0"));
  std::ofstream(options_.config_file) << "limits: {series: 200}\n";
  EXPECT_EQ(get("/-/reload", "POST").status, 200U);
  EXPECT_TRUE(shows("spark_exporter_config_last_reload_successful", "1"));
}

TEST_F(Observing, GoesOnAfterATurnThatBrokeOff) {
  const auto memory = std::make_shared<test::OutOfMemory>();
  wall_ = [memory] {
    memory->try_it();
    return std::chrono::time_point_cast<kubernetes::Millis>(std::chrono::system_clock::now());
  };
  const auto gate = std::make_shared<test::Gate>();
  serve(server_, kPods, running("late"), event(ended("late", 1)), gate);
  start();
  EXPECT_TRUE(shows(status_of("late"), "0"));
  memory->happen(3);
  EXPECT_TRUE(shows("spark_exporter_errors_total{source=\"kubernetes\",kind=\"io\"}", "3"));
  gate->open();
  EXPECT_TRUE(shows(status_of("late"), "2"));
}

TEST_F(Observing, EndsWhileNobodyAnswers) {
  for (const char* path : {kPods, kApplications}) server_.on(path, replies::nothing(End::kHang));
  start();
  ASSERT_TRUE(server_.wait_for_requests(3));
  EXPECT_EQ(get("/-/ready").status, 503U);
}

// --- backups -----------------------------------------------------------------------------------

constexpr char kCronJobs[] = "/apis/batch/v1/cronjobs";
constexpr char kJobs[] = "/apis/batch/v1/jobs";

constexpr char kOrders[] = R"({"metadata":{"namespace":"etl","name":"orders","uid":"uid-orders",
  "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"spark-exporter.io/backup":"orders"},
  "annotations":{"spark-exporter.io/rpo":"25h"}},"spec":{"schedule":"0 2 * * *"}})";

std::string backup_job(const std::string& status) {
  return R"({"metadata":{"namespace":"etl","name":"orders-1","uid":"fea96abd-b76c-4815-aa3d-b6ef38adc6ef",)"
         R"("ownerReferences":[{"kind":"CronJob","name":"orders","uid":"uid-orders","controller":true}]},"status":{)" +
         status + "}}";
}

std::string backup_series(const std::string& family) { return family + R"({namespace="etl",backup="orders")"; }

TEST_F(Observing, ShowsBackupsWithWhatTheirPodsSay) {
  std::string cron = kOrders;
  std::erase(cron, '\n');
  serve(server_, kCronJobs, cron);
  const auto gate = std::make_shared<test::Gate>();
  serve(server_, kJobs, backup_job(R"("startTime":"2026-01-02T02:00:00Z")"),
        event(backup_job(R"("startTime":"2026-01-02T02:00:00Z","completionTime":"2026-01-02T02:10:00Z",)"
                         R"("conditions":[{"type":"Complete","status":"True"}])")),
        gate);
  server_.on("/api/v1/namespaces/etl/pods", [](const ReceivedRequest&) {
    return replies::json(R"({"metadata":{},"items":[{"metadata":{"namespace":"etl","name":"orders-1-x"},"status":)"
                         R"({"containerStatuses":[{"name":"main","state":{"terminated":{"exitCode":0,)"
                         R"("message":"{\"size_bytes\":4096}"}}}]}}]})");
  });
  start();
  EXPECT_TRUE(shows(backup_series("backup_running_since_timestamp_seconds"), "1767319200"));
  EXPECT_TRUE(shows("spark_exporter_source_up{source=\"backups\"}", "1"));
  gate->open();
  EXPECT_TRUE(shows(backup_series("backup_last_success_timestamp_seconds"), "1767319800"));
  EXPECT_TRUE(shows(backup_series("backup_size_bytes"), "4096"));
  EXPECT_TRUE(shows(backup_series("backup_rpo_target_seconds"), "90000"));
}

TEST_F(Observing, TakesReportsOfBackupsAndKeepsThem) {
  options_.state_file = state_;
  server_.on(
      "/apis/authentication.k8s.io/v1/tokenreviews",
      replies::json(R"({"status":{"authenticated":true,"user":{"username":"system:serviceaccount:etl:backup"}}})")
          .with_status(201));
  start();
  EXPECT_TRUE(shows("spark_exporter_source_up{source=\"kubernetes\"}", "1"));
  const std::string report = R"({"backup":"orders","success":true,"ended":1767319800,"size_bytes":7})";
  EXPECT_EQ(get("/api/v1/backups", "POST").status, 401U);
  EXPECT_EQ(post("/api/v1/backups", report, "good").body, "taken\n");
  EXPECT_TRUE(shows(backup_series("backup_size_bytes"), "7"));
  observer_.reset();
  ASSERT_TRUE(std::filesystem::exists(state_ + ".backups"));
  start();
  EXPECT_TRUE(shows(backup_series("backup_size_bytes"), "7"));
  EXPECT_EQ(post("/api/v1/backups", report, "good").body, "known already\n");
  EXPECT_TRUE(shows(R"(backup_runs_total{namespace="etl",backup="orders",outcome="succeeded"})", "1"));
  EXPECT_EQ(get("/metrics").body.find("spark_exporter_source_up{source=\"backups\"}"), std::string::npos)
      << "CronJobs and Jobs are not there to read: that is nobody's fault";
}

TEST_F(Observing, WatchesVeleroOnceItIsThere) {
  server_.on("/apis/velero.io/v1", replies::json(R"({"kind":"APIResourceList"})"));
  serve(server_, "/apis/velero.io/v1/schedules",
        R"({"metadata":{"namespace":"velero","name":"daily","uid":"s","creationTimestamp":"2026-01-01T00:00:00Z"},)"
        R"("spec":{"schedule":"0 1 * * *","paused":true}})");
  serve(server_, "/apis/velero.io/v1/backups",
        R"({"metadata":{"namespace":"velero","name":"daily-1","uid":"b","labels":{"velero.io/schedule-name":"daily"}},)"
        R"("status":{"phase":"Completed","startTimestamp":"2026-01-02T01:00:00Z",)"
        R"("completionTimestamp":"2026-01-02T01:20:00Z"}})");
  start();
  EXPECT_TRUE(shows(R"(backup_last_success_timestamp_seconds{namespace="velero",backup="daily"})", "1767316800"));
  EXPECT_TRUE(shows(R"(backup_suspended{namespace="velero",backup="daily"})", "1"));
}

TEST_F(Observing, AsksForNothingWhereNobodyWantsBackups) {
  options_.collectors.chosen["backup"] = false;
  start();
  EXPECT_TRUE(shows("spark_exporter_source_up{source=\"kubernetes\"}", "1"));
  EXPECT_EQ(get("/api/v1/backups", "POST").status, 404U);
  for (const auto& request : server_.requests()) {
    EXPECT_EQ(request.path.find("batch"), std::string::npos) << request.path;
    EXPECT_EQ(request.path.find("velero"), std::string::npos) << request.path;
  }
}

TEST(DriverPolls, FollowsDriversWithoutASidecarUpToTheBound) {
  FaultServer server;
  FakeDriver driver;
  std::mutex mutex;
  server.set_fallback([&](const ReceivedRequest& request) {
    const std::lock_guard lock(mutex);
    const auto canned = driver.answer(request.target);
    return replies::json(canned.body).with_status(canned.status);
  });
  config::Options options;
  options.spark_interval = 20ms;
  std::condition_variable told;
  std::vector<jobs::RestFacts> said;
  DriverPolls polls(options,
                    [&](const jobs::RestFacts& facts) {
                      const std::lock_guard lock(mutex);
                      said.push_back(facts);
                      told.notify_all();
                    },
                    {2, 2, server.port()});
  const auto pod = [](const char* name, bool sidecar) {
    return jobs::Fleet::DriverPod{"etl", name, std::string("u-") + name, "127.0.0.1", "app-1", sidecar};
  };
  polls.follow({pod("with", true), pod("a", false), pod("b", false), pod("beyond", false)});
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(told.wait_for(lock, 30s, [&] { return said.size() >= 6; }));
    for (const auto& facts : said) {
      EXPECT_TRUE(facts.driver_pod == "a" || facts.driver_pod == "b") << facts.driver_pod;
      EXPECT_EQ(facts.kubernetes_namespace, "etl");
      EXPECT_TRUE(facts.answers);
    }
  }
  EXPECT_EQ(polls.latest().size(), 2U);
  EXPECT_TRUE(polls.health().up);
  polls.follow({pod("with", true), pod("b", false)});
  const auto left = polls.latest();
  ASSERT_EQ(left.size(), 1U);
  const auto now = spark::Clock::system().wall();
  EXPECT_EQ(left[0]->view(now).driver_pod, "b");
  EXPECT_TRUE(left[0]->view(now).fresh);
  EXPECT_FALSE(left[0]->view(now + 24h).fresh);
  polls.follow({});
  EXPECT_TRUE(polls.latest().empty());
}

}  // namespace
}  // namespace spark_exporter::app
