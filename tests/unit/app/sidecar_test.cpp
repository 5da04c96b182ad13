// The whole sidecar against a driver that misbehaves, over real sockets: scrapes go on, the last good state stays,
// the failure is counted under its name and logged once.

#include "exporter/app/sidecar.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <mutex>
#include <sstream>

#include "exporter/common/process_stats.hpp"
#include "exporter/net/http_client.hpp"
#include "tests/support/fake_driver.hpp"
#include "tests/support/fault_server.hpp"
#include "tests/support/out_of_memory.hpp"
#include "tests/unit/app/scene.hpp"

namespace spark_exporter::app {
namespace {

using namespace std::chrono_literals;
using test::End;
using test::FakeDriver;
using test::FaultServer;
using test::Reply;
namespace replies = test::replies;

config::Options options_for(const FaultServer& server) {
  config::Options options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.spark_url = *net::parse_url(server.url());
  options.spark_interval = 50ms;
  options.spark_timeout = 400ms;
  return options;
}

std::string errors_of(ErrorKind kind) {
  return "spark_exporter_errors_total{source=\"spark\",kind=\"" + std::string(to_string(kind)) + "\"}";
}

constexpr char kSucceeded[] = R"(spark_app_jobs_total{namespace="",app="fake",app_id="app-1",status="succeeded"})";

std::string many_executors(int count) {
  std::string body = "[";
  for (int i = 0; i < count; ++i)
    body += (i == 0 ? "" : ",") + ("{\"id\":\"" + std::to_string(i) + "\",\"isActive\":true}");
  return body + "]";
}

struct Fault {
  const char* name;
  const char* suffix;  ///< of the question that is answered badly
  std::function<Reply()> reply;
  ErrorKind kind;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

TEST(Sidecar, GoesOnAfterATurnThatBrokeOff) {
  DriverServer driver;
  test::OutOfMemory memory;
  auto clock = spark::Clock::system();
  clock.wall = [wall = clock.wall, &memory] {
    memory.try_it();
    return wall();
  };
  Sidecar sidecar(options_for(driver.server()), {}, {}, clock);
  ASSERT_TRUE(sidecar.start());
  driver.change([](FakeDriver& d) { d.run_job(2, 2); });
  scrape_until(sidecar, [](const std::string& text) { return value(text, kSucceeded) == 1; });
  memory.happen(3);
  driver.change([](FakeDriver& d) { d.run_job(2, 2); });
  const auto text = scrape_until(sidecar, [](const std::string& now) { return value(now, kSucceeded) == 2; });
  EXPECT_EQ(value(text, errors_of(ErrorKind::kIo)), 3);
}

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, ScrapesGoOnWithTheLastGoodStateAndTheFaultIsCountedAndLoggedOnce) {
  DriverServer driver;
  driver.change([](FakeDriver& d) {
    for (int i = 0; i < 3; ++i) d.run_job(2, 2);
  });
  testing::internal::CaptureStderr();
  {
    auto options = options_for(driver.server());
    // Where it is not the deadline that is tested, a busy machine must not hit it.
    if (GetParam().kind != ErrorKind::kTimeout) options.spark_timeout = 60s;
    Sidecar sidecar(options, {});
    ASSERT_TRUE(sidecar.start());
    scrape_until(sidecar, [](const std::string& text) { return value(text, kSucceeded) == 3; });

    driver.break_answer(GetParam().suffix, GetParam().reply());
    const auto during =
        scrape_until(sidecar, [](const std::string& text) { return value(text, errors_of(GetParam().kind)) >= 1; });
    EXPECT_EQ(value(during, kSucceeded), 3);
    EXPECT_EQ(get(sidecar, "/-/healthy").status, 200U);

    driver.mend();
    driver.change([](FakeDriver& d) { d.run_job(1, 1); });
    const auto after = scrape_until(sidecar, [](const std::string& text) { return value(text, kSucceeded) == 4; });
    EXPECT_GE(value(after, errors_of(GetParam().kind)), 1);
  }
  const auto log = testing::internal::GetCapturedStderr();
  const auto line = "kind=" + std::string(to_string(GetParam().kind)) + " ";
  const auto first = log.find(line);
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find(line, first + 1), std::string::npos) << "one line, however often it fails:\n" << log;
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    testing::Values(
        Fault{"hangs", "/executors", [] { return replies::nothing(End::kHang); }, ErrorKind::kTimeout},
        Fault{"one_byte_at_a_time", "/executors", [] { return replies::json(many_executors(50)).paced(100ms); },
              ErrorKind::kTimeout},
        Fault{"resets_in_mid_body", "/executors",
              [] { return replies::json(many_executors(50)).cut_after(100, End::kReset); }, ErrorKind::kReset},
        Fault{"closes_in_mid_body", "/executors",
              [] { return replies::json(many_executors(50)).cut_after(100, End::kClose); }, ErrorKind::kReset},
        Fault{"closes_without_an_answer", "/executors", [] { return replies::nothing(End::kClose); },
              ErrorKind::kReset},
        Fault{"html", "/executors", [] { return replies::html(); }, ErrorKind::kStarting},
        Fault{"redirects_in_a_loop", "/executors", [] { return replies::redirect("/api/v1/executors"); },
              ErrorKind::kRedirect},
        Fault{"truncated_json", "/executors", [] { return replies::json("[{\"id\": \"driver\", \"isAct"); },
              ErrorKind::kMalformed},
        Fault{"wrong_types", "/executors",
              [] { return replies::json(R"([{"id":"driver","isActive":true,"maxTasks":"four"}])"); },
              ErrorKind::kWrongType},
        Fault{"nan", "/executors", [] { return replies::json(R"([{"id":"driver","maxTasks":NaN}])"); },
              ErrorKind::kMalformed},
        Fault{"overflowing_number", "/executors", [] { return replies::json(R"([{"id":"driver","maxTasks":1e400}])"); },
              ErrorKind::kMalformed},
        Fault{"invalid_utf8", "/executors", [] { return replies::json("[{\"id\":\"\xc3\x28\"}]"); },
              ErrorKind::kMalformed},
        Fault{"too_deep", "/executors", [] { return replies::json(std::string(100'000, '[')); }, ErrorKind::kTooLarge},
        Fault{"a_gigabyte", "/executors", [] { return replies::huge(1ULL << 30); }, ErrorKind::kTooLarge},
        Fault{"gzip_bomb", "/executors", [] { return replies::gzip_bomb(1ULL << 30); }, ErrorKind::kTooLarge},
        Fault{"broken_gzip", "/executors",
              [] { return replies::json("not gzip at all").with_header("Content-Encoding", "gzip"); },
              ErrorKind::kProtocol},
        Fault{"a_hundred_thousand_executors", "/executors", [] { return replies::json(many_executors(100'000)); },
              ErrorKind::kTooLarge},
        Fault{"not_http", "/executors", [] { return replies::raw("SSH-2.0-OpenSSH_9.2\r\n"); }, ErrorKind::kProtocol},
        Fault{"server_error", "/executors", [] { return replies::status(500); }, ErrorKind::kStatus},
        Fault{"unauthorized", "/executors", [] { return replies::status(401); }, ErrorKind::kUnauthorized},
        Fault{"forbidden", "/executors", [] { return replies::status(403); }, ErrorKind::kForbidden}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Sidecar, MemoryStaysBoundedUnderHugeAnswers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep freed memory";
#endif
  DriverServer driver;
  Sidecar sidecar(options_for(driver.server()), {});
  ASSERT_TRUE(sidecar.start());
  scrape_until(sidecar, [](const std::string& text) { return value(text, kSucceeded) == 0; });
  const auto before = read_process_stats().resident_memory_bytes.value_or(0);
  driver.break_answer("/executors", replies::gzip_bomb(1ULL << 30));
  scrape_until(sidecar, [](const std::string& text) { return value(text, errors_of(ErrorKind::kTooLarge)) >= 3; });
  const auto after = read_process_stats().resident_memory_bytes.value_or(0);
  constexpr double kGrowth = 16 << 20;
  EXPECT_LT(static_cast<double>(after), static_cast<double>(before) + kGrowth);
}

TEST(Sidecar, ADriverThatIsNotThereYetIsNoError) {
  FaultServer gone;
  const auto url = gone.url();
  gone.stop();
  config::Options options;
  options.listen_addresses = {"127.0.0.1:0"};
  options.spark_url = *net::parse_url(url);
  options.spark_interval = 10ms;
  options.spark_app_id = "spark-1";
  options.job_name = "nightly";
  testing::internal::CaptureStderr();
  {
    Sidecar sidecar(options, {});
    ASSERT_TRUE(sidecar.start());
    scrape_until(sidecar, [&](const std::string&) { return get(sidecar, "/-/ready").status == 200; });
    const auto text = get(sidecar, "/metrics").body;
    EXPECT_EQ(value(text, "spark_exporter_source_up{source=\"spark\"}"), 0);
    EXPECT_EQ(value(text, errors_of(ErrorKind::kConnect)), 0);
    EXPECT_EQ(value(text, R"(spark_job_state{namespace="",app="nightly",app_id="spark-1",state="pending"})"), 1);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr().find("level=warn"), std::string::npos);
}

TEST(Sidecar, HostileNamesAreEscapedAndCut) {
  DriverServer driver;
  driver.change(
      [](FakeDriver& d) { d.application_name = "a\"b\nc \xc3\xbc \xf0\x9f\x98\x80 " + std::string(10'000, 'x'); });
  Sidecar sidecar(options_for(driver.server()), {});
  ASSERT_TRUE(sidecar.start());
  const auto text =
      scrape_until(sidecar, [](const std::string& t) { return t.find("\nspark_job_info{") != std::string::npos; });
  const auto at = text.find("app=\"a\\\"b\\nc \xc3\xbc \xf0\x9f\x98\x80 xxx");
  ASSERT_NE(at, std::string::npos) << text.substr(0, 2000);
  EXPECT_LT(text.find("\",app_id", at) - at, 220U);
}

TEST(Sidecar, ServesRunbooksAboutItsRun) {
  DriverServer driver;
  auto options = options_for(driver.server());
  options.kubernetes_namespace = "etl";
  options.kubernetes_pod = "fake-driver";
  options.kubernetes = false;
  Sidecar sidecar(options, {});
  ASSERT_TRUE(sidecar.start());
  EXPECT_EQ(get(sidecar, "/runbooks/HighGCTime").status, 200U);
  scrape_until(sidecar, [&](const std::string&) {
    const auto page = get(sidecar, "/runbooks/HighGCTime").body;
    return page.find("{namespace=\"etl\",app=\"fake\"}") != std::string::npos &&
           page.find("/api/v1/applications/app-1/environment") != std::string::npos;
  });
  EXPECT_NE(get(sidecar, "/runbooks/job-pending").body.find("delete pod fake-driver\n"), std::string::npos);
}

TEST(Sidecar, ReloadKeepsTheOldConfigurationWhenTheFileIsBad) {
  DriverServer driver;
  const std::string path = testing::TempDir() + "sidecar_test_config.yaml";
  std::ofstream(path) << "limits:\n  series: 5000\n";
  auto options = options_for(driver.server());
  options.config_file = path;
  Sidecar sidecar(options, {});
  ASSERT_TRUE(sidecar.start());
  EXPECT_EQ(get(sidecar, "/-/reload", "POST").status, 200U);
  std::ofstream(path) << "limits:\n  serie: 5000\n";
  const auto bad = get(sidecar, "/-/reload", "POST");
  EXPECT_EQ(bad.status, 500U);
  EXPECT_NE(bad.body.find(path + ":2:3"), std::string::npos) << bad.body;
  scrape_until(sidecar, [](const std::string& text) {
    return value(text, "spark_exporter_config_last_reload_successful") == 0;
  });
  std::ofstream(path) << "";
  EXPECT_EQ(get(sidecar, "/-/reload", "POST").status, 200U);
  scrape_until(sidecar, [](const std::string& text) {
    return value(text, "spark_exporter_config_last_reload_successful") == 1;
  });
  EXPECT_EQ(get(sidecar, "/-/reload").status, 405U);
}

TEST(Sidecar, APortInUseIsAClearError) {
  DriverServer driver;
  Sidecar first(options_for(driver.server()), {});
  ASSERT_TRUE(first.start());
  auto options = options_for(driver.server());
  options.listen_addresses = first.addresses();
  Sidecar second(options, {});
  const auto started = second.start();
  ASSERT_TRUE(started.has_error());
  EXPECT_NE(started.error().what.find(first.addresses().front()), std::string::npos) << started.error().what;
}

/// The head of an answer of /metrics, in lower case.
std::string metrics_head(const Sidecar& sidecar, const std::string& accept) {
  const auto address = sidecar.addresses().front();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  const std::string question = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + accept + "\r\n";
  EXPECT_EQ(send(fd, question.data(), question.size(), 0), static_cast<ssize_t>(question.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  close(fd);
  answer.resize(std::min(answer.size(), answer.find("\r\n\r\n")));
  std::transform(answer.begin(), answer.end(), answer.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return answer;
}

TEST(Sidecar, SaysOnceThatTheEncodingIsNegotiated) {
  DriverServer driver;
  Sidecar sidecar(options_for(driver.server()), {});
  ASSERT_TRUE(sidecar.start());
  for (const bool gzip : {true, false}) {
    const auto head = metrics_head(sidecar, gzip ? "Accept-Encoding: gzip\r\n" : "");
    EXPECT_NE(head.find("\r\nvary: accept-encoding"), std::string::npos) << head;
    EXPECT_EQ(head.find("\r\nvary:"), head.rfind("\r\nvary:")) << head;
    EXPECT_EQ(head.find("\r\ncontent-encoding: gzip") != std::string::npos, gzip) << head;
  }
}

TEST(Sidecar, AnswersItsEndpoints) {
  DriverServer driver;
  Sidecar sidecar(options_for(driver.server()), {});
  ASSERT_TRUE(sidecar.start());
  scrape_until(sidecar, [&](const std::string&) { return get(sidecar, "/readyz").status == 200; });
  for (const char* path : {"/", "/metrics", "/report", "/-/healthy", "/healthz", "/-/ready"}) {
    EXPECT_EQ(get(sidecar, path).status, 200U) << path;
  }
  EXPECT_EQ(get(sidecar, "/metrics/").status, 404U);
  EXPECT_EQ(get(sidecar, "/metrics", "POST").status, 405U);
}

}  // namespace
}  // namespace spark_exporter::app
