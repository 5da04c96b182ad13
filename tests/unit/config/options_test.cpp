#include "exporter/config/options.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

namespace spark_exporter::config {
namespace {

using std::chrono::milliseconds;
using Arguments = std::vector<std::string>;

const std::vector<std::string> kCollectors{"executors", "gc", "work", "sql", "streaming", "job"};
constexpr const char* kVariables[] = {"SPARK_EXPORTER_JOB", "POD_NAME", "POD_NAMESPACE", "TERMINATION_LOG"};

std::variant<Options, Exit> parse(const Arguments& arguments) {
  std::vector<const char*> argv{"spark_exporter"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return parse_options(static_cast<int>(argv.size()), argv.data(), kCollectors);
}

Options good(const Arguments& arguments) {
  auto result = parse(arguments);
  if (const Exit* exit = std::get_if<Exit>(&result)) {
    ADD_FAILURE() << exit->err << exit->out;
    return {};
  }
  return std::get<Options>(result);
}

Exit ended(const Arguments& arguments) {
  auto result = parse(arguments);
  if (std::holds_alternative<Options>(result)) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return std::get<Exit>(result);
}

class CommandLine : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void clear() {
    for (const char* name : kVariables) unsetenv(name);
  }
};

TEST_F(CommandLine, HasDefaults) {
  const Options options = good({});
  EXPECT_EQ(options.listen_addresses, Arguments{":9817"});
  EXPECT_EQ(options.telemetry_path, "/metrics");
  EXPECT_EQ(options.max_requests, 40);
  EXPECT_EQ(options.config_file, "");
  EXPECT_FALSE(options.config_check);
  EXPECT_EQ(options.log_level, log::Level::kInfo);
  EXPECT_EQ(options.log_format, log::Format::kLogfmt);
  EXPECT_EQ(options.spark_url, (net::Url{"http", "localhost", 4040, ""}));
  EXPECT_EQ(options.spark_interval, milliseconds{10'000});
  EXPECT_EQ(options.spark_timeout, milliseconds{10'000});
  EXPECT_EQ(options.spark_app_id, "");
  EXPECT_FALSE(options.spark_tls.insecure);
  EXPECT_EQ(options.job_name, "");
  EXPECT_EQ(options.job_name_label, "spark-exporter.io/job");
  EXPECT_EQ(options.state_file, "");
  EXPECT_FALSE(options.healthcheck_url);
  EXPECT_EQ(options.mode, Mode::kSidecar);
}

TEST_F(CommandLine, HasDefaultsOfOutcomes) {
  const Options options = good({});
  EXPECT_TRUE(options.kubernetes);
  EXPECT_EQ(options.kubernetes_driver_container, "spark-kubernetes-driver");
  EXPECT_EQ(options.outcome_owner, OutcomeOwner::kSidecar);
  EXPECT_FALSE(options.linger_success);
  EXPECT_FALSE(options.linger_failure);
  EXPECT_EQ(options.outcome_retention, std::chrono::hours{24});
  EXPECT_EQ(options.termination_log, "/dev/termination-log");
  EXPECT_FALSE(options.outcome_event);
  EXPECT_FALSE(options.observer_url);
  EXPECT_FALSE(options.opencost_url);
  EXPECT_FALSE(options.poll_drivers);
  EXPECT_FALSE(options.gateway_url);
  EXPECT_FALSE(options.alertmanager_url);
  EXPECT_EQ(options.shard, 0U);
  EXPECT_EQ(options.total_shards, 1U);
}

TEST_F(CommandLine, ReadsEveryFlagOfOutcomes) {
  const Options options =
      good({"--mode=observer", "--kubernetes=off", "--kubernetes.api-server=https://10.0.0.1:6443",
            "--kubernetes.token-file=/token", "--kubernetes.ca-file=/ca.crt", "--kubernetes.driver-container=main",
            "--outcome.owner=observer", "--outcome.linger-success=0s", "--outcome.linger-failure=1h",
            "--outcome.retention=30d", "--outcome.termination-log=/t", "--outcome.event",
            "--observer.url=http://observer:9817", "--observer.ca-file=/observer.pem", "--observer.poll-drivers",
            "--push.gateway-url=http://gateway:9091", "--push.alertmanager-url=http://alertmanager:9093/am",
            "--shard=2", "--total-shards=3"});
  EXPECT_EQ(options.mode, Mode::kObserver);
  EXPECT_FALSE(options.kubernetes);
  EXPECT_EQ(options.kubernetes_api_server, "https://10.0.0.1:6443");
  EXPECT_EQ(options.kubernetes_token_file, "/token");
  EXPECT_EQ(options.kubernetes_ca_file, "/ca.crt");
  EXPECT_EQ(options.kubernetes_driver_container, "main");
  EXPECT_EQ(options.outcome_owner, OutcomeOwner::kObserver);
  EXPECT_EQ(options.linger_success, milliseconds{0});
  EXPECT_EQ(options.linger_failure, milliseconds{3'600'000});
  EXPECT_EQ(options.outcome_retention, std::chrono::hours{720});
  EXPECT_EQ(options.termination_log, "/t");
  EXPECT_TRUE(options.outcome_event);
  EXPECT_EQ(options.observer_url, (net::Url{"http", "observer", 9817, ""}));
  EXPECT_EQ(options.observer_tls.ca_file, "/observer.pem");
  EXPECT_TRUE(options.poll_drivers);
  EXPECT_EQ(options.gateway_url, (net::Url{"http", "gateway", 9091, ""}));
  EXPECT_EQ(options.alertmanager_url, (net::Url{"http", "alertmanager", 9093, "/am"}));
  EXPECT_EQ(options.shard, 2U);
  EXPECT_EQ(options.total_shards, 3U);
}

TEST_F(CommandLine, ReadsEveryFlag) {
  const Options options = good({"--mode=sidecar",
                                "--web.listen-address",
                                "127.0.0.1:1",
                                "--web.listen-address=[::1]:2",
                                "--web.telemetry-path=/m",
                                "--web.max-requests=7",
                                "--config.file=/c.yml",
                                "--config.check",
                                "--log.level=debug",
                                "--log.format=json",
                                "--spark.url",
                                "https://driver:4440/proxy",
                                "--spark.interval=1m30s",
                                "--spark.timeout=500ms",
                                "--spark.app-id=spark-1",
                                "--spark.ca-file=/ca.pem",
                                "--spark.insecure-skip-verify",
                                "--job.name=sales-2024",
                                "--job.name-label=example.org/job",
                                "--kubernetes.namespace=prod",
                                "--kubernetes.pod=driver-1",
                                "--state.file=/s"});
  EXPECT_EQ(options.listen_addresses, (Arguments{"127.0.0.1:1", "[::1]:2"}));
  EXPECT_EQ(options.telemetry_path, "/m");
  EXPECT_EQ(options.max_requests, 7);
  EXPECT_EQ(options.config_file, "/c.yml");
  EXPECT_TRUE(options.config_check);
  EXPECT_EQ(options.log_level, log::Level::kDebug);
  EXPECT_EQ(options.log_format, log::Format::kJson);
  EXPECT_EQ(options.spark_url, (net::Url{"https", "driver", 4440, "/proxy"}));
  EXPECT_EQ(options.spark_interval, milliseconds{90'000});
  EXPECT_EQ(options.spark_timeout, milliseconds{500});
  EXPECT_EQ(options.spark_app_id, "spark-1");
  EXPECT_EQ(options.spark_tls.ca_file, "/ca.pem");
  EXPECT_TRUE(options.spark_tls.insecure);
  EXPECT_EQ(options.job_name, "sales-2024");
  EXPECT_EQ(options.job_name_label, "example.org/job");
  EXPECT_EQ(options.kubernetes_namespace, "prod");
  EXPECT_EQ(options.kubernetes_pod, "driver-1");
  EXPECT_EQ(options.state_file, "/s");
}

TEST_F(CommandLine, ReadsTheEnvironmentBelowTheFlags) {
  setenv("SPARK_EXPORTER_JOB", "from env", 1);
  setenv("POD_NAME", "pod-env", 1);
  setenv("POD_NAMESPACE", "", 1);
  const Options options = good({"--kubernetes.pod=pod-flag"});
  EXPECT_EQ(options.job_name, "from env");
  EXPECT_EQ(options.kubernetes_pod, "pod-flag");
  EXPECT_EQ(options.kubernetes_namespace, "");
}

TEST_F(CommandLine, TheNamespaceOfItsPodIsNotWhatAnObserverWatches) {
  setenv("POD_NAMESPACE", "monitoring", 1);
  setenv("TERMINATION_LOG", "/log", 1);
  EXPECT_EQ(good({}).kubernetes_namespace, "monitoring");
  EXPECT_EQ(good({"--kubernetes.namespace=etl"}).kubernetes_namespace, "etl");
  EXPECT_EQ(good({"--mode=observer"}).kubernetes_namespace, "");
  EXPECT_EQ(good({"--mode=observer", "--kubernetes.namespace=etl"}).kubernetes_namespace, "etl");
  EXPECT_EQ(good({}).termination_log, "/log");
}

TEST_F(CommandLine, AcceptsTheBounds) {
  EXPECT_EQ(good({"--spark.interval=1s", "--spark.timeout=100ms"}).spark_timeout, milliseconds{100});
  EXPECT_EQ(good({"--spark.interval=10m", "--spark.timeout=5m"}).spark_interval, milliseconds{600'000});
  EXPECT_EQ(good({"--web.max-requests=10000"}).max_requests, 10'000);
  EXPECT_EQ(good({"--web.listen-address=:0"}).listen_addresses, Arguments{":0"});
  EXPECT_EQ(good({"--web.listen-address=[::]:65535"}).listen_addresses, Arguments{"[::]:65535"});
}

TEST_F(CommandLine, NamesTheFlagAndTheValueOfAnError) {
  const struct {
    Arguments arguments;
    std::string error;
  } cases[] = {
      {{"--mode=agent"}, "--mode=\"agent\": must be one of sidecar, observer"},
      {{"--kubernetes=on"}, "--kubernetes=\"on\": must be one of auto, off"},
      {{"--outcome.owner=both"}, "--outcome.owner=\"both\": must be one of sidecar, observer"},
      {{"--outcome.linger-success=61m"}, "--outcome.linger-success=\"61m\": must be from 0s to 1h"},
      {{"--outcome.linger-failure=3601s"}, "--outcome.linger-failure=\"3601s\": must be from 0s to 1h"},
      {{"--outcome.retention=59s"}, "--outcome.retention=\"59s\": must be from 1m to 30d"},
      {{"--shard=1"}, "--shard=\"1\": must be a whole number from 0 to 0"},
      {{"--total-shards=0"}, "--total-shards=\"0\": must be a whole number from 1 to 1000"},
      {{"--total-shards=3", "--shard=3"}, "--shard=\"3\": must be a whole number from 0 to 2"},
      {{"--web.telemetry-path=/api/v1/last-words"},
       "--web.telemetry-path=\"/api/v1/last-words\": is the path of another page"},
      {{"--spark.interval=999ms"}, "--spark.interval=\"999ms\": must be from 1s to 10m"},
      {{"--spark.interval=601s"}, "--spark.interval=\"601s\": must be from 1s to 10m"},
      {{"--spark.interval=10"}, "--spark.interval=\"10\": is no duration (such as 10s, 1m30s or 500ms)"},
      {{"--spark.timeout=99ms"}, "--spark.timeout=\"99ms\": must be from 100ms to 5m"},
      {{"--spark.timeout=5m1ms"}, "--spark.timeout=\"5m1ms\": must be from 100ms to 5m"},
      {{"--spark.timeout", "soon\nnow"},
       "--spark.timeout=\"soon\\nnow\": is no duration (such as 10s, 1m30s or 500ms)"},
      {{"--web.max-requests=0"}, "--web.max-requests=\"0\": must be a whole number from 1 to 10000"},
      {{"--web.max-requests=10001"}, "--web.max-requests=\"10001\": must be a whole number from 1 to 10000"},
      {{"--web.max-requests=4x"}, "--web.max-requests=\"4x\": must be a whole number from 1 to 10000"},
      {{"--web.listen-address=9817"}, "--web.listen-address=\"9817\": has no port (such as :9817 or [::1]:9817)"},
      {{"--web.listen-address=:65536"}, "--web.listen-address=\":65536\": has no valid port (0 to 65535)"},
      {{"--web.listen-address=:"}, "--web.listen-address=\":\": has no valid port (0 to 65535)"},
      {{"--web.listen-address=::1:9817"},
       "--web.listen-address=\"::1:9817\": is not host:port (an IPv6 address goes into brackets: [::1]:9817)"},
      {{"--web.listen-address=http://x:1"},
       "--web.listen-address=\"http://x:1\": is not host:port (an IPv6 address goes "
       "into brackets: [::1]:9817)"},
      {{"--web.telemetry-path=metrics"}, "--web.telemetry-path=\"metrics\": must be a path that starts with '/'"},
      {{"--web.telemetry-path=/m?x"}, "--web.telemetry-path=\"/m?x\": must be a path that starts with '/'"},
      {{"--web.telemetry-path=/"}, "--web.telemetry-path=\"/\": is the path of another page"},
      {{"--web.telemetry-path=/-/healthy"}, "--web.telemetry-path=\"/-/healthy\": is the path of another page"},
      {{"--log.level=loud"}, "--log.level=\"loud\": must be one of debug, info, warn, error"},
      {{"--log.format=xml"}, "--log.format=\"xml\": must be one of logfmt, json"},
  };
  for (const auto& c : cases) {
    const Exit exit = ended(c.arguments);
    EXPECT_EQ(exit.code, 2);
    EXPECT_EQ(exit.err, "spark_exporter: " + c.error + " (try --help)\n");
    EXPECT_EQ(exit.out, "");
  }
}

TEST_F(CommandLine, RefusesWhatItDoesNotKnow) {
  const struct {
    Arguments arguments;
    std::string named;
  } cases[] = {
      {{"--nonsense"}, "--nonsense"},
      {{"stray"}, "stray"},
      {{"--collector.nope"}, "--collector.nope"},
      {{"--kubernetes.api-server=host:6443"}, "--kubernetes.api-server=\"host:6443\": is no http or https URL"},
      {{"--kubernetes.driver-container="}, "--kubernetes.driver-container"},
      {{"--observer.url=observer"}, "--observer.url=\"observer\": is no http or https URL"},
      {{"--quality.empty-writes=x"}, "--quality.empty-writes=\"x\": must be one of ignore, warn, fail"},
      {{"--logs.pods=x"}, "--logs.pods=\"x\": must be one of none, driver, all"},
      {{"--logs.pods=all", "--logs.file=x"}, "--logs.pods=\"all\": is also given as --logs.file"},
      {{"--cost.opencost-url=x"}, "--cost.opencost-url=\"x\": is no http or https URL"},
      {{"--push.gateway-url=x"}, "--push.gateway-url=\"x\": is no http or https URL"},
      {{"--push.alertmanager-url=x"}, "--push.alertmanager-url=\"x\": is no http or https URL"},
      {{"--spark.url"}, "--spark.url"},
      {{"--spark.url=ftp://x"}, "--spark.url=\"ftp://x\": is no http or https URL"},
      {{"--spark.interval=1s", "--spark.interval=2s"}, "--spark.interval"},
      {{"--collector.gc", "--no-collector.gc"}, "--collector.gc: is also given as --no-collector"},
      {{"healthcheck", "--url=nowhere"}, "--url=\"nowhere\": is no http or https URL"},
      {{"healthcheck", "--verbose"}, "--verbose"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.arguments.front());
    const Exit exit = ended(c.arguments);
    EXPECT_EQ(exit.code, 2);
    EXPECT_NE(exit.err.find(c.named), std::string::npos) << exit.err;
    EXPECT_EQ(exit.err.find('\n'), exit.err.size() - 1) << exit.err;
  }
}

TEST_F(CommandLine, NeverShowsAPassword) {
  const Exit exit = ended({"--spark.url=http://user:secret@host:4040"});
  EXPECT_EQ(exit.code, 2);
  EXPECT_EQ(exit.err.find("secret"), std::string::npos) << exit.err;
  EXPECT_NE(exit.err.find("--spark.url"), std::string::npos) << exit.err;
}

TEST_F(CommandLine, ReadsTheHealthcheck) {
  EXPECT_EQ(good({"healthcheck"}).healthcheck_url, (net::Url{"http", "localhost", 9817, "/-/healthy"}));
  EXPECT_EQ(good({"healthcheck", "--url", "http://[::1]:1/x"}).healthcheck_url, (net::Url{"http", "::1", 1, "/x"}));
}

TEST_F(CommandLine, HelpNamesEveryFlag) {
  const Exit exit = ended({"--help"});
  EXPECT_EQ(exit.code, 0);
  EXPECT_EQ(exit.err, "");
  for (const char* flag : {"--mode",
                           "--web.listen-address",
                           "--web.telemetry-path",
                           "--web.max-requests",
                           "--config.file",
                           "--config.check",
                           "--log.level",
                           "--log.format",
                           "--version",
                           "--collector.disable-defaults",
                           "--collector.gc",
                           "--no-collector.gc",
                           "--spark.url",
                           "--spark.interval",
                           "--spark.timeout",
                           "--spark.app-id",
                           "--spark.ca-file",
                           "--spark.insecure-skip-verify",
                           "--job.name",
                           "--job.name-label",
                           "--kubernetes ",
                           "--kubernetes.api-server",
                           "--kubernetes.token-file",
                           "--kubernetes.ca-file",
                           "--kubernetes.namespace",
                           "--kubernetes.pod",
                           "--kubernetes.driver-container",
                           "--outcome.owner",
                           "--outcome.linger-success",
                           "--outcome.linger-failure",
                           "--outcome.retention",
                           "--outcome.termination-log",
                           "--outcome.event",
                           "--observer.url",
                           "--observer.ca-file",
                           "--observer.poll-drivers",
                           "--push.gateway-url",
                           "--push.alertmanager-url",
                           "--shard",
                           "--total-shards",
                           "TERMINATION_LOG",
                           "--state.file",
                           "healthcheck",
                           "SPARK_EXPORTER_JOB",
                           "POD_NAMESPACE",
                           "POD_NAME"}) {
    EXPECT_NE(exit.out.find(flag), std::string::npos) << flag;
  }
  EXPECT_NE(ended({"healthcheck", "--help"}).out.find("--url"), std::string::npos);
}

TEST_F(CommandLine, VersionNamesTheRevision) {
  const Exit exit = ended({"--version"});
  EXPECT_EQ(exit.code, 0);
  EXPECT_EQ(exit.out.rfind("spark_exporter, version ", 0), 0U) << exit.out;
  EXPECT_NE(exit.out.find("(revision: "), std::string::npos);
}

TEST_F(CommandLine, ChoosesCollectors) {
  const struct {
    Arguments arguments;
    std::map<std::string, bool> file;
    Arguments enabled;
  } cases[] = {
      {{}, {}, kCollectors},
      {{"--no-collector.sql"}, {}, {"executors", "gc", "work", "streaming", "job"}},
      {{"--collector.disable-defaults"}, {}, {}},
      {{"--collector.disable-defaults", "--collector.job", "--collector.gc"}, {}, {"gc", "job"}},
      {{}, {{"sql", false}, {"job", false}}, {"executors", "gc", "work", "streaming"}},
      {{"--collector.sql"}, {{"sql", false}}, kCollectors},
      {{"--no-collector.work"}, {{"work", true}}, {"executors", "gc", "sql", "streaming", "job"}},
      {{"--collector.disable-defaults"}, {{"sql", true}}, {"sql"}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(enabled_collectors(kCollectors, good(c.arguments).collectors, c.file), c.enabled);
  }
}

TEST_F(CommandLine, SaysWhichLogsAreRead) {
  EXPECT_EQ(good({}).logged_pods, LoggedPods::kNone);
  EXPECT_EQ(good({"--quality.empty-writes=fail"}).empty_writes, EmptyWrites::kFail);
  EXPECT_EQ(good({"--logs.pods=driver"}).logged_pods, LoggedPods::kDriver);
  EXPECT_EQ(good({"--logs.pods=all"}).logged_pods, LoggedPods::kAll);
  EXPECT_EQ(good({"--logs.file=/log/driver.log"}).log_file, "/log/driver.log");
}

TEST_F(CommandLine, SizesAJob) {
  EXPECT_FALSE(good({}).size);
  EXPECT_EQ(good({"--cost.prices=p.yaml"}).prices_file, "p.yaml");
  EXPECT_EQ(good({"--cost.opencost-url=http://opencost:9003"}).opencost_url, (net::Url{"http", "opencost", 9003, ""}));
  const auto plain = good({"size", "--data-size", "1TB"}).size;
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->data_size, "1TB");
  EXPECT_EQ(plain->partition_size, "128MB");
  EXPECT_EQ(plain->cores, "4");
  EXPECT_EQ(plain->shape, "etl");
  EXPECT_EQ(plain->overhead_factor, "0.1");
  EXPECT_EQ(plain->executors, "");
  EXPECT_EQ(plain->output, "");
  const auto full =
      good({"size", "--data-size=-1GB", "--partition-size=64MB", "--cores=2", "--executors=9", "--overhead-factor=0.4",
            "--expansion-factor=5", "--partitions-per-core=3", "--shape=ml", "--max-node-memory=16GB",
            "--cost.prices=p.yaml", "--duration=90m", "--instance-type=m5.large", "--region=eu-west-1",
            "--capacity=spot", "--output=resource-config.yaml"})
          .size;
  ASSERT_TRUE(full);
  EXPECT_EQ(full->data_size, "-1GB") << "judged by sizing";
  EXPECT_EQ(full->partition_size, "64MB");
  EXPECT_EQ(full->cores, "2");
  EXPECT_EQ(full->executors, "9");
  EXPECT_EQ(full->overhead_factor, "0.4");
  EXPECT_EQ(full->expansion_factor, "5");
  EXPECT_EQ(full->partitions_per_core, "3");
  EXPECT_EQ(full->shape, "ml");
  EXPECT_EQ(full->max_node_memory, "16GB");
  EXPECT_EQ(full->prices_file, "p.yaml");
  EXPECT_EQ(full->duration, "90m");
  EXPECT_EQ(full->instance_type, "m5.large");
  EXPECT_EQ(full->region, "eu-west-1");
  EXPECT_EQ(full->capacity, "spot");
  EXPECT_EQ(full->output, "resource-config.yaml");
}

}  // namespace
}  // namespace spark_exporter::config
