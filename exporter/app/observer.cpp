#include "exporter/app/observer.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "exporter/app/backup_intake.hpp"
#include "exporter/app/baseline_answer.hpp"
#include "exporter/app/fleet_report.hpp"
#include "exporter/app/last_words_intake.hpp"
#include "exporter/app/pages.hpp"
#include "exporter/app/quality_answer.hpp"
#include "exporter/app/runbook_routes.hpp"
#include "exporter/app/server_options.hpp"
#include "exporter/common/log.hpp"
#include "exporter/common/process_stats.hpp"
#include "exporter/metrics/collectors.hpp"

namespace spark_exporter::app {
namespace {

constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
/// Publishing takes at most a tenth of the time.
constexpr int kRest = 9;

web::HttpResponse text(int status, std::string body) {
  web::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

web::HttpResponse not_yet() { return text(503, "starting: the first lists of pods and applications are not in yet\n"); }

jobs::FleetOptions fleet_options(const config::Options& options, const config::Config& config) {
  jobs::FleetOptions fleet;
  fleet.driver_container = options.kubernetes_driver_container;
  fleet.job_name_label = options.job_name_label;
  fleet.job_labels = config.job_labels;
  fleet.retention = std::chrono::duration_cast<std::chrono::seconds>(options.outcome_retention);
  fleet.shard = options.shard;
  fleet.total_shards = options.total_shards;
  return fleet;
}

/// The polled runs under the names that the outcomes have, so that both can be joined.
std::vector<model::RunView> polled_views(const std::vector<std::shared_ptr<const PolledRun>>& polled,
                                         const outcome::View& outcomes, kubernetes::TimePoint now) {
  std::map<std::pair<std::string_view, std::string_view>, const outcome::RunView*> by_pod;
  if (!polled.empty()) {
    for (const auto& run : outcomes.runs) by_pod[{run.kubernetes_namespace, run.driver_pod}] = &run;
  }
  std::vector<model::RunView> views;
  for (const auto& one : polled) {
    auto view = one->view(now);
    const auto known = by_pod.find({view.kubernetes_namespace, view.driver_pod});
    if (known != by_pod.end()) {
      view.app = known->second->app;
      view.app_from = known->second->app_from;
    }
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace

Observer::Observer(const config::Options& options, config::Config config, kubernetes::Cluster cluster,
                   ObserverTuning tuning)
    : options_(options),
      cluster_(std::move(cluster)),
      tuning_(tuning),
      fleet_(fleet_options(options, config)),
      file_(options.state_file, tuning.save),
      reviewer_(cluster_),
      guard_(options.api_token_file),
      config_(std::move(config)),
      reload_time_(wall_now()) {}

Observer::~Observer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  reviewer_.cancel();
  if (thread_.joinable()) thread_.join();
  polls_.reset();
  watches_.reset();
  server_.reset();
  if (backups_ != nullptr && latest_ != nullptr) backups_->save();
  backups_.reset();
  if (latest_ != nullptr) file_.save(fleet_, wall_now(), std::chrono::steady_clock::now());
}

kubernetes::TimePoint Observer::wall_now() const {
  if (tuning_.wall) return tuning_.wall();
  return std::chrono::time_point_cast<kubernetes::Millis>(std::chrono::system_clock::now());
}

Result<void> Observer::start() {
  file_.restore(fleet_, wall_now());
  auto server = web::start_server(server_options(options_), routes());
  if (server.has_error()) return server.error();
  server_ = std::move(*server);
  for (const auto& address : server_->addresses()) log::info("listening", {{"address", address}});
  watch();
  watch_backups();
  poll_drivers();
  thread_ = std::thread([this] { work(); });
  return boost::system::in_place_value;
}

// --- what comes in -----------------------------------------------------------------------------

void Observer::watch() {
  const auto tell = [this] { changed(); };
  const auto& from = options_.kubernetes_namespace;
  log::info("watching",
            {{"namespace", from.empty() ? std::string("all") : from}, {"api_server", cluster_.api_server.to_string()}});
  watches_ = std::make_unique<Watches>(cluster_, tuning_.watch);
  watches_->add<kubernetes::Pod>({kubernetes::kPods, from, "spark-role in (driver,executor)", ""}, fleet_.pods(), tell);
  watches_->add<kubernetes::SparkApplication>({kubernetes::kSparkApplications, from, "", ""}, fleet_.applications(),
                                              tell);
  watches_->add<kubernetes::ScheduledSparkApplication>({kubernetes::kScheduledSparkApplications, from, "", ""},
                                                       fleet_.scheduled(), tell);
}

/// Where nobody wants to see them no rights are asked for either.
void Observer::watch_backups() {
  const auto wanted = config::enabled_collectors(metrics::collector_names(), options_.collectors, config_.collectors);
  if (std::find(wanted.begin(), wanted.end(), "backup") == wanted.end()) return;
  BackupDeskOptions desk;
  desk.kubernetes_namespace = options_.kubernetes_namespace;
  desk.state_file = options_.state_file;
  desk.shard = options_.shard;
  desk.total_shards = options_.total_shards;
  desk.save = tuning_.save;
  desk.watch = tuning_.watch;
  backups_ = std::make_unique<BackupDesk>(cluster_, std::move(desk), [this] { changed(); });
}

void Observer::poll_drivers() {
  if (!options_.poll_drivers) return;
  polls_ = std::make_unique<DriverPolls>(options_, [this](const jobs::RestFacts& facts) {
    fleet_.rest_says(facts, wall_now());
    changed();
  });
}

void Observer::changed() {
  {
    const std::lock_guard lock(mutex_);
    if (dirty_) return;
    dirty_ = true;
  }
  wake_.notify_all();
}

web::HttpResponse Observer::take_last_words(const web::HttpRequest& request) {
  if (latest() == nullptr) return not_yet();
  return answer_last_words(request, reviewer_, [this](const outcome::LastWordsMessage& message) -> Result<void> {
    auto taken = fleet_.take(message, wall_now());
    if (taken) changed();
    return taken;
  });
}

web::HttpResponse Observer::take_backup_report(const web::HttpRequest& request) {
  if (latest() == nullptr) return not_yet();
  if (backups_ == nullptr) return text(404, "nobody looks at backups here: --no-collector.backup\n");
  return answer_backup_report(request, reviewer_, [this](const backup::Report& report, const std::string& pod) {
    return backups_->take(report, pod);
  });
}

web::HttpResponse Observer::take_quality(const web::HttpRequest& request) {
  if (latest() == nullptr) return not_yet();
  return answer_quality(
      request, guard_, reviewer_,
      [this](const QualitySender& sender, const std::vector<intake::QualityResult>& results) {
        const auto now = wall_now();
        auto fresh = sender.app.empty()
                         ? fleet_.take_quality({sender.kubernetes_namespace, sender.pod, sender.pod_uid}, results, now)
                         : fleet_.take_quality(sender.kubernetes_namespace, sender.app, results, now);
        if (fresh && *fresh > 0) changed();
        return fresh;
      });
}

web::HttpResponse Observer::answer_baseline(const web::HttpRequest& request) {
  const auto published = latest();
  return published == nullptr ? not_yet() : app::answer_baseline(request, reviewer_, published->view);
}

// --- what goes out -----------------------------------------------------------------------------

void Observer::work() {
  if (!wait_for_lists()) return;
  fleet_.set_synced();
  do {
    try {
      turn();
    } catch (const std::exception& failure) {  // out of memory: what was published last stays
      note_failure(failure);
    }
  } while (wait_for_work());
}

void Observer::turn() {
  publish();
  if (polls_ != nullptr) polls_->follow(fleet_.running_drivers());
  file_.save_if_due(fleet_, wall_now(), std::chrono::steady_clock::now());
  if (backups_ != nullptr) backups_->save_if_due();
}

/// As short as can be: memory may be what is missing.
void Observer::note_failure(const std::exception& failure) noexcept {
  ++failed_turns_;
  published_at_ = std::chrono::steady_clock::now();
  changed();
  try {
    std::uint64_t held_back = 0;
    if (!log_limit_.admit("turn", published_at_, held_back)) return;
    log::error("a turn broke off", {{"error", failure.what()}, {"held_back", std::to_string(held_back)}});
  } catch (const std::exception&) {
    return;  // the next turn may say it
  }
}

/// False: stopped.
bool Observer::wait_for_lists() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    const bool ready = watches_->ready() && (backups_ == nullptr || backups_->ready());
    lock.lock();
    if (ready) return !stop_;
    wake_.wait_for(lock, tuning_.starting, [this] { return stop_; });
  }
  return false;
}

/// Until something is to be published; false: stopped.
bool Observer::wait_for_work() {
  using std::chrono::milliseconds;
  const auto pause = std::max<milliseconds>(scraped_ ? tuning_.busy : tuning_.idle, kRest * publishing_took_);
  const Instant earliest = published_at_ + pause;
  const Instant latest = std::max(published_at_ + tuning_.quiet, earliest);
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, latest, [this] { return stop_ || dirty_; });
  wake_.wait_until(lock, earliest, [this] { return stop_; });
  return !stop_;
}

void Observer::publish() {
  {
    const std::lock_guard lock(mutex_);
    dirty_ = false;
  }
  scraped_ = false;
  const auto began = std::chrono::steady_clock::now();
  const auto now = wall_now();
  auto view = fleet_.view(now);
  add_budgets(view);
  auto exposition = render(view, now);
  auto published = std::make_shared<const Published>(std::move(exposition), std::move(view), now);
  {
    const std::lock_guard lock(mutex_);
    latest_.swap(published);
  }
  if (published == nullptr) log::info("ready");
  published_at_ = std::chrono::steady_clock::now();
  publishing_took_ = std::chrono::duration_cast<std::chrono::milliseconds>(published_at_ - began);
  warn_of_left_out();
}

/// Annotations go before the configuration.
void Observer::add_budgets(outcome::View& view) const {
  const std::lock_guard lock(mutex_);
  for (auto& job : view.jobs) {
    job.budget_currency = config_.prices.currency();
    if (job.budget) continue;
    const auto* const budget = cost::find_budget(config_.budgets, job.kubernetes_namespace, job.app);
    if (budget != nullptr) job.budget = *budget;
  }
}

metrics::Packed Observer::render(const outcome::View& view, kubernetes::TimePoint now) {
  model::Snapshot snapshot;
  snapshot.now = now;
  snapshot.outcomes = &view;
  for (const auto& job : view.jobs) {
    if (job.quality != nullptr) snapshot.quality.push_back({job.kubernetes_namespace, job.app, job.quality});
  }
  auto& kubernetes = snapshot.sources["kubernetes"];
  kubernetes = watches_->health(now);
  kubernetes.errors[static_cast<std::size_t>(ErrorKind::kIo)] += failed_turns_;
  std::optional<backup::View> backups;
  if (backups_ != nullptr) {
    backups = backups_->view(fleet_.dataset_writers());
    snapshot.backups = &*backups;
    if (auto health = backups_->health(now)) snapshot.sources["backups"] = std::move(*health);
  }
  if (!options_.web_config_file.empty()) snapshot.sources["web_config"] = web_config_health(*server_);
  const auto polled = polls_ != nullptr ? polls_->latest() : std::vector<std::shared_ptr<const PolledRun>>{};
  if (polls_ != nullptr) snapshot.sources["spark"] = polls_->health();
  snapshot.runs = polled_views(polled, view, now);
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    const auto& limits = config_.limits;
    snapshot.limits = {limits.executors, limits.gc_executors, limits.series_of_observer(), limits.streaming_queries};
    snapshot.config_reload_ok = reload_ok_;
    snapshot.config_reload_time = reload_time_;
    names = config::enabled_collectors(metrics::collector_names(), options_.collectors, config_.collectors);
  }
  return metrics::render_packed(snapshot, {names.begin(), names.end()}, drops_, read_process_stats(), packer_);
}

void Observer::warn_of_left_out() {
  const auto left_out = fleet_.left_out();
  if (left_out == left_out_) return;
  left_out_ = left_out;
  log::warn("more runs, pods or jobs than an observer keeps: split the work with --total-shards",
            {{"left_out", std::to_string(left_out)}});
}

std::shared_ptr<const Observer::Published> Observer::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

web::HttpResponse Observer::answer_metrics(const web::HttpRequest& request) {
  auto published = latest();
  if (published == nullptr) return not_yet();
  scraped_ = true;
  if (polls_ != nullptr) polls_->count_scrape();
  web::HttpResponse response;
  response.content_type = kMetricsType;
  response.negotiated = true;
  if (request.accepts_gzip) response.content_encoding = "gzip";
  response.shared = request.accepts_gzip ? published->exposition.gzip() : published->exposition.text();
  response.keep_alive = std::move(published);
  return response;
}

web::HttpResponse Observer::answer_report() const {
  const auto published = latest();
  if (published == nullptr) return not_yet();
  auto response = text(200, fleet_report_json(published->view, published->time));
  response.content_type = "application/json";
  return response;
}

/// None before the first lists are in: the pages are there all the same.
std::vector<runbooks::Run> Observer::runbook_runs() const {
  std::vector<runbooks::Run> runs;
  const auto published = latest();
  if (published == nullptr) return runs;
  for (const auto& run : published->view.runs) runs.push_back(runbook_run(run));
  return runs;
}

// --- configuration -----------------------------------------------------------------------------

Result<void> Observer::reload() {
  config::Config fresh;
  if (!options_.config_file.empty() || !options_.prices_file.empty()) {
    auto loaded = config::load_config(options_.config_file, options_.prices_file, metrics::collector_names());
    if (loaded.has_error()) {
      log::error("configuration not reloaded, the old one stays", {{"error", loaded.error().what}});
      {
        const std::lock_guard lock(mutex_);
        reload_ok_ = false;
      }
      changed();
      return loaded.error();
    }
    fresh = std::move(*loaded);
  }
  fleet_.set_job_labels(fresh.job_labels);
  {
    const std::lock_guard lock(mutex_);
    config_ = std::move(fresh);
    reload_ok_ = true;
    reload_time_ = wall_now();
  }
  changed();
  log::info("configuration reloaded", {{"file", options_.config_file}});
  return boost::system::in_place_value;
}

web::HttpResponse Observer::answer_reload(const web::HttpRequest& request) {
  if (!request.peer_is_loopback) return text(403, "reload is for this pod only: ask from loopback\n");
  const auto done = reload();
  return done ? text(200, "reloaded\n") : text(500, done.error().what + "\n");
}

std::vector<web::Route> Observer::routes() {
  constexpr bool kOpen = true;  // what is posted comes with a token that the API server judges, or with ours
  const auto metrics = [this](const web::HttpRequest& request) { return answer_metrics(request); };
  const auto report = [this](const web::HttpRequest&) { return answer_report(); };
  const auto landing = [this](const web::HttpRequest&) {
    auto response = text(200, landing_page(options_.telemetry_path));
    response.content_type = "text/html; charset=utf-8";
    return response;
  };
  const auto healthy = [](const web::HttpRequest&) { return text(200, "ok\n"); };
  const auto ready = [this](const web::HttpRequest&) { return latest() ? text(200, "ready\n") : not_yet(); };
  const auto reload = [this](const web::HttpRequest& request) { return answer_reload(request); };
  const auto backups = [this](const web::HttpRequest& request) { return take_backup_report(request); };
  const auto baseline = [this](const web::HttpRequest& request) { return answer_baseline(request); };
  const auto last_words = [this](const web::HttpRequest& request) { return take_last_words(request); };
  const auto quality = [this](const web::HttpRequest& request) { return take_quality(request); };
  std::vector<web::Route> routes{{options_.telemetry_path, "GET", metrics},
                                 {"/", "GET", landing},
                                 {"/report", "GET", report},
                                 {"/-/healthy", "GET", healthy, kOpen},
                                 {"/healthz", "GET", healthy, kOpen},
                                 {"/-/ready", "GET", ready, kOpen},
                                 {"/readyz", "GET", ready, kOpen},
                                 {"/-/reload", "POST", reload},
                                 {"/api/v1/backups", "POST", backups, kOpen},
                                 {"/api/v1/baseline", "GET", baseline, kOpen},
                                 {"/api/v1/last-words", "POST", last_words, kOpen},
                                 {"/api/v1/quality", "POST", quality, kOpen}};
  add_runbook_routes(routes, [this] { return runbook_runs(); });
  return routes;
}

}  // namespace spark_exporter::app
