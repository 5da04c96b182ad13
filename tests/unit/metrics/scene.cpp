#include "tests/unit/metrics/scene.hpp"

#include <sstream>

namespace spark_exporter::test {
namespace {

constexpr std::string_view kRunLabels = R"(namespace="prod",app="sales",app_id="spark-1")";

spark::Application application() {
  spark::Application application;
  application.id = "spark-1";
  application.name = "sales";
  application.spark_version = "3.5.9";
  application.spark_user = "etl";
  application.start_time = at(1000);
  return application;
}

std::string_view name_of(std::string_view line) { return line.substr(0, line.find_first_of("{ ")); }

bool belongs(std::string_view name, std::string_view family) {
  if (!name.starts_with(family)) return false;
  const auto rest = name.substr(family.size());
  return rest.empty() || rest == "_bucket" || rest == "_sum" || rest == "_count";
}

}  // namespace

spark::Executor executor(const std::string& id, std::int64_t added) {
  spark::Executor executor;
  executor.id = id;
  executor.add_time = at(added);
  return executor;
}

spark::Executor with_gc(spark::Executor executor, std::int64_t minor, std::int64_t major, std::int64_t total) {
  executor.peak.emplace();
  executor.peak->minor_gc_time = spark::Millis{minor};
  executor.peak->major_gc_time = spark::Millis{major};
  executor.peak->total_gc_time = spark::Millis{total};
  return executor;
}

spark::Executor gone(spark::Executor executor, const std::string& reason, std::int64_t removed) {
  executor.is_active = false;
  executor.remove_reason = reason;
  executor.remove_time = at(removed);
  return executor;
}

outcome::RunView outcome_of(outcome::State state, const std::string& app_id) {
  outcome::RunView run;
  run.kubernetes_namespace = "prod";
  run.app = "sales";
  run.app_id = app_id;
  run.verdict.state = state;
  return run;
}

cost::View& Scene::cost() {
  view().cost = &cost_;
  return cost_;
}

sizing::Advice& Scene::advice() {
  view().advice = &advice_;
  return advice_;
}

outcome::View& Scene::outcomes() {
  snapshot_.outcomes = &outcomes_;
  return outcomes_;
}

backup::View& Scene::backups() {
  snapshot_.backups = &backups_;
  return backups_;
}

Scene::Scene() : run_(std::make_unique<model::Run>(application(), at(1001))) {
  snapshot_.now = at(2000);
  snapshot_.config_reload_time = at(1500);
  auto& view = snapshot_.runs.emplace_back();
  view.run = run_.get();
  view.kubernetes_namespace = "prod";
  view.app = "sales";
  view.app_from = "label";
  view.app_id = "spark-1";
  view.driver_pod = "sales-driver";
  view.fresh = true;
}

std::string Scene::text(void (*collect)(const model::Snapshot&, metrics::Families&)) {
  metrics::Families families(static_cast<std::size_t>(snapshot_.limits.series), drops_);
  collect(snapshot_, families);
  std::istringstream lines(families.take());
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) continue;
    if (const auto found = line.find(kRunLabels); found != std::string::npos) {
      line.replace(found, kRunLabels.size(), "RUN");
    }
    text += line + '\n';
  }
  return text;
}

std::string Scene::samples(void (*collect)(const model::Snapshot&, metrics::Families&), std::string_view family) {
  return samples_of(text(collect), family);
}

std::string samples_of(std::string_view exposition, std::string_view family) {
  std::string lines;
  while (!exposition.empty()) {
    const auto end = exposition.find('\n');
    const auto line = exposition.substr(0, end);
    if (belongs(name_of(line), family)) {
      lines += line;
      lines += '\n';
    }
    exposition.remove_prefix(end == std::string_view::npos ? exposition.size() : end + 1);
  }
  return lines;
}

namespace {

void fill_work(model::Run& run) {
  spark::Job job;
  job.id = 0;
  job.status = spark::JobStatus::kSucceeded;
  job.completion_time = at(1900);
  run.apply_jobs({job}, at(1900));
  spark::Stage stage;
  stage.id = 0;
  stage.status = spark::StageStatus::kActive;
  stage.tasks = 10;
  stage.active_tasks = 2;
  stage.completed_tasks = 3;
  stage.completed_indices = 3;
  stage.executor_run_time = spark::Millis{1500};
  run.apply_stages({stage});
  run.apply_skew({{0, 0}, 2.5, at(1900), spark::Millis{5000}});
  spark::SqlExecution sql;
  sql.id = 0;
  sql.status = spark::SqlStatus::kCompleted;
  sql.duration = spark::Millis{700};
  run.apply_sql(sql);
}

void fill_streaming(model::Run& run) {
  for (std::int64_t batch = 0; batch < 2; ++batch) {
    spark::Job job;
    job.id = 10 + batch;
    job.status = spark::JobStatus::kSucceeded;
    job.description = "clicks\nid = q\nrunId = r\nbatch = " + std::to_string(batch);
    job.submission_time = at(1800 + 10 * batch);
    job.completion_time = at(1804 + 10 * batch);
    run.apply_jobs({job}, at(1900));
  }
  spark::MetricsDump dump;
  dump.dropped_events["appStatus"] = 3;
  dump.streaming["clicks"] = {100.5, 250.0, 4000.0, 1'700'000'000'500.0, 12.0, 4096.0};
  run.apply_metrics(dump);
}

template <class Value>
std::size_t index(Value value) {
  return static_cast<std::size_t>(value);
}

void fill_outcomes(outcome::View& view) {
  using outcome::Component;
  auto running = outcome_of(outcome::State::kRunning);
  running.app_from = "label";
  running.kind = outcome::Kind::kStreaming;
  running.spark_version = "3.5.9";
  running.driver_pod = "sales-driver";
  running.node = "node-1";
  running.submitter = "etl";
  running.attempt = 2;
  running.max_attempts = 4;
  running.info_labels = {{"team", "data"}};
  running.submitted = at(990);
  running.verdict.started = at(1000);
  running.pods_known = true;
  running.pods[index(Component::kDriver)][index(kubernetes::Phase::kRunning)] = 1;
  running.pods[index(Component::kExecutor)][index(kubernetes::Phase::kRunning)] = 1;
  running.pods[index(Component::kExecutor)][index(kubernetes::Phase::kPending)] = 2;
  running.waiting[index(Component::kExecutor)][index(outcome::Waiting::kImagePull)] = 2;
  running.terminations[index(Component::kExecutor)][index(outcome::Termination::kOomKilled)] = 3;
  auto failed = outcome_of(outcome::State::kFailed, "spark-0");
  failed.driver_pod = "sales-0-driver";
  failed.node = "node-2";
  failed.pods_known = true;
  failed.verdict.reason = outcome::Reason::kUserError;
  failed.verdict.exit_code = 1;
  failed.verdict.exception = "java.lang.IllegalStateException";
  failed.verdict.started = at(100);
  failed.verdict.ended = at(700);
  failed.cost.emplace();
  failed.cost->currency = "EUR";
  cost::at(failed.cost->used, cost::Use::kTaskOk) = 1.25;
  cost::at(failed.cost->used, cost::Use::kIdle) = 0.5;
  failed.terminations[index(Component::kDriver)][index(outcome::Termination::kError)] = 1;
  view.runs = {failed, running};
  outcome::JobView job;
  job.kubernetes_namespace = "prod";
  job.app = "sales";
  job.runs = {5, 1, 2, 0};
  job.retries = 3;
  job.runs_cost["EUR"] = {8, 1.75, 0, 0};
  job.consecutive_failures = 1;
  job.last_success = at(50);
  job.last_failure = at(700);
  job.last_due = at(980);
  job.next_run = at(4580);
  job.deadline = at(2500);
  job.baseline = outcome::Baseline{5, 480.5, 1e9, 1.5, "EUR"};
  job.budget = cost::Budget{"", 300, cost::BudgetPeriod::kMonth};
  job.budget_currency = "EUR";
  job.spent.add(at(700), "EUR", 9.75);
  view.jobs = {job};
}

void fill_cost(cost::View& view) {
  using cost::Resource;
  using cost::Use;
  view.currency = "EUR";
  auto& driver = view.totals.paid[index(outcome::Component::kDriver)];
  cost::at(driver, Resource::kCpu) = 1;
  cost::at(driver, Resource::kMemory) = 0.5;
  auto& executors = view.totals.paid[index(outcome::Component::kExecutor)];
  cost::at(executors, Resource::kCpu) = 8;
  cost::at(executors, Resource::kMemory) = 2;
  cost::at(view.totals.used, Use::kTaskOk) = 6;
  cost::at(view.totals.used, Use::kGc) = 0.5;
  cost::at(view.totals.used, Use::kIdle) = 2;
  cost::at(view.totals.used, Use::kDriver) = 1.5;
  view.totals.unsettled = 1.5;
  view.totals.groups = {{"", 3.5}, {"nightly", 4}, {"other", 2.5}};
  view.per_hour = 12.25;
  view.projected = 20;
  view.budget = 25;
  view.memory_unused = 0.75;
  view.prices = {{"cpu", "m5.xlarge", "spot", 0.02}, {"memory", "m5.xlarge", "spot", 0.003}};
}

void fill_backups(backup::View& view) {
  using namespace std::chrono_literals;
  backup::BackupView orders;
  orders.kubernetes_namespace = "prod";
  orders.name = "orders";
  orders.is_backup = true;
  orders.runs = {30, 2, 1};
  orders.last_success = at(1500);
  orders.last_attempt = at(1900);
  orders.last_attempt_success = true;
  orders.running_since = at(1900);
  orders.duration_seconds = 300.5;
  orders.size_bytes = 1e9;
  orders.data = at(1200);
  orders.unprotected_since = at(1300);
  orders.rpo = 24h;
  orders.rto = 1h;
  orders.suspended = false;
  orders.last_due = at(1895);
  orders.next_due = at(2895);
  orders.verification = at(1000);
  orders.verification_success = true;
  orders.restore_seconds = 41.5;
  backup::BackupView unknown;
  unknown.kubernetes_namespace = "prod";
  unknown.name = "unknown";
  view.backups = {orders, unknown};
}

}  // namespace

std::shared_ptr<const quality::Ledger> ledger() {
  auto ledger = std::make_shared<quality::Ledger>();
  intake::QualityResult good;
  good.id = "1";
  good.dataset = "sales.customers";
  good.suite = "nightly";
  good.time = at(1000);
  good.success = true;
  count(good.checks, intake::CheckOutcome::kPassed) = 4;
  ledger->take(good, at(1001));
  intake::QualityResult bad = good;
  bad.dataset = "sales.orders";
  bad.success = false;
  count(bad.checks, intake::CheckOutcome::kFailed) = 2;
  count(bad.checks, intake::CheckOutcome::kErrored) = 1;
  count(bad.checks, intake::CheckOutcome::kWarned) = 1;
  count(bad.checks, intake::CheckOutcome::kSkipped) = 5;
  bad.rows = 1200;
  bad.quarantined_rows = 13;
  bad.latest_data = at(900);
  bad.null_ratios = {{"customer_id", 0.25}, {"order_id", 0}};
  bad.columns_left_out = 7;
  ledger->take(bad, at(1002));
  return ledger;
}

void fill(Scene& scene) {
  fill_backups(scene.backups());
  fill_cost(scene.cost());
  scene.advice() = {{}, "", 2'147'483'648, 402'653'184, 2, 3, 0.4};
  fill_outcomes(scene.outcomes());
  scene.snapshot().quality = {{"prod", "sales", ledger()}};
  scene.snapshot().deliveries[{"observer", "ok"}] = 1;
  scene.snapshot().final_scrapes = 2;
  auto& logs = scene.snapshot().logs.emplace();
  logs.kubernetes_namespace = "prod";
  logs.app = "sales";
  logs.app_id = "spark-1";
  logs.components[logs::Component::kDriver].messages[index(logs::Level::kWarn)] = 3;
  logs.components[logs::Component::kDriver].signatures[index(logs::Signature::kDiskFull)] = 2;
  logs.components[logs::Component::kDriver].skipped_bytes = 1024;
  fill_work(scene.run());
  fill_streaming(scene.run());
  auto one = with_gc(executor("1", 1500), 700, 80, 900);
  one.max_tasks = 4;
  one.active_tasks = 2;
  one.completed_tasks = 30;
  one.failed_tasks = 1;
  one.total_duration = spark::Millis{60'500};
  one.total_input_bytes = 1000;
  one.total_shuffle_read = 2000;
  one.total_shuffle_write = 3000;
  one.memory_used = 50;
  one.max_memory = 500;
  one.peak->jvm_heap_memory = 11;
  one.peak->jvm_off_heap_memory = 12;
  one.peak->on_heap_execution_memory = 13;
  one.peak->off_heap_execution_memory = 100;
  one.peak->on_heap_storage_memory = 14;
  one.peak->off_heap_storage_memory = 200;
  one.peak->process_tree_jvm_rss = 1000;
  one.peak->process_tree_python_rss = 500;
  scene.run().apply_executors({with_gc(executor("driver", 1000), 40, 0, 40), one}, at(1990));
  scene.run().set_environment({"17", {{"spark.master", "k8s://https://kubernetes:443"}}});
  auto& spark = scene.snapshot().sources["spark"];
  spark.up = true;
  spark.last_success = at(1995);
  spark.duration_seconds = 0.25;
  spark.errors[static_cast<std::size_t>(ErrorKind::kTimeout)] = 2;
}

}  // namespace spark_exporter::test
