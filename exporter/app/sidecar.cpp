#include "exporter/app/sidecar.hpp"

#include <algorithm>
#include <set>

#include "exporter/app/pages.hpp"
#include "exporter/app/report_answer.hpp"
#include "exporter/app/rest_facts.hpp"
#include "exporter/app/runbook_routes.hpp"
#include "exporter/app/server_options.hpp"
#include "exporter/common/file.hpp"
#include "exporter/common/heap.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/version.hpp"
#include "exporter/metrics/collectors.hpp"
#include "exporter/model/state_file.hpp"
#include "exporter/net/http_client.hpp"
#include "exporter/sizing/evidence.hpp"

namespace spark_exporter::app {
namespace {

/// For the first list of the pod, before Spark is asked without it.
constexpr std::chrono::milliseconds kPodPatience{5'000};
constexpr std::chrono::milliseconds kLook{100};
constexpr std::chrono::milliseconds kLastPolls{1'000};  ///< after SIGTERM
constexpr std::chrono::milliseconds kLastAnswer{500};
constexpr std::chrono::milliseconds kLongestWait{60'000};

/// Beside the state file: the run's counters and its money are each right by themselves.
constexpr char kCostSuffix[] = ".cost";
constexpr char kLogsSuffix[] = ".logs";

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

spark::ClientFactory client_factory(const config::Options& options) {
  return [tls = options.spark_tls](const net::Url& url) -> std::shared_ptr<net::HttpClient> {
    net::ClientOptions client;
    client.base = url;
    client.tls = tls;
    client.user_agent = std::string("spark_exporter/") + kVersion;
    return net::make_http_client(std::move(client));
  };
}

web::HttpResponse text(int status, std::string body) {
  web::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace

Sidecar::Sidecar(const config::Options& options, config::Config config, std::function<void()> leave, spark::Clock clock)
    : options_(options),
      leave_(std::move(leave)),
      clock_(std::move(clock)),
      publisher_(options, std::move(config)),
      quality_(options, clock_, [this] { wake(); }),
      writes_(options.empty_writes),
      poller_({{options.spark_url, options.spark_app_id, options.spark_timeout},
               options.spark_interval,
               publisher_.group_limit(),
               true,
               options.empty_writes != config::EmptyWrites::kIgnore},
              client_factory(options), clock_, [this](const auto& application) { return restore(application); }),
      life_(options, publisher_.job_labels(), clock_, {[this] { wake(); }, [this] { run_ended(); }}),
      logs_([this] {
        if (run_ended_) wake();
      }) {}

Sidecar::~Sidecar() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  poller_.cancel();
  if (node_prices_) node_prices_->cancel();
  if (baseline_) baseline_->cancel();
  if (thread_.joinable()) thread_.join();
  server_.reset();
  quality_.save();
}

Result<void> Sidecar::start() {
  publisher_.publish(nullptr, {}, clock_.wall());
  auto server = web::start_server(server_options(options_), routes());
  if (server.has_error()) return server.error();
  server_ = std::move(*server);
  for (const auto& address : server_->addresses()) log::info("listening", {{"address", address}});
  if (auto watched = life_.start(); watched.has_error()) return watched;
  const auto& token = life_.cluster() ? life_.cluster()->token_file : options_.kubernetes_token_file;
  quality_.start(token);
  node_prices_ = make_node_prices();
  follow_logs();
  if (options_.observer_url) {
    baseline_ = std::make_unique<JobBaseline>(*options_.observer_url, options_.observer_tls, token, clock_);
  }
  thread_ = std::thread([this] { live(); });
  return boost::system::in_place_value;
}

bool Sidecar::terminate() {
  if (!life_.in_pod()) return false;
  life_.terminate();
  return true;
}

void Sidecar::wake() {
  {
    const std::lock_guard lock(mutex_);
    news_ = true;
  }
  changed_.notify_all();
}

/// The driver is gone: nobody waits for its answers any more.
void Sidecar::run_ended() {
  run_ended_ = true;
  poller_.cancel();
}

bool Sidecar::wait(std::chrono::steady_clock::time_point until) {
  // Not for ever, which some libraries cannot count: whoever is woken for nothing waits again.
  const auto bound = std::min(until, std::chrono::steady_clock::now() + kLongestWait);
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, bound, [this] { return stop_ || news_; });
  news_ = false;
  return !stop_;
}

/// Which application is ours is a label of the pod, so its first list comes first.
void Sidecar::wait_for_pod() {
  const auto until = clock_.steady() + kPodPatience;
  while (!life_.listed() && clock_.steady() < until && wait(std::min(until, clock_.steady() + kLook))) {
  }
}

void Sidecar::poll() {
  const auto own = life_.own_pod();
  if (options_.spark_app_id.empty() && !own.app_id.empty()) poller_.expect(own.app_id);
  if (own.uid.size() > 0 && !own.driver_started) poller_.not_running_yet();
  poller_.set_group_limit(publisher_.group_limit());
  if (!run_ended_) poller_.poll();
  polled_ = true;
  if (const auto* run = poller_.current()) {
    quality_.take(accumulators_.news(*run, clock_.wall()));
    if (const auto* writes = poller_.sql_writes()) {
      quality_.take(writes_.news(*run, *writes, quality_.ledger().get(), clock_.wall()));
    }
  }
  if (const auto run = publisher_.known_run(poller_)) life_.rest_says(rest_facts(*run), run->info_labels);
}

void Sidecar::publish() {
  hear_logs();
  const auto quality = quality_.ledger();
  life_.quality(quality_.for_last_words(), quality_.passed_on());
  auto turn = life_.turn({poller_.current() != nullptr, poller_.current() != nullptr && !poller_.over()});
  const auto now = clock_.steady();
  const bool news = turn.news || quality != shown_quality_;
  if (!news && now < published_ + options_.spark_interval) return life_.say_last_words();
  shown_quality_ = quality;
  const bool after_poll = published_ == std::chrono::steady_clock::time_point{};
  published_ = now;
  meter(turn.beside);
  add_logs(turn.beside);
  if (!options_.web_config_file.empty()) turn.beside.sources["web_config"] = web_config_health(*server_);
  turn.beside.quality = quality;
  for (auto& [name, health] : quality_.health()) turn.beside.sources[name] = health;
  if (turn.beside.cost && turn.beside.cost->final) {
    life_.run_cost({turn.beside.cost->currency, turn.beside.cost->totals.used});
  }
  if (turn.beside.advice && !turn.beside.advice->recommendations.empty()) {
    life_.run_advice({sizing::conf_words(*turn.beside.advice), turn.beside.advice->saving_ratio});
  }
  life_.say_last_words();
  // Both at once: an executor's end that the run has counted is not told to the meter again.
  if (after_poll) save();
  if (after_poll || news) quality_.save();
  publisher_.publish(&poller_, turn.beside, clock_.wall());
  life_.published(turn);
}

std::unique_ptr<NodePrices> Sidecar::make_node_prices() const {
  const std::string agent = std::string("spark_exporter/") + kVersion;
  std::unique_ptr<kubernetes::ApiClient> api;
  if (life_.cluster()) api = kubernetes::make_api_client(*life_.cluster(), agent);
  std::unique_ptr<net::HttpClient> opencost;
  if (options_.opencost_url) {
    net::ClientOptions client;
    client.base = *options_.opencost_url;
    client.user_agent = agent;
    opencost = net::make_http_client(std::move(client));
  }
  return std::make_unique<NodePrices>(std::move(api), std::move(opencost), clock_);
}

void Sidecar::follow_logs() {
  const auto names = config::enabled_collectors({"logs"}, options_.collectors, {});
  if (names.empty() || (options_.log_file.empty() && options_.logged_pods == config::LoggedPods::kNone)) return;
  if (!options_.state_file.empty()) {
    if (const auto text = read_whole(options_.state_file + kLogsSuffix, limits::kStateFileBytes)) logs_.restore(*text);
  }
  if (!options_.log_file.empty()) return logs_.follow_file(options_.log_file);
  if (!life_.in_pod()) {
    log::warn("no log is read: this is no pod, or it is not watched", {{"source", "logs"}});
    return;
  }
  logs_.follow_driver(*life_.cluster(),
                      {life_.namespace_name(), options_.kubernetes_pod, options_.kubernetes_driver_container});
}

/// Before the run's end is told of: its log may say why.
void Sidecar::hear_logs() {
  if (!logs_.any()) return;
  if (run_ended_) logs_.finish();
  if (const auto* run = poller_.current()) {
    const auto& application = run->application();
    const auto start = application.start_time.value_or(spark::TimePoint{});
    logs_.set_run(application.id + '@' + std::to_string(start.time_since_epoch().count()));
  }
  life_.log_says(logs_.clues());
  if (options_.logged_pods != config::LoggedPods::kAll) return;
  const auto pods = life_.held_pods();
  if (!pods) return;
  std::vector<LoggedContainer> executors;
  for (const auto& pod : *pods) {
    if (pod.id == "driver" || !pod.logged_container) continue;
    executors.push_back({life_.namespace_name(), pod.name, *pod.logged_container});
  }
  logs_.follow_executors(*life_.cluster(), executors);
}

void Sidecar::add_logs(Beside& beside) {
  if (!logs_.any()) return;
  beside.logs = logs_.tallies();
  beside.sources["logs"] = logs_.health();
}

/// After each poll, and while our pod outlives its driver.
void Sidecar::meter(Beside& beside) {
  const auto run = publisher_.known_run(poller_);
  if (!run || run->run == nullptr) return;
  restore_cost(run->run->application());
  CostFacts facts;
  facts.run = run->run;
  facts.kubernetes_namespace = run->kubernetes_namespace;
  facts.app = run->app;
  facts.now = clock_.wall();
  facts.ui_over = poller_.over();
  facts.run_over = beside.run_over || (!life_.in_pod() && poller_.over());
  facts.pods = life_.held_pods();
  const auto settings = publisher_.cost_settings();
  // Without a price there is nothing to ask nodes for.
  if (facts.pods && (!settings.prices.empty() || options_.opencost_url)) {
    std::set<std::string> names;
    for (const auto& pod : *facts.pods) {
      if (!pod.node.empty()) names.insert(pod.node);
    }
    facts.nodes = node_prices_->of(names, settings.default_node);
    beside.sources = node_prices_->health();
  }
  // What it will have cost is asked of runs that have a cost and are not over.
  if (baseline_ && meter_.view() && !facts.run_over) facts.baseline = baseline_->get();
  meter_.feed(facts, settings);
  beside.cost = meter_.view();
  if (beside.cost) beside.prices_missing = meter_.prices_missing();
  beside.advice = sizing::advise(sizing::evidence(*run->run, beside.cost ? &*beside.cost : nullptr));
}

/// As short as can be: memory may be what is missing.
void Sidecar::log_failure(const std::exception& failure) noexcept {
  try {
    std::uint64_t held_back = 0;
    if (!log_limit_.admit("turn", clock_.steady(), held_back)) return;
    log::error("a turn broke off", {{"error", failure.what()}, {"held_back", std::to_string(held_back)}});
  } catch (const std::exception&) {
    return;  // the next turn may say it
  }
}

void Sidecar::live() {
  wait_for_pod();
  auto next_poll = clock_.steady();
  while (true) {
    try {
      if (clock_.steady() >= next_poll) {
        poll();
        published_ = {};
        next_poll = clock_.steady() + poller_.next_delay();
      }
      if (life_.terminated()) next_poll = std::min(next_poll, clock_.steady() + kLastPolls);
      publish();
      give_back_free_memory();
    } catch (const std::exception& failure) {  // out of memory: what was published last stays
      next_poll = clock_.steady() + options_.spark_interval;
      poller_.broke_off();
      log_failure(failure);
    }
    const auto decision = life_.decide();
    if (decision.leave) {
      log::info("leaving", {{"reason", decision.why}});
      break;
    }
    // A slow driver is asked less often than values age.
    auto until = std::min({next_poll, decision.ask_again, clock_.steady() + options_.spark_interval});
    if (life_.delivering() || life_.terminated()) until = std::min(until, clock_.steady() + kLook);
    if (!wait(until)) return;
  }
  // The answer that was waited for is still being sent.
  const auto last = clock_.steady() + kLastAnswer;
  while (clock_.steady() < last) {
    if (!wait(last)) return;
  }
  if (leave_) leave_();
}

std::optional<model::Run> Sidecar::restore(const spark::Application& application) const {
  if (options_.state_file.empty()) return std::nullopt;
  auto saved = model::load_state(options_.state_file);
  if (saved.has_error()) {
    log::info("no earlier state", {{"reason", saved.error().what}});
    return std::nullopt;
  }
  if (saved->application.id != application.id || saved->application.start_time != application.start_time) {
    return std::nullopt;
  }
  saved->application = application;
  return model::Run::restore(std::move(*saved), clock_.wall());
}

void Sidecar::restore_cost(const spark::Application& application) {
  if (cost_restored_ || options_.state_file.empty()) return;
  cost_restored_ = true;
  const auto text = read_whole(options_.state_file + kCostSuffix, limits::kStateFileBytes);
  CostMeter saved;
  if (text.has_error() || !saved.restore(*text) || !saved.is_of(application)) return;
  meter_ = std::move(saved);
}

void Sidecar::save() {
  if (options_.state_file.empty() || poller_.current() == nullptr || poller_.over()) return;
  auto saved = model::save_state(options_.state_file, poller_.current()->save());
  if (logs_.any()) {
    const auto logs = write_atomically(options_.state_file + kLogsSuffix, logs_.save());
    if (!logs && saved) saved = logs.error();
  }
  const auto cost = meter_.save();
  if (saved && cost) saved = write_atomically(options_.state_file + kCostSuffix, *cost);
  std::uint64_t held_back = 0;
  if (saved.has_error() && log_limit_.admit("state", clock_.steady(), held_back)) {
    log::warn("cannot save the state", {{"error", saved.error().what}});
  }
}

Result<void> Sidecar::reload() {
  if (options_.config_file.empty() && options_.prices_file.empty()) {
    publisher_.reloaded(config::Config{}, clock_.wall());
    life_.set_job_labels({});
    return boost::system::in_place_value;
  }
  auto config = config::load_config(options_.config_file, options_.prices_file, metrics::collector_names());
  if (config.has_error()) {
    log::error("configuration not reloaded, the old one stays", {{"error", config.error().what}});
    publisher_.reloaded(std::nullopt, clock_.wall());
    return config.error();
  }
  life_.set_job_labels(config->job_labels);
  publisher_.reloaded(std::move(*config), clock_.wall());
  log::info("configuration reloaded", {{"file", options_.config_file}});
  return boost::system::in_place_value;
}

web::HttpResponse Sidecar::answer_metrics(const web::HttpRequest& request) {
  publisher_.count_scrape();
  auto published = publisher_.latest();
  life_.scraped(request.peer, published->final);
  web::HttpResponse response;
  response.content_type = kMetricsType;
  response.negotiated = true;
  if (request.accepts_gzip) response.content_encoding = "gzip";
  response.shared = request.accepts_gzip ? published->exposition.gzip() : published->exposition.text();
  response.keep_alive = std::move(published);
  return response;
}

std::vector<web::Route> Sidecar::routes() {
  constexpr bool kOpen = true;
  const auto metrics = [this](const web::HttpRequest& request) { return answer_metrics(request); };
  const auto report = [this](const web::HttpRequest& request) {
    const auto published = publisher_.latest();
    return answer_report(request, published->report, published);
  };
  const auto landing = [this](const web::HttpRequest&) {
    web::HttpResponse response;
    response.content_type = "text/html; charset=utf-8";
    response.body = landing_page(options_.telemetry_path);
    return response;
  };
  const auto healthy = [](const web::HttpRequest&) { return text(200, "ok\n"); };
  const auto ready = [this](const web::HttpRequest&) {
    return polled_ ? text(200, "ready\n") : text(503, "starting: no poll finished yet\n");
  };
  const auto reload = [this](const web::HttpRequest& request) {
    if (!request.peer_is_loopback) return text(403, "reload is for this pod only: ask from loopback\n");
    const auto done = this->reload();
    return done ? text(200, "reloaded\n") : text(500, done.error().what + "\n");
  };
  // Open: it checks on its own who asks.
  const auto quality = [this](const web::HttpRequest& request) { return quality_.answer(request); };
  std::vector<web::Route> routes{{options_.telemetry_path, "GET", metrics},
                                 {"/", "GET", landing},
                                 {"/report", "GET", report},
                                 {"/-/healthy", "GET", healthy, kOpen},
                                 {"/healthz", "GET", healthy, kOpen},
                                 {"/-/ready", "GET", ready, kOpen},
                                 {"/readyz", "GET", ready, kOpen},
                                 {"/-/reload", "POST", reload},
                                 {"/api/v1/quality", "POST", quality, kOpen}};
  add_runbook_routes(routes, [this] { return publisher_.latest()->runs; });
  return routes;
}

}  // namespace spark_exporter::app
