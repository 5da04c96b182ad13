#include "exporter/sizing/evidence.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "exporter/model/bounded.hpp"
#include "exporter/model/executor_memory.hpp"

namespace spark_exporter::sizing {
namespace {

using Properties = std::map<std::string, std::string>;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kDefaultHeap = 1024 * kMiB;  // spark.executor.memory
constexpr std::int64_t kDefaultInstances = 2;       // spark.executor.instances, on Kubernetes

double seconds(spark::Millis time) { return static_cast<double>(std::max<std::int64_t>(time.count(), 0)) / 1000; }

std::int64_t whole(const std::string& text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end && value > 0 ? value : 0;
}

double fraction(const std::string& text, double fallback) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end && value > 0 && value <= 1 ? value : fallback;
}

/// A size that may be absent or wrong: 0 then.
std::int64_t size(const model::Run& run, const char* key, std::int64_t unit) {
  return model::parse_size(run.property(key), unit).value_or(0);
}

bool is_local(const std::string& master) { return master == "local" || master.starts_with("local["); }
bool is_driver(const spark::Executor& executor) { return executor.id == "driver"; }

void read_reservation(const model::Run& run, Evidence& e) {
  if (!run.environment() || is_local(run.property("spark.master"))) return;
  e.dynamic_allocation = run.property("spark.dynamicAllocation.enabled") == "true";
  const std::string memory = run.property("spark.executor.memory");
  e.memory_bytes = memory.empty() ? kDefaultHeap : model::parse_size(memory, kMiB).value_or(0);
  if (run.property("spark.memory.offHeap.enabled") == "true") {
    e.off_heap_bytes = size(run, "spark.memory.offHeap.size", 1);
  }
  // Elsewhere than on Kubernetes overhead is reckoned as if it were there: it costs money just so.
  Properties properties = run.environment()->properties;
  properties["spark.master"] = "k8s://";
  const auto pod = model::executor_pod_memory(properties);
  if (run.property("spark.kubernetes.resource.type") == "python") {
    e.python_bytes = size(run, "spark.executor.pyspark.memory", kMiB);
  }
  if (pod && e.memory_bytes > 0) {
    e.overhead_bytes = std::max<std::int64_t>(0, *pod - e.memory_bytes - e.off_heap_bytes - e.python_bytes);
  }
  e.memory_fraction = fraction(run.property("spark.memory.fraction"), 0.6);

  const bool on_kubernetes = run.property("spark.master").starts_with("k8s://");
  e.cores = whole(run.property("spark.executor.cores"));
  e.instances = whole(run.property("spark.executor.instances"));
  std::int64_t live = 0;
  for (const auto* executor : run.executors().by_age_with_endings()) {
    if (is_driver(*executor)) continue;
    if (executor->is_active) ++live;
    if (e.cores == 0) e.cores = std::max<std::int64_t>(0, executor->total_cores);
  }
  if (e.cores == 0 && on_kubernetes) e.cores = 1;
  if (e.instances == 0 && on_kubernetes) e.instances = kDefaultInstances;
  // Those that were replaced do not count.
  if (e.instances == 0) e.instances = live > 0 ? live : run.executors().highs().told;
}

void read_peaks(const model::Run& run, Evidence& e) {
  const auto& highs = run.executors().highs();
  const auto known = [](std::int64_t value) {
    return value > 0 ? std::optional(static_cast<double>(value)) : std::nullopt;
  };
  e.executors_seen = highs.told;
  e.peak_heap = known(highs.heap);
  e.peak_off_heap = known(highs.off_heap);
  e.peak_process = known(highs.process);
  e.peak_storage = known(highs.storage);
  e.peak_execution = known(highs.execution);
  if (highs.tasks > 0) e.peak_tasks = highs.tasks;
}

/// Slot time by the clock: executors that are known by name, and what dead ones lived.
void read_slots(const model::Run& run, Evidence& e) {
  const auto uptime = run.executors().uptime_total();
  spark::Millis driver{0};
  std::int64_t slots = 0;
  for (const auto* executor : run.executors().by_age_with_endings()) {
    if (is_driver(*executor)) {
      if (executor->add_time && run.executors().as_of()) {
        driver = model::span_between(*executor->add_time, *run.executors().as_of());
      }
      continue;
    }
    slots = std::max(slots, executor->max_tasks);
  }
  if (uptime) e.slot_seconds = seconds(*uptime - std::min(driver, *uptime)) * static_cast<double>(slots);
}

/// The same from what was booked: all executors, to the second.
void read_money(const cost::View& cost, Evidence& e) {
  const auto paid = [&](cost::Use use) { return cost::at(cost.totals.used, use); };
  double tasks = 0;
  for (const auto use : {cost::Use::kTaskOk, cost::Use::kGc, cost::Use::kTaskFailed, cost::Use::kStageRetry,
                         cost::Use::kSpeculation, cost::Use::kKilled}) {
    tasks += paid(use);
  }
  if (tasks > 0 && std::isfinite(tasks)) {
    e.slot_seconds = e.task_seconds * (tasks + paid(cost::Use::kIdle)) / tasks;
    e.gc_seconds = e.task_seconds * paid(cost::Use::kGc) / tasks;
  }
  for (const auto& price : cost.prices) {
    if (price.resource == "cpu") e.core_price = std::max(e.core_price, price.per_hour);
    if (price.resource == "memory") e.gib_price = std::max(e.gib_price, price.per_hour);
  }
}

}  // namespace

Evidence evidence(const model::Run& run, const cost::View* cost) {
  Evidence e;
  const auto start = run.application().start_time.value_or(run.first_seen());
  if (const auto now = run.executors().as_of()) e.run_seconds = seconds(model::span_between(start, *now));
  read_reservation(run, e);
  read_peaks(run, e);

  const auto totals = run.stages().totals();
  e.task_seconds = seconds(spark::Millis{totals.run_time_ms});
  e.gc_seconds = seconds(spark::Millis{totals.gc_time_ms});
  e.tasks = model::bounded_sum(model::bounded_sum(totals.tasks_completed, totals.tasks_failed), totals.tasks_killed);
  e.longest_task_seconds = seconds(run.longest_task());
  e.memory_spilled_bytes = static_cast<double>(totals.memory_spilled_bytes);
  e.disk_spilled_bytes = static_cast<double>(totals.disk_spilled_bytes);
  e.shuffle_bytes = static_cast<double>(totals.shuffle_write_bytes);
  const auto removed = [&](model::RemovalReason reason) {
    return static_cast<std::int64_t>(run.executors().removals()[static_cast<std::size_t>(reason)]);
  };
  e.oom_kills = removed(model::RemovalReason::kOomKilled);
  e.heap_ooms = removed(model::RemovalReason::kJavaHeapOom);
  read_slots(run, e);
  if (cost != nullptr) read_money(*cost, e);
  if (e.core_price <= 0 && e.gib_price <= 0) {
    const cost::NodeWeights usual;
    e.core_price = usual.core;
    e.gib_price = usual.memory_gib;
  }
  return e;
}

}  // namespace spark_exporter::sizing
