// The watches of a process against an API server over real sockets.

#include "exporter/app/watches.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "tests/support/fault_server.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::End;
using test::FaultServer;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

/// Writes down what becomes of the objects, and lets the test wait for it.
class Journal final : public kubernetes::Store<kubernetes::Pod> {
 public:
  void begin_list() override { say("begin"); }
  void put(kubernetes::Pod&& pod) override { say("put " + pod.name); }
  void remove(kubernetes::Pod&& pod) override { say("remove " + pod.name); }
  void end_list() override { say("end"); }

  void say(const std::string& what) {
    {
      const std::lock_guard lock(mutex_);
      said_.push_back(what);
    }
    changed_.notify_all();
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 10s, [&] { return said_.size() >= count; }));
    return said_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> said_;
};

class Ignored final : public kubernetes::Store<kubernetes::SparkApplication> {
 public:
  void begin_list() override {}
  void put(kubernetes::SparkApplication&&) override {}
  void remove(kubernetes::SparkApplication&&) override {}
  void end_list() override {}
};

bool is_watch(const ReceivedRequest& request) { return request.target.find("watch=true") != std::string::npos; }

constexpr char kPods[] = R"({"kind":"PodList","metadata":{"resourceVersion":"7"},)"
                         R"("items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]})";
constexpr char kEvents[] = R"({"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"8"}}})"
                           "\n"
                           R"({"type":"DELETED","object":{"metadata":{"name":"b","resourceVersion":"9"}}})"
                           "\n";

/// Pods can be listed; their watch says two things and then nothing.
void serve_pods(FaultServer& server) {
  server.on("/api/v1/pods", [](const ReceivedRequest& request) {
    auto reply = replies::json(is_watch(request) ? kEvents : kPods);
    if (is_watch(request)) reply.chunked().cut_after(sizeof kEvents - 1, End::kHang);
    return reply;
  });
}

kubernetes::Cluster cluster_of(const FaultServer& server) {
  kubernetes::Cluster cluster;
  cluster.api_server = *net::parse_url(server.url());
  return cluster;
}

kubernetes::TimePoint now() {
  return std::chrono::time_point_cast<kubernetes::Millis>(std::chrono::system_clock::now());
}

template <class Condition>
bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(Watches, TellsOfAListOnceAndOfEachEvent) {
  FaultServer server;
  serve_pods(server);
  Journal journal;
  Watches watches(cluster_of(server));
  watches.add<kubernetes::Pod>({kubernetes::kPods, "", "spark-role", ""}, journal, [&] { journal.say("changed"); });
  const std::vector<std::string> expected = {"begin", "put a",   "put b",    "end",    "changed",
                                             "put a", "changed", "remove b", "changed"};
  EXPECT_EQ(journal.wait_for(expected.size()), expected);
  EXPECT_TRUE(watches.ready());
  EXPECT_TRUE(watches.readable("pods"));
  EXPECT_FALSE(watches.readable("nodes"));
  const auto health = watches.health(now());
  EXPECT_TRUE(health.up);
  ASSERT_TRUE(health.last_success);
  EXPECT_LT(now() - *health.last_success, 60s);
  EXPECT_EQ(health.errors, decltype(health.errors){});
}

TEST(Watches, GoesOnWithoutWhatIsForbiddenOrAbsent) {
  FaultServer server;
  serve_pods(server);
  server.on("/apis/sparkoperator.k8s.io/v1beta2/namespaces/etl/sparkapplications", replies::status(403));
  Journal journal;
  Ignored ignored;
  Watches watches(cluster_of(server));
  watches.add<kubernetes::SparkApplication>({kubernetes::kSparkApplications, "etl", "", ""}, ignored);
  watches.add<kubernetes::SparkApplication>({kubernetes::kSparkApplications, "absent", "", ""}, ignored);
  watches.add<kubernetes::Pod>({kubernetes::kPods, "", "", ""}, journal);
  ASSERT_TRUE(eventually([&] { return watches.ready(); }));
  EXPECT_FALSE(watches.readable("sparkapplications"));
  EXPECT_TRUE(watches.readable("pods"));
  const auto health = watches.health(now());
  EXPECT_TRUE(health.up);
  EXPECT_EQ(health.errors[static_cast<std::size_t>(ErrorKind::kForbidden)], 1U);
  EXPECT_EQ(health.errors[static_cast<std::size_t>(ErrorKind::kNotFound)], 1U);
}

TEST(Watches, IsReadyButNotUpWithoutAnyRight) {
  FaultServer server;
  server.set_fallback([](const ReceivedRequest&) { return replies::status(403); });
  Journal journal;
  Watches watches(cluster_of(server));
  watches.add<kubernetes::Pod>({kubernetes::kPods, "etl", "", ""}, journal);
  ASSERT_TRUE(eventually([&] { return watches.ready(); }));
  EXPECT_FALSE(watches.health(now()).up);
  EXPECT_FALSE(watches.health(now()).last_success);
}

TEST(Watches, IsNeitherReadyNorUpWhileNobodyAnswers) {
  FaultServer server;
  server.set_fallback([](const ReceivedRequest&) { return replies::status(500); });
  Journal journal;
  Ignored ignored;
  kubernetes::WatchTuning tuning;
  tuning.first_pause = 1ms;
  tuning.most_pause = 1ms;
  Watches watches(cluster_of(server), tuning);
  watches.add<kubernetes::Pod>({kubernetes::kPods, "", "", ""}, journal);
  watches.add<kubernetes::SparkApplication>({kubernetes::kSparkApplications, "", "", ""}, ignored);
  // One budget for both: four tries after failures, then a pause. The first of each is free.
  ASSERT_TRUE(server.wait_for_requests(6));
  ASSERT_TRUE(
      eventually([&] { return watches.health(now()).errors[static_cast<std::size_t>(ErrorKind::kStatus)] == 6; }));
  EXPECT_FALSE(watches.ready());
  EXPECT_FALSE(watches.health(now()).up);
}

TEST(Watches, EndsInTheMiddleOfAnything) {
  FaultServer server;
  server.set_fallback([](const ReceivedRequest&) { return replies::nothing(End::kHang); });
  Journal journal;
  Watches watches(cluster_of(server));
  watches.add<kubernetes::Pod>({kubernetes::kPods, "", "", ""}, journal);
  ASSERT_TRUE(server.wait_for_requests(1));
}

}  // namespace
}  // namespace spark_exporter::app
