#pragma once
// The command line and the environment.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/common/log.hpp"
#include "exporter/config/report_options.hpp"
#include "exporter/config/size_options.hpp"
#include "exporter/net/http_client.hpp"

namespace spark_exporter::config {

/// What the command line says about collectors; Config may say more. See enabled_collectors().
struct CollectorFlags {
  bool disable_defaults = false;
  std::map<std::string, bool> chosen;  ///< --collector.NAME: true, --no-collector.NAME: false
};

enum class Mode { kSidecar, kObserver };
enum class OutcomeOwner { kSidecar, kObserver };
enum class LoggedPods { kNone, kDriver, kAll };

/// What a write of no rows is to a dataset's quality.
enum class EmptyWrites { kIgnore, kWarn, kFail };

struct Options {
  Mode mode = Mode::kSidecar;  ///< --mode

  std::vector<std::string> listen_addresses{":9817"};
  std::string telemetry_path = "/metrics";
  std::string web_config_file;  ///< TLS, passwords, headers, rate limit; "": none
  int max_requests = limits::kDefaultMaxRequests;
  std::string api_token_file;  ///< --api.token-file; "": POST /api/v1/... is for loopback only

  std::string config_file;               ///< empty: none
  std::string prices_file;               ///< --cost.prices; empty: what the configuration says
  std::optional<net::Url> opencost_url;  ///< --cost.opencost-url
  bool config_check = false;             ///< read the configuration, say whether it is good, exit

  log::Level log_level = log::Level::kInfo;
  log::Format log_format = log::Format::kLogfmt;

  CollectorFlags collectors;

  net::Url spark_url{"http", "localhost", 4040, ""};
  std::chrono::milliseconds spark_interval{10'000};
  std::chrono::milliseconds spark_timeout{10'000};
  std::string spark_app_id;  ///< empty: whatever runs there
  net::TlsOptions spark_tls;

  std::string job_name;  ///< empty: from Spark
  std::string job_name_label = "spark-exporter.io/job";
  std::string state_file;  ///< empty: none

  // --kubernetes.*; all but the first are empty or zero where they are to be found out
  bool kubernetes = true;             ///< --kubernetes=auto|off
  std::string kubernetes_api_server;  ///< URL
  std::string kubernetes_token_file;
  std::string kubernetes_ca_file;
  /// Of a sidecar its pod's (default POD_NAMESPACE); the observer watches this one only, "" is all.
  std::string kubernetes_namespace;
  std::string kubernetes_pod;  ///< default POD_NAME
  std::string kubernetes_driver_container = "spark-kubernetes-driver";

  LoggedPods logged_pods = LoggedPods::kNone;     ///< --logs.pods: whose logs are read through the API
  std::string log_file;                           ///< --logs.file: the driver's; "": none
  std::string quality_folder;                     ///< --quality.folder; "": none
  EmptyWrites empty_writes = EmptyWrites::kWarn;  ///< --quality.empty-writes

  OutcomeOwner outcome_owner = OutcomeOwner::kSidecar;
  std::optional<std::chrono::milliseconds> linger_success;  ///< --outcome.linger-success
  std::optional<std::chrono::milliseconds> linger_failure;  ///< --outcome.linger-failure
  std::chrono::milliseconds outcome_retention = std::chrono::hours{24};
  std::string termination_log = "/dev/termination-log";  ///< --outcome.termination-log
  bool outcome_event = false;                            ///< --outcome.event: a Kubernetes Event at the end
  std::optional<net::Url> observer_url;
  net::TlsOptions observer_tls;              ///< --observer.ca-file
  bool poll_drivers = false;                 ///< --observer.poll-drivers
  std::optional<net::Url> gateway_url;       ///< --push.gateway-url
  std::optional<net::Url> alertmanager_url;  ///< --push.alertmanager-url
  std::uint32_t shard = 0;
  std::uint32_t total_shards = 1;

  /// Set by the subcommand `healthcheck`: the only thing to do.
  std::optional<net::Url> healthcheck_url;
  net::TlsOptions healthcheck_tls;
  /// Set by the subcommand `size`, likewise.
  std::optional<SizeOptions> size;
  std::optional<ReportOptions> report;  ///< set by the subcommand `report`
};

/// End the process now: print `out` on stdout, `err` on stderr. Code 0 for --help and --version, 2 for a bad
/// command line; `err` is then one line that names the flag and the value.
struct Exit {
  int code = 0;
  std::string out;
  std::string err;
};

/// Reads environment variables where a flag is not given (each flag's help names its own). Never throws for what
/// the user wrote.
std::variant<Options, Exit> parse_options(int argc, const char* const* argv,
                                          const std::vector<std::string>& known_collectors);

/// "spark_exporter, version 0.1.0 (revision: abc)" and the build context, one line each.
std::string version_text();

/// The collectors to run, in the order of `known`: flags win over `configured` (Config::collectors), that over the
/// default, which is all of them, or none with --collector.disable-defaults.
std::vector<std::string> enabled_collectors(const std::vector<std::string>& known, const CollectorFlags& flags,
                                            const std::map<std::string, bool>& configured);

}  // namespace spark_exporter::config
