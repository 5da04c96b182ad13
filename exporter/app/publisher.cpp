#include "exporter/app/publisher.hpp"

#include <fstream>

#include "exporter/app/report.hpp"
#include "exporter/app/runbook_routes.hpp"
#include "exporter/common/process_stats.hpp"
#include "exporter/model/naming.hpp"

namespace spark_exporter::app {
namespace {

/// Where the kubelet mounts the pod's namespace.
constexpr char kNamespaceFile[] = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::vector<runbooks::Run> runbook_runs(const model::Snapshot& state, const Beside& beside) {
  std::vector<runbooks::Run> runs;
  for (const auto& view : state.runs) {
    runs.push_back({view.kubernetes_namespace, view.app, view.app_id, view.driver_pod, "", "", ""});
  }
  if (!beside.run) return runs;
  // The pod knows more of the current run than Spark does.
  if (!runs.empty() && runs.back().app_id == beside.run->app_id) runs.pop_back();
  runs.push_back(runbook_run(*beside.run));
  return runs;
}

}  // namespace

Publisher::Publisher(const config::Options& options, config::Config config)
    : options_(options),
      service_account_namespace_(first_line(kNamespaceFile)),
      config_(std::move(config)),
      reload_time_(spark::Clock::system().wall()) {}

std::string Publisher::namespace_of(const model::Run& run) const {
  if (!options_.kubernetes_namespace.empty()) return options_.kubernetes_namespace;
  if (!service_account_namespace_.empty()) return service_account_namespace_;
  // What spark-submit uses where nothing is said.
  const bool on_kubernetes = run.property("spark.master").starts_with("k8s://");
  return run.property("spark.kubernetes.namespace", on_kubernetes ? "default" : "");
}

model::RunView Publisher::view(const model::Run& run) const {
  const auto labels =
      run.environment() ? model::driver_labels(run.environment()->properties) : std::map<std::string, std::string>{};
  auto name = model::job_name({options_.job_name, options_.job_name_label, labels, run.application().name});
  model::RunView view;
  view.run = &run;
  view.kubernetes_namespace = namespace_of(run);
  view.app = std::move(name.app);
  view.app_from = std::move(name.from);
  view.app_id = run.application().id;
  view.driver_pod =
      !options_.kubernetes_pod.empty() ? options_.kubernetes_pod : run.property("spark.kubernetes.driver.pod.name");
  for (const auto& label : config_.job_labels) {
    const auto at = labels.find(label);
    view.info_labels.emplace_back(label, at == labels.end() ? std::string() : at->second);
  }
  return view;
}

model::RunView Publisher::current(const spark::Poller& poller) const {
  auto current = view(*poller.current());
  current.fresh = poller.fresh();
  current.over = poller.over();
  return current;
}

std::optional<model::RunView> Publisher::known_run(const spark::Poller& poller) const {
  const std::lock_guard lock(mutex_);
  if (poller.current() != nullptr) return current(poller);
  return awaited_run();
}

std::optional<model::RunView> Publisher::awaited_run() const {
  if (options_.spark_app_id.empty()) return std::nullopt;
  model::RunView awaited;
  awaited.app_id = options_.spark_app_id;
  awaited.kubernetes_namespace =
      options_.kubernetes_namespace.empty() ? service_account_namespace_ : options_.kubernetes_namespace;
  awaited.app = options_.job_name;
  awaited.app_from = options_.job_name.empty() ? "" : "flag";
  awaited.driver_pod = options_.kubernetes_pod;
  for (const auto& label : config_.job_labels) awaited.info_labels.emplace_back(label, "");
  return awaited;
}

std::vector<std::string> Publisher::job_labels() const {
  const std::lock_guard lock(mutex_);
  return config_.job_labels;
}

CostSettings Publisher::cost_settings() const {
  const std::lock_guard lock(mutex_);
  return {config_.prices, config_.budgets, config_.default_node};
}

std::size_t Publisher::group_limit() const {
  const std::lock_guard lock(mutex_);
  return config_.group_limit;
}

/// Under the run's names, from whoever knows them: a driver may die before its UI was there. Without any nobody is
/// spoken of.
std::optional<logs::View> Publisher::logs_view(const spark::Poller* poller, const Beside& beside) const {
  if (beside.logs.empty()) return std::nullopt;
  logs::View view;
  view.components = beside.logs;
  const auto name = [&view](const auto& run) {
    view.kubernetes_namespace = run.kubernetes_namespace;
    view.app = run.app;
    view.app_id = run.app_id;
  };
  if (poller != nullptr && poller->current() != nullptr) {
    name(current(*poller));
  } else if (beside.run) {
    name(*beside.run);
  } else if (const auto awaited = awaited_run()) {
    name(*awaited);
  }
  if (view.app.empty() && view.app_id.empty()) return std::nullopt;
  return view;
}

/// Under the names that the outcome has, which the pod may know before Spark answers. Nothing while nobody knows any.
std::vector<model::QualityView> Publisher::quality_of(spark::Poller* poller, const Beside& beside) const {
  std::string kubernetes_namespace;
  std::string app;
  if (beside.run && !beside.run->app.empty()) {
    kubernetes_namespace = beside.run->kubernetes_namespace;
    app = beside.run->app;
  } else if (poller != nullptr && poller->current() != nullptr) {
    const auto run = current(*poller);
    kubernetes_namespace = run.kubernetes_namespace;
    app = run.app;
  } else {
    kubernetes_namespace =
        options_.kubernetes_namespace.empty() ? service_account_namespace_ : options_.kubernetes_namespace;
    app = options_.job_name;
  }
  if (app.empty()) return {};
  return {{std::move(kubernetes_namespace), std::move(app), beside.quality}};
}

model::Snapshot Publisher::snapshot(spark::Poller* poller, const Beside& beside, spark::TimePoint now) const {
  model::Snapshot snapshot;
  snapshot.now = now;
  snapshot.limits = {config_.limits.executors, config_.limits.gc_executors, config_.limits.series,
                     config_.limits.streaming_queries};
  snapshot.config_reload_ok = reload_ok_;
  snapshot.config_reload_time = reload_time_;
  snapshot.sources["spark"] = poller != nullptr ? poller->health() : model::SourceHealth{};
  if (beside.kubernetes) snapshot.sources["kubernetes"] = *beside.kubernetes;
  for (const auto& [name, health] : beside.sources) snapshot.sources[name] = health;
  if (beside.prices_missing) {
    auto& prices = snapshot.sources["prices"];
    prices.up = *beside.prices_missing == 0;
    prices.errors[static_cast<std::size_t>(ErrorKind::kPriceMissing)] = *beside.prices_missing;
  }
  if (beside.outcomes) snapshot.outcomes = &*beside.outcomes;
  snapshot.logs = logs_view(poller, beside);
  if (beside.quality != nullptr && options_.outcome_owner == config::OutcomeOwner::kSidecar) {
    snapshot.quality = quality_of(poller, beside);
  }
  snapshot.deliveries = beside.deliveries;
  snapshot.final_scrapes = beside.final_scrapes;
  if (poller != nullptr && poller->previous() != nullptr) {
    snapshot.runs.push_back(view(*poller->previous()));
    snapshot.runs.back().over = true;
  }
  if (poller != nullptr && poller->current() != nullptr) {
    snapshot.runs.push_back(current(*poller));
    if (beside.cost) snapshot.runs.back().cost = &*beside.cost;
    if (beside.advice) snapshot.runs.back().advice = &*beside.advice;
    // The driver is gone before its UI was found to be.
    if (beside.run_over) snapshot.runs.back().fresh = false;
    if (beside.run_over) snapshot.runs.back().over = true;
  }
  return snapshot;
}

void Publisher::publish(spark::Poller* poller, const Beside& beside, spark::TimePoint now) {
  const auto scrapes = scrapes_.load();
  if (poller != nullptr && poller->current() != nullptr) poller->current()->executors().forget_scraped(scrapes);
  if (poller != nullptr && poller->previous() != nullptr) {
    if (previous_shown_at_scrape_ && scrapes > *previous_shown_at_scrape_) {
      poller->drop_previous();
      previous_shown_at_scrape_.reset();
    } else if (!previous_shown_at_scrape_) {
      previous_shown_at_scrape_ = scrapes;
    }
  }
  const std::lock_guard lock(mutex_);
  const auto state = snapshot(poller, beside, now);
  const auto names = config::enabled_collectors(metrics::collector_names(), options_.collectors, config_.collectors);
  auto text = metrics::render(state, {names.begin(), names.end()}, drops_);
  text += metrics::render_process(read_process_stats());
  auto report = report_json(state, beside.run ? &*beside.run : nullptr, beside.warning, beside.quality.get());
  latest_ = std::make_shared<const Published>(std::move(text), std::move(report), runbook_runs(state, beside),
                                              beside.run_over);
}

std::shared_ptr<const Published> Publisher::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

void Publisher::reloaded(std::optional<config::Config> config, spark::TimePoint now) {
  const std::lock_guard lock(mutex_);
  reload_ok_ = config.has_value();
  if (!config) return;
  config_ = std::move(*config);
  reload_time_ = now;
}

}  // namespace spark_exporter::app
