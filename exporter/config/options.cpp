// CLI11 sees every value as text; checking and converting is done here, so that each error reads the same way.

#include "exporter/config/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "exporter/common/text.hpp"
#include "exporter/config/duration.hpp"

namespace spark_exporter::config {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kShownBytes = 128;
constexpr milliseconds kShortestInterval{1'000};
constexpr milliseconds kLongestInterval{600'000};
constexpr milliseconds kShortestTimeout{100};
constexpr milliseconds kLongestTimeout{300'000};
constexpr int kLargestMaxRequests = 10'000;
constexpr int kMostShards = 1'000;
constexpr milliseconds kLongestLinger = std::chrono::hours{1};
constexpr milliseconds kShortestRetention = std::chrono::minutes{1};
constexpr milliseconds kLongestRetention = std::chrono::hours{24 * 30};

/// The command line as it was written.
struct RawOptions {
  std::string mode = "sidecar";
  std::string max_requests = "40";
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string spark_url = "http://localhost:4040";
  std::string spark_interval = "10s";
  std::string spark_timeout = "10s";
  std::string kubernetes = "auto";
  std::string logged_pods = "none";
  std::string empty_writes = "warn";
  std::string outcome_owner = "sidecar";
  std::string linger_success;
  std::string linger_failure;
  std::string outcome_retention = "24h";
  std::string opencost_url;
  std::string observer_url;
  std::string gateway_url;
  std::string alertmanager_url;
  std::string shard = "0";
  std::string total_shards = "1";
  std::string healthcheck_url = "http://localhost:9817/-/healthy";
};

/// A value that is not acceptable: caught in parse_options().
struct Refused {
  std::string flag;
  std::string value;
  std::string reason;
};

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Exit usage_error(const std::string& what) { return {2, "", "spark_exporter: " + one_line(what) + " (try --help)\n"}; }

milliseconds to_duration(const std::string& flag, const std::string& text, milliseconds shortest,
                         milliseconds longest) {
  const std::optional<milliseconds> value = parse_duration(text);
  if (!value) throw Refused{flag, text, "is no duration (such as 10s, 1m30s or 500ms)"};
  if (*value < shortest || *value > longest) {
    throw Refused{flag, text, "must be from " + format_duration(shortest) + " to " + format_duration(longest)};
  }
  return *value;
}

int to_count(const std::string& flag, const std::string& text, int smallest, int largest) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < smallest || value > largest) {
    throw Refused{flag, text,
                  "must be a whole number from " + std::to_string(smallest) + " to " + std::to_string(largest)};
  }
  return value;
}

net::Url to_url(const std::string& flag, const std::string& text) {
  Result<net::Url> url = net::parse_url(text);
  if (!url) {
    // What stands before an '@' may be a password.
    const bool has_user = text.find('@') != std::string::npos;
    throw Refused{flag, has_user ? "..." : text, "is no http or https URL: " + url.error().what};
  }
  return std::move(*url);
}

/// "host:port", ":port", "[address]:port": whether the host exists shows when listening.
void check_listen_address(const std::string& text) {
  constexpr char kFlag[] = "--web.listen-address";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) throw Refused{kFlag, text, "has no port (such as :9817 or [::1]:9817)"};
  const std::string_view host = std::string_view(text).substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!is_bracketed && host.find_first_of(":[]") != std::string_view::npos) {
    throw Refused{kFlag, text, "is not host:port (an IPv6 address goes into brackets: [::1]:9817)"};
  }
  if (host.find_first_of(" \t\r\n/@") != std::string_view::npos) throw Refused{kFlag, text, "is not host:port"};
  const std::string_view port = std::string_view(text).substr(colon + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (error != std::errc{} || end != port.data() + port.size() || value > 65'535) {
    throw Refused{kFlag, text, "has no valid port (0 to 65535)"};
  }
}

void check_telemetry_path(const std::string& text) {
  constexpr char kFlag[] = "--web.telemetry-path";
  static const std::set<std::string, std::less<>> kTaken{
      "/",       "/-/healthy", "/-/ready",           "/-/reload",       "/healthz",
      "/readyz", "/report",    "/api/v1/last-words", "/api/v1/quality", "/api/v1/backups"};
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && std::string_view("?#%\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
  if (!text.starts_with('/') || !is_plain || text.size() > 256) {
    throw Refused{kFlag, text, "must be a path that starts with '/'"};
  }
  if (kTaken.contains(text)) throw Refused{kFlag, text, "is the path of another page"};
}

/// The value that stands for a word.
template <class Value>
Value to_choice(const std::string& flag, const std::string& text,
                const std::vector<std::pair<std::string_view, Value>>& choices) {
  std::string allowed;
  for (const auto& [word, value] : choices) {
    if (text == word) return value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(word);
  }
  throw Refused{flag, text, "must be one of " + allowed};
}

std::optional<milliseconds> to_linger(const std::string& flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  return to_duration(flag, text, milliseconds{0}, kLongestLinger);
}

std::optional<net::Url> to_optional_url(const std::string& flag, const std::string& text) {
  if (text.empty()) return std::nullopt;
  return to_url(flag, text);
}

/// log::parse_level and parse_format say by an exception what they do not know.
template <class Parse>
auto to_log_setting(const std::string& flag, const std::string& text, Parse parse, const char* allowed) {
  try {
    return parse(text);
  } catch (const std::invalid_argument&) {
    throw Refused{flag, text, std::string("must be one of ") + allowed};
  }
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& known_collectors) : known_collectors_(known_collectors) {
    app_.get_formatter()->column_width(38);
    app_.set_help_flag("-h,--help", "Print this help and exit.");
    app_.add_flag("--version", want_version_, "Print the version and the build context and exit.");
    define_general();
    define_web();
    define_spark();
    define_job();
    define_kubernetes();
    define_outcome();
    define_logs();
    define_quality();
    define_cost();
    define_observer();
    define_collectors();
    define_healthcheck();
    define_size();
    define_report();
    app_.require_subcommand(0, 1);
  }

  std::variant<Options, Exit> parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
      if (want_version_) return Exit{0, version_text(), ""};
      convert();
      return std::move(options_);
    } catch (const CLI::CallForHelp&) {
      return Exit{0, help_text(), ""};
    } catch (const CLI::ParseError& error) {
      return usage_error(error.what());
    } catch (const Refused& refused) {
      const std::string value = refused.value.empty() ? "" : '=' + quoted(refused.value, kShownBytes);
      return usage_error(refused.flag + value + ": " + refused.reason);
    }
  }

 private:
  /// Flags that may be given once; the default shown in --help is the variable's value.
  CLI::Option* add(CLI::App& app, const std::string& name, std::string& value, const std::string& help,
                   const char* group, const char* placeholder) {
    CLI::Option* option = app.add_option(name, value, help)->group(group)->type_name(placeholder);
    return value.empty() ? option : option->capture_default_str();
  }

  void define_general() {
    constexpr char kGroup[] = "General";
    add(app_, "--mode", raw_.mode,
        "How to run: sidecar (beside one driver) or observer (one for a cluster or namespace).", kGroup, "MODE");
    add(app_, "--config.file", options_.config_file, "YAML configuration; reloaded by SIGHUP and POST /-/reload.",
        kGroup, "FILE");
    app_.add_flag("--config.check", options_.config_check, "Read the configuration, say whether it is good, exit.")
        ->group(kGroup);
    add(app_, "--state.file", options_.state_file,
        "Where counters are kept over a restart of the exporter (an emptyDir will do).", kGroup, "FILE");
    add(app_, "--log.level", raw_.log_level, "debug, info, warn or error.", kGroup, "LEVEL");
    add(app_, "--log.format", raw_.log_format, "logfmt or json.", kGroup, "FORMAT");
  }

  void define_web() {
    constexpr char kGroup[] = "Web";
    app_.add_option("--web.listen-address", options_.listen_addresses,
                    "Address to listen on: host:port, :port (all addresses), [::1]:port; may be repeated.")
        ->group(kGroup)
        ->type_name("ADDRESS")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->capture_default_str();
    add(app_, "--web.telemetry-path", options_.telemetry_path, "Where the metrics are.", kGroup, "PATH");
    add(app_, "--web.config.file", options_.web_config_file,
        "TLS, passwords, headers and rate limit, in the format of Prometheus' exporters; read again when it changes.",
        kGroup, "FILE");
    add(app_, "--web.max-requests", raw_.max_requests, "Requests in flight at once; one more is answered 503.", kGroup,
        "N");
    add(app_, "--api.token-file", options_.api_token_file,
        "Bearer token that lets others than this pod post results to /api/v1.", kGroup, "FILE");
  }

  void define_spark() {
    constexpr char kGroup[] = "Spark";
    add(app_, "--spark.url", raw_.spark_url,
        "The driver's UI. With --spark.app-id the 16 ports after it are tried, too.", kGroup, "URL");
    add(app_, "--spark.interval", raw_.spark_interval, "Time between two polls, 1s to 10m.", kGroup, "DURATION");
    add(app_, "--spark.timeout", raw_.spark_timeout, "Longest time for one answer, 100ms to 5m.", kGroup, "DURATION");
    add(app_, "--spark.app-id", options_.spark_app_id,
        "Only this application (in a pod: its label spark-app-selector).", kGroup, "ID");
    add(app_, "--spark.ca-file", options_.spark_tls.ca_file, "PEM certificates to trust for an https UI.", kGroup,
        "FILE");
    app_.add_flag("--spark.insecure-skip-verify", options_.spark_tls.insecure,
                  "Do not verify the certificate of an https UI.")
        ->group(kGroup);
  }

  void define_job() {
    constexpr char kGroup[] = "Job";
    add(app_, "--job.name", options_.job_name, "The job's stable name, label `app`; else from Spark.", kGroup, "NAME")
        ->envname("SPARK_EXPORTER_JOB");
    add(app_, "--job.name-label", options_.job_name_label, "Pod label with the job's stable name.", kGroup, "LABEL");
  }

  void define_kubernetes() {
    constexpr char kGroup[] = "Kubernetes";
    add(app_, "--kubernetes", raw_.kubernetes, "Watch the pods: auto (where this is a pod) or off.", kGroup, "WHEN");
    add(app_, "--kubernetes.api-server", options_.kubernetes_api_server, "The API server; else the pod's own.", kGroup,
        "URL");
    add(app_, "--kubernetes.token-file", options_.kubernetes_token_file,
        "The token to show it; else the service account's.", kGroup, "FILE");
    add(app_, "--kubernetes.ca-file", options_.kubernetes_ca_file,
        "PEM certificates to trust for it; else the service account's.", kGroup, "FILE");
    add(app_, "--kubernetes.namespace", options_.kubernetes_namespace,
        "Of a sidecar its pod's (default: POD_NAMESPACE); of an observer the one to watch, else all.", kGroup, "NAME");
    add(app_, "--kubernetes.pod", options_.kubernetes_pod, "This pod's name.", kGroup, "NAME")->envname("POD_NAME");
    add(app_, "--kubernetes.driver-container", options_.kubernetes_driver_container,
        "The container whose end is the run's.", kGroup, "NAME");
  }

  void define_cost() {
    add(app_, "--cost.prices", options_.prices_file,
        "YAML prices and budgets, in place of the configuration's section cost; reloaded with it.", "Cost", "FILE");
    add(app_, "--cost.opencost-url", raw_.opencost_url, "OpenCost, whose prices of nodes go before those of the file.",
        "Cost", "URL");
  }

  void define_outcome() {
    constexpr char kGroup[] = "Outcome";
    add(app_, "--outcome.owner", raw_.outcome_owner, "Who shows how runs end: sidecar or observer.", kGroup, "MODE");
    add(app_, "--outcome.linger-success", raw_.linger_success,
        "Longest wait for a scrape of the final values; else 30s, or the scrape interval and 5s.", kGroup, "DURATION");
    add(app_, "--outcome.linger-failure", raw_.linger_failure,
        "How long the owner shows a failure; else 200s, or two scrape intervals and 75s.", kGroup, "DURATION");
    add(app_, "--outcome.retention", raw_.outcome_retention, "How long the observer shows a failed run, 1m to 30d.",
        kGroup, "DURATION");
    add(app_, "--outcome.termination-log", options_.termination_log, "Where the kubelet reads the termination message.",
        kGroup, "FILE")
        ->envname("TERMINATION_LOG");
    app_.add_flag("--outcome.event", options_.outcome_event, "Create a Kubernetes Event when the run has ended.")
        ->group(kGroup);
    add(app_, "--push.gateway-url", raw_.gateway_url, "Pushgateway to push the outcome to.", kGroup, "URL");
    add(app_, "--push.alertmanager-url", raw_.alertmanager_url, "Alertmanager to send SparkJobFailedDirect to.", kGroup,
        "URL");
  }

  void define_logs() {
    constexpr char kGroup[] = "Logs";
    add(app_, "--logs.pods", raw_.logged_pods,
        "Whose logs a sidecar reads through the API: none, driver or all (the executors', too).", kGroup, "WHOSE");
    add(app_, "--logs.file", options_.log_file, "The driver's log, where it is a file.", kGroup, "FILE");
  }

  void define_quality() {
    add(app_, "--quality.folder", options_.quality_folder,
        "Folder where a job leaves results of data quality checks, renamed to NAME.json.", "Data quality", "FOLDER");
    add(app_, "--quality.empty-writes", raw_.empty_writes,
        "What a Spark SQL write of 0 rows is: ignore, warn (it is shown), or fail (it alerts).", "Data quality", "HOW");
  }

  void define_observer() {
    constexpr char kGroup[] = "Observer";
    add(app_, "--observer.url", raw_.observer_url, "Where a sidecar sends its last words and validations.", kGroup,
        "URL");
    add(app_, "--observer.ca-file", options_.observer_tls.ca_file, "PEM certificates to trust for an https observer.",
        kGroup, "FILE");
    app_.add_flag("--observer.poll-drivers", options_.poll_drivers,
                  "As an observer, ask drivers without a sidecar for their metrics.")
        ->group(kGroup);
    add(app_, "--shard", raw_.shard, "This observer's share of the jobs, from 0.", kGroup, "N");
    add(app_, "--total-shards", raw_.total_shards, "Number of observers that share the jobs.", kGroup, "N");
  }

  void define_collectors() {
    constexpr char kGroup[] = "Collectors";
    app_.add_flag("--collector.disable-defaults", options_.collectors.disable_defaults,
                  "Only the collectors that are named run.")
        ->group(kGroup);
    for (const std::string& name : known_collectors_) {
      CLI::Option* on = app_.add_flag("--collector." + name)->group(kGroup)->description("Run this collector.");
      CLI::Option* off = app_.add_flag("--no-collector." + name)->group(kGroup)->description("Do not run it.");
      collectors_.emplace_back(name, std::pair{on, off});
    }
  }

  void define_healthcheck() {
    healthcheck_ =
        app_.add_subcommand("healthcheck", "Ask a running exporter whether it is well; for container probes.");
    add(*healthcheck_, "--url", raw_.healthcheck_url, "What to ask.", "Options", "URL");
    add(*healthcheck_, "--ca-file", options_.healthcheck_tls.ca_file, "PEM certificates to trust for an https URL.",
        "Options", "FILE");
    healthcheck_
        ->add_flag("--insecure-skip-verify", options_.healthcheck_tls.insecure,
                   "Do not verify the certificate of an https URL.")
        ->group("Options");
  }

  void define_size() {
    constexpr char kWhat[] = "What is sized";
    size_ = app_.add_subcommand("size", "Size a job before its first run, by the size of its data.");
    size_->get_formatter()->column_width(38);
    add(*size_, "--data-size", size_options_.data_size, "Data that a run reads, such as 1TB.", kWhat, "SIZE");
    add(*size_, "--shape", size_options_.shape, "etl, join-heavy, ml or streaming.", kWhat, "SHAPE");
    add(*size_, "--partition-size", size_options_.partition_size, "Data of one partition.", kWhat, "SIZE");
    add(*size_, "--cores", size_options_.cores, "Cores of an executor.", kWhat, "N");
    add(*size_, "--executors", size_options_.executors, "Executors; else by the shape.", kWhat, "N");
    add(*size_, "--overhead-factor", size_options_.overhead_factor,
        "Memory beside the heap, as a share of it; 0.4 for Python.", kWhat, "FACTOR");
    add(*size_, "--expansion-factor", size_options_.expansion_factor,
        "Data in memory against the same on disk; else by the shape.", kWhat, "FACTOR");
    add(*size_, "--partitions-per-core", size_options_.partitions_per_core,
        "Partitions in memory at a time; else by the shape.", kWhat, "N");
    add(*size_, "--max-node-memory", size_options_.max_node_memory,
        "What a node has for one executor: larger ones are split.", kWhat, "SIZE");
    constexpr char kPrice[] = "What it costs";
    add(*size_, "--cost.prices", size_options_.prices_file, "YAML prices; else no price is told.", kPrice, "FILE");
    add(*size_, "--duration", size_options_.duration, "How long a run is thought to take.", kPrice, "DURATION");
    add(*size_, "--instance-type", size_options_.instance_type, "Node to run on; else the price file's default.",
        kPrice, "TYPE");
    add(*size_, "--region", size_options_.region, "Its region.", kPrice, "REGION");
    add(*size_, "--capacity", size_options_.capacity, "on-demand, spot or reserved.", kPrice, "KIND");
    constexpr char kOut[] = "What comes out";
    add(*size_, "--output", size_options_.output, "Values file for the job's chart.", kOut, "FILE");
  }

  void define_report() {
    report_ = app_.add_subcommand("report", "Print the report of a run as text, or its right-sizing patch.");
    report_->get_formatter()->column_width(38);
    report_
        ->add_option("SOURCE", report_options_.source, "URL of an exporter (http://HOST:9817), a file, or - for stdin.")
        ->required()
        ->type_name("URL|FILE");
    report_
        ->add_flag("--patch", report_options_.patch,
                   "Only the advice: a merge patch for a SparkApplication, and --conf lines.")
        ->group("Options");
    add(*report_, "--ca-file", report_options_.tls.ca_file, "PEM certificates to trust for an https URL.", "Options",
        "FILE");
    report_
        ->add_flag("--insecure-skip-verify", report_options_.tls.insecure,
                   "Do not verify the certificate of an https URL.")
        ->group("Options");
  }

  void convert() {
    options_.mode = to_choice<Mode>("--mode", raw_.mode, {{"sidecar", Mode::kSidecar}, {"observer", Mode::kObserver}});
    for (const std::string& address : options_.listen_addresses) check_listen_address(address);
    check_telemetry_path(options_.telemetry_path);
    options_.max_requests = to_count("--web.max-requests", raw_.max_requests, 1, kLargestMaxRequests);
    options_.log_level = to_log_setting("--log.level", raw_.log_level, log::parse_level, "debug, info, warn, error");
    options_.log_format = to_log_setting("--log.format", raw_.log_format, log::parse_format, "logfmt, json");
    options_.spark_url = to_url("--spark.url", raw_.spark_url);
    options_.spark_interval = to_duration("--spark.interval", raw_.spark_interval, kShortestInterval, kLongestInterval);
    options_.spark_timeout = to_duration("--spark.timeout", raw_.spark_timeout, kShortestTimeout, kLongestTimeout);
    convert_kubernetes();
    convert_outcome();
    convert_logs();
    convert_quality();
    for (const auto& [name, flags] : collectors_) {
      if (*flags.first && *flags.second) throw Refused{"--collector." + name, "", "is also given as --no-collector"};
      if (*flags.first) options_.collectors.chosen[name] = true;
      if (*flags.second) options_.collectors.chosen[name] = false;
    }
    if (*healthcheck_) options_.healthcheck_url = to_url("--url", raw_.healthcheck_url);
    if (*size_) options_.size = size_options_;
    if (*report_) options_.report = report_options_;
  }

  void convert_kubernetes() {
    options_.kubernetes = to_choice<bool>("--kubernetes", raw_.kubernetes, {{"auto", true}, {"off", false}});
    // The observer's own namespace is not what it watches.
    const char* own_namespace = std::getenv("POD_NAMESPACE");
    if (options_.mode == Mode::kSidecar && options_.kubernetes_namespace.empty() && own_namespace != nullptr) {
      options_.kubernetes_namespace = own_namespace;
    }
    if (!options_.kubernetes_api_server.empty()) {
      (void)to_url("--kubernetes.api-server", options_.kubernetes_api_server);
    }
    if (options_.kubernetes_driver_container.empty()) {
      throw Refused{"--kubernetes.driver-container", "", "must not be empty"};
    }
  }

  void convert_logs() {
    options_.logged_pods = to_choice<LoggedPods>(
        "--logs.pods", raw_.logged_pods,
        {{"none", LoggedPods::kNone}, {"driver", LoggedPods::kDriver}, {"all", LoggedPods::kAll}});
    // The same text twice would be counted twice.
    if (!options_.log_file.empty() && options_.logged_pods != LoggedPods::kNone) {
      throw Refused{"--logs.pods", raw_.logged_pods, "is also given as --logs.file"};
    }
  }

  void convert_quality() {
    options_.empty_writes = to_choice<EmptyWrites>(
        "--quality.empty-writes", raw_.empty_writes,
        {{"ignore", EmptyWrites::kIgnore}, {"warn", EmptyWrites::kWarn}, {"fail", EmptyWrites::kFail}});
  }

  void convert_outcome() {
    options_.outcome_owner =
        to_choice<OutcomeOwner>("--outcome.owner", raw_.outcome_owner,
                                {{"sidecar", OutcomeOwner::kSidecar}, {"observer", OutcomeOwner::kObserver}});
    options_.linger_success = to_linger("--outcome.linger-success", raw_.linger_success);
    options_.linger_failure = to_linger("--outcome.linger-failure", raw_.linger_failure);
    options_.outcome_retention =
        to_duration("--outcome.retention", raw_.outcome_retention, kShortestRetention, kLongestRetention);
    options_.opencost_url = to_optional_url("--cost.opencost-url", raw_.opencost_url);
    options_.observer_url = to_optional_url("--observer.url", raw_.observer_url);
    options_.gateway_url = to_optional_url("--push.gateway-url", raw_.gateway_url);
    options_.alertmanager_url = to_optional_url("--push.alertmanager-url", raw_.alertmanager_url);
    const int total = to_count("--total-shards", raw_.total_shards, 1, kMostShards);
    options_.total_shards = static_cast<std::uint32_t>(total);
    options_.shard = static_cast<std::uint32_t>(to_count("--shard", raw_.shard, 0, total - 1));
  }

  std::string help_text() const {
    for (const CLI::App* command : {healthcheck_, size_, report_}) {
      if (*command) return command->help("spark_exporter");
    }
    return app_.help();
  }

  const std::vector<std::string>& known_collectors_;
  Options options_;
  RawOptions raw_;
  bool want_version_ = false;
  CLI::App app_{"Prometheus exporter and alerting sidecar for Apache Spark on Kubernetes.", "spark_exporter"};
  std::vector<std::pair<std::string, std::pair<CLI::Option*, CLI::Option*>>> collectors_;
  CLI::App* healthcheck_ = nullptr;
  CLI::App* report_ = nullptr;
  ReportOptions report_options_;
  CLI::App* size_ = nullptr;
  SizeOptions size_options_;
};

}  // namespace

std::variant<Options, Exit> parse_options(int argc, const char* const* argv,
                                          const std::vector<std::string>& known_collectors) {
  return Parser(known_collectors).parse(argc, argv);
}

std::vector<std::string> enabled_collectors(const std::vector<std::string>& known, const CollectorFlags& flags,
                                            const std::map<std::string, bool>& configured) {
  std::vector<std::string> enabled;
  for (const std::string& name : known) {
    bool is_on = !flags.disable_defaults;
    if (const auto found = configured.find(name); found != configured.end()) is_on = found->second;
    if (const auto found = flags.chosen.find(name); found != flags.chosen.end()) is_on = found->second;
    if (is_on) enabled.push_back(name);
  }
  return enabled;
}

}  // namespace spark_exporter::config
