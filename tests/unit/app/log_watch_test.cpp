// Logs that are followed over real sockets and from real files.

#include "exporter/app/log_watch.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "exporter/logs/limits.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/support/folder.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using logs::Component;
using logs::Level;
using logs::Signature;
using test::End;
using test::FaultServer;
using test::ReceivedRequest;
using test::Reply;
namespace replies = test::replies;

std::uint64_t count(const LogWatch& watch, Component component, Level level) {
  const auto tallies = watch.tallies();
  const auto found = tallies.find(component);
  return found == tallies.end() ? 0 : found->second.messages[static_cast<std::size_t>(level)];
}
std::uint64_t warned(const LogWatch& watch) { return count(watch, Component::kDriver, Level::kWarn); }

template <class Question>
bool wait_for(Question question) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!question()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

/// A line as the kubelet gives it; `number` makes its time.
std::string stamped(int number, const std::string& text) {
  char stamp[40];
  std::snprintf(stamp, sizeof stamp, "2026-11-27T06:10:%02d.%09dZ ", 10 + number / 1000, number % 1000);
  return stamp + text + "\n";
}
std::string warning(int number) {
  return stamped(number, "26/11/27 06:10:11 WARN X: Lost executor " + std::to_string(number));
}

Reply text(std::string body) {
  Reply reply = replies::json(std::move(body)).chunked();
  reply.headers = {{"Content-Type", "text/plain"}};
  return reply;
}

kubernetes::Cluster cluster_of(const FaultServer& server) {
  kubernetes::Cluster cluster;
  cluster.api_server = *net::parse_url(server.url());
  return cluster;
}

const LoggedContainer kDriver{"etl", "nightly-driver", "spark-kubernetes-driver"};
const std::string kDriverPath = "/api/v1/namespaces/etl/pods/nightly-driver/log";

TEST(LogWatch, FollowsAFile) {
  test::Folder folder;
  folder.write("driver.log", "26/11/27 06:10:11 WARN X: Lost executor 1\n");
  LogWatch watch({});
  watch.follow_file(folder.file("driver.log"));
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 1; }));
  EXPECT_TRUE(watch.health().up);
  std::ofstream(folder.file("driver.log"), std::ios::app)
      << "26/11/27 06:10:12 WARN X: y\nException in thread \"main\" a.b.CError";
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 2; }));
  EXPECT_EQ(watch.clues().text, "");
  watch.finish();  // the driver has ended: that was its last line
  EXPECT_TRUE(wait_for([&] { return watch.clues().exception == "a.b.CError"; }));
  EXPECT_FALSE(watch.tallies().contains(Component::kExecutor));
}

TEST(LogWatch, SaysThatAFileIsNotThere) {
  test::Folder folder;
  LogWatch watch({});
  watch.follow_file(folder.file("driver.log"));
  const auto not_found = static_cast<std::size_t>(ErrorKind::kNotFound);
  EXPECT_TRUE(wait_for([&] { return watch.health().errors[not_found] > 0; }));
  EXPECT_FALSE(watch.health().up);
  EXPECT_TRUE(watch.tallies().empty());  // unknown is absent
  folder.write("driver.log", "26/11/27 06:10:11 WARN X: y\n");
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 1 && watch.health().up; }));
}

TEST(LogWatch, CountsEachLineOnceThoughConnectionsBreak) {
  std::string log;
  for (int i = 0; i < 3000; ++i) log += warning(i);
  FaultServer server;  // after what its answers read, so that it ends before it
  server.on(kDriverPath, [&](const ReceivedRequest& request) {
    // Each connection goes on from the second asked for, and breaks a bit later than the one before.
    std::size_t from = 0;
    if (const auto since = request.target.find("sinceTime="); since != std::string::npos) {
      from = log.find("2026-11-27T06:10:" + request.target.substr(since + 10 + 21, 2));  // 2026-11-27T06%3A10%3A10
    }
    auto reply = text(log.substr(from));
    const auto upto = 40'000 * (server.requests().size() + 1) + 17;
    return from + upto < log.size() ? reply.cut_after(upto, End::kReset) : reply;
  });
  LogWatch watch({});
  watch.follow_driver(cluster_of(server), kDriver);
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 3000; }));
  EXPECT_GE(server.requests().size(), 3U);
  EXPECT_GT(watch.health().errors[static_cast<std::size_t>(ErrorKind::kReset)], 0U);
  EXPECT_TRUE(wait_for([&] { return server.wait_for_requests(server.requests().size() + 1); }));
  EXPECT_EQ(warned(watch), 3000U);
  const auto target = server.requests().front().target;
  EXPECT_NE(target.find("follow=true"), std::string::npos);
  EXPECT_NE(target.find("timestamps=true"), std::string::npos);
  EXPECT_NE(target.find("container=spark-kubernetes-driver"), std::string::npos);
}

TEST(LogWatch, NamesTheRightItLacks) {
  FaultServer server;
  server.on(kDriverPath,
            replies::json(R"({"kind":"Status","code":403,"message":"pods is forbidden"})").with_status(403));
  LogWatch watch({});
  testing::internal::CaptureStderr();
  watch.follow_driver(cluster_of(server), kDriver);
  const auto forbidden = static_cast<std::size_t>(ErrorKind::kForbidden);
  EXPECT_TRUE(wait_for([&] { return watch.health().errors[forbidden] == 1; }));
  EXPECT_FALSE(watch.health().up);
  EXPECT_TRUE(watch.tallies().empty());
  EXPECT_NE(testing::internal::GetCapturedStderr().find("- {apiGroups: [''], resources: [pods/log], verbs: [get]}"),
            std::string::npos);
}

TEST(LogWatch, WaitsForAContainerThatHasNotStarted) {
  FaultServer server;
  server.on(kDriverPath, [&](const ReceivedRequest&) {
    if (server.requests().size() > 1) return text(warning(1));
    return replies::json(
               R"({"kind":"Status","code":400,"message":"container \"x\" in pod \"y\" is waiting to start: z"})")
        .with_status(400);
  });
  LogWatch watch({});
  watch.follow_driver(cluster_of(server), kDriver);
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 1; }));
  for (const auto errors : watch.health().errors) EXPECT_EQ(errors, 0U);
}

TEST(LogWatch, ReadsExecutorsToTheirEndAndAddsThemUp) {
  FaultServer server;
  server.set_fallback([&](const ReceivedRequest& request) {
    if (request.path.find("driver") != std::string::npos) return text("");
    if (request.path.find("exec-1") != std::string::npos) return text(warning(1) + warning(2));
    return text(warning(3));
  });
  const auto cluster = cluster_of(server);
  LogWatch watch({});
  watch.follow_driver(cluster, kDriver);
  watch.follow_executors(cluster, {});
  EXPECT_TRUE(wait_for([&] { return watch.tallies().contains(Component::kExecutor); }));  // known-and-none
  const std::vector<LoggedContainer> both{{"etl", "exec-1", ""}, {"etl", "exec-2", ""}};
  EXPECT_TRUE(wait_for([&] {
    watch.follow_executors(cluster, both);
    return count(watch, Component::kExecutor, Level::kWarn) == 3;
  }));
  // Done: nobody asks for them again.
  std::size_t asked = 0;
  EXPECT_TRUE(wait_for([&] {
    watch.follow_executors(cluster, both);
    const auto before = std::exchange(asked, server.requests().size());
    std::this_thread::sleep_for(100ms);
    return before == server.requests().size() && before >= 5;
  }));
  EXPECT_EQ(count(watch, Component::kExecutor, Level::kWarn), 3U);
}

TEST(LogWatch, FollowsSoManyExecutorsAtATime) {
  FaultServer server;
  server.set_fallback([](const ReceivedRequest&) { return text(warning(1)).cut_after(warning(1).size(), End::kHang); });
  std::vector<LoggedContainer> executors;
  for (std::size_t i = 0; i < limits::kLogExecutors; ++i) executors.push_back({"etl", "exec-" + std::to_string(i), ""});
  const auto too_large = static_cast<std::size_t>(ErrorKind::kTooLarge);
  LogWatch watch({});
  watch.follow_executors(cluster_of(server), executors);
  EXPECT_EQ(watch.health().errors[too_large], 0U);
  executors.push_back({"etl", "one-more", ""});
  for (int i = 0; i < 3; ++i) watch.follow_executors(cluster_of(server), executors);
  EXPECT_EQ(watch.health().errors[too_large], 1U);  // once
  EXPECT_TRUE(wait_for([&] { return count(watch, Component::kExecutor, Level::kWarn) == limits::kLogExecutors; }));
}

TEST(LogWatch, CountsAnotherRunFromZero) {
  test::Folder folder;
  folder.write("driver.log", "26/11/27 06:10:11 WARN X: y\n");
  LogWatch watch({});
  watch.follow_file(folder.file("driver.log"));
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 1; }));
  watch.set_run("app-1@1");
  EXPECT_EQ(warned(watch), 1U);  // what came before the first run is known is that run's
  watch.set_run("app-1@2");
  EXPECT_EQ(warned(watch), 0U);
  std::ofstream(folder.file("driver.log"), std::ios::app)
      << "26/11/27 06:10:12 WARN X: y\n26/11/27 06:10:12 WARN X: y\n";
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 2; }));
}

TEST(LogWatch, GoesOnAfterARestart) {
  test::Folder folder;
  const std::string line = "26/11/27 06:10:11 WARN X: Lost executor 1\n";
  folder.write("driver.log", line + line + "26/11/27 06:1");
  std::string saved;
  {
    LogWatch watch({});
    watch.follow_file(folder.file("driver.log"));
    watch.set_run("app-1@1");
    EXPECT_TRUE(wait_for([&] { return warned(watch) == 2; }));
    saved = watch.save();
  }
  folder.write("driver.log", line + line + line + line + line);
  LogWatch watch({});
  ASSERT_TRUE(watch.restore(saved));
  EXPECT_EQ(warned(watch), 2U);
  watch.follow_file(folder.file("driver.log"));
  watch.set_run("app-1@1");
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 5; }));
  EXPECT_EQ(watch.tallies().at(Component::kDriver).signatures[static_cast<std::size_t>(Signature::kExecutorLost)], 5U);
  watch.set_run("app-1@2");
  EXPECT_EQ(warned(watch), 0U);
}

TEST(LogWatch, GoesOnFromTheStampAfterARestart) {
  FaultServer server;
  server.on(kDriverPath, text(warning(1) + warning(2) + warning(3)));
  const auto cluster = cluster_of(server);
  std::string saved;
  {
    LogWatch watch({});
    watch.follow_driver(cluster, kDriver);
    EXPECT_TRUE(wait_for([&] { return warned(watch) == 3; }));
    saved = watch.save();
  }
  server.on(kDriverPath, text(warning(1) + warning(2) + warning(3) + warning(4)));
  LogWatch watch({});
  ASSERT_TRUE(watch.restore(saved));
  watch.follow_driver(cluster, kDriver);
  EXPECT_TRUE(wait_for([&] { return warned(watch) == 4; }));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(warned(watch), 4U);
}

TEST(LogWatch, TakesNoStateThatIsNone) {
  for (
      const std::string bad :
      {"", "{", "[]", "{}", R"({"run":"","counts":{"driver":{"messages":[1]}},"positions":{},"done":[]})",
       R"({"run":"","counts":{},"positions":{"x":{"inode":1,"offset":0,"before":[1],"stamp":"","lines":0}},"done":[]})",
       R"({"run":1,"counts":{},"positions":{},"done":[]})"}) {
    LogWatch watch({});
    EXPECT_FALSE(watch.restore(bad)) << bad;
    EXPECT_TRUE(watch.tallies().empty());
  }
}

TEST(LogWatch, TakesNoCountBelow0) {
  const auto state = [](const std::string& first) {
    std::string messages = first;
    for (int i = 1; i < logs::kLevels; ++i) messages += ",0";
    std::string signatures = "0";
    for (int i = 1; i < logs::kSignatures; ++i) signatures += ",0";
    return R"({"run":"","counts":{"driver":{"messages":[)" + messages + R"(],"signatures":[)" + signatures +
           R"(],"skipped_bytes":0}},"positions":{},"done":[]})";
  };
  LogWatch watch({});
  EXPECT_FALSE(watch.restore(state("-1")));
  EXPECT_FALSE(watch.restore(state("1e300")));
  EXPECT_TRUE(watch.restore(state("1")));
}

}  // namespace
}  // namespace spark_exporter::app
