// What metering a large run's cost costs the sidecar: CPU of each poll, and memory. 1,000 executors that all worked
// since the poll before, 10,000 finished stages of 5,000 jobs in 20 groups, each executor with lost tasks.

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "exporter/app/cost_meter.hpp"

namespace {

using namespace spark_exporter;
using spark::Millis;

constexpr int kPolls = 200;
constexpr int kWarmUp = 20;
constexpr std::int64_t kInterval = 10'000;
constexpr double kGiB = 1024.0 * 1024 * 1024;

spark::TimePoint at(std::int64_t millis) { return spark::TimePoint{Millis{1'763'900'000'000 + millis}}; }

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double allocated_megabytes() { return static_cast<double>(mallinfo2().uordblks) / 1e6; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// A driver and its executors, which have all run tasks since the last call.
class Scene {
 public:
  Scene(int executors, int stages) : run(application(), at(0)) {
    run.set_environment({"", {{"spark.master", "k8s://https://api"}, {"spark.executor.memory", "8g"}}});
    crew_.push_back(executor("driver", 0));
    for (int i = 1; i <= executors; ++i) crew_.push_back(executor(std::to_string(i), 4));
    for (int i = 0; i < stages; ++i) finish(i);
    for (int i = 1; i <= executors; ++i) lose_a_task(i, stages);
    std::vector<app::HeldPod> all;
    for (const auto& one : crew_) {
      app::HeldPod pod;
      pod.id = one.id;
      pod.node = "node-" + std::to_string(all.size() / 10);
      pod.reservation = {4, 9 * kGiB, 0};
      pod.held_from = at(0);
      all.push_back(pod);
      facts_.nodes[pod.node] = traits(pod.node);
    }
    pods_ = std::move(all);
  }

  void poll(bool jobs_run) {
    now_ += kInterval;
    for (auto& one : crew_) {
      if (one.id == "driver") continue;
      one.total_duration += Millis{4 * kInterval - 2'000};
      one.total_gc_time += Millis{300};
      one.active_tasks = jobs_run ? 4 : 0;
    }
    run.apply_executors(crew_, at(now_));
    run.finish_poll();
  }

  /// As the sidecar tells its meter.
  app::CostFacts facts(bool with_pods) const {
    app::CostFacts facts = facts_;
    facts.run = &run;
    facts.app = "nightly";
    facts.kubernetes_namespace = "spark";
    facts.now = at(now_);
    if (with_pods) facts.pods = pods_;
    return facts;
  }

  model::Run run;

 private:
  static spark::Application application() {
    spark::Application out;
    out.id = "spark-1";
    out.start_time = at(0);
    return out;
  }

  static spark::Executor executor(std::string id, std::int64_t slots) {
    spark::Executor out;
    out.id = std::move(id);
    out.add_time = at(5'000);
    out.total_cores = out.max_tasks = slots;
    out.peak.emplace().jvm_heap_memory = std::int64_t{5} << 30;
    return out;
  }

  static cost::NodeTraits traits(const std::string& name) {
    cost::NodeTraits traits;
    traits.name = name;
    traits.instance_type = "m5.4xlarge";
    traits.region = "eu-west-1";
    traits.capacity = "spot";
    traits.cores = 16;
    traits.memory_bytes = 64 * kGiB;
    return traits;
  }

  void finish(int stage_id) {
    spark::Job job;
    job.id = stage_id / 2;
    job.status = spark::JobStatus::kSucceeded;
    job.group = "group " + std::to_string(job.id % 20);
    job.stage_ids = {job.id * 2, job.id * 2 + 1};
    if (stage_id % 2 == 0) run.apply_jobs({job}, at(0));
    spark::Stage stage;
    stage.id = stage_id;
    stage.status = spark::StageStatus::kComplete;
    stage.executor_run_time = Millis{1'000 + stage_id};
    stage.completed_tasks = stage.tasks = 100;
    run.apply_stages({stage});
    run.settle_groups();
  }

  void lose_a_task(int executor, int stages) {
    spark::Stage stage;
    stage.id = stages;
    stage.attempt = executor;
    stage.status = spark::StageStatus::kComplete;
    stage.failed_tasks = 1;
    run.apply_stages({stage});
    spark::Task task;
    task.id = executor;
    task.executor_id = std::to_string(executor);
    task.status = spark::TaskStatus::kFailed;
    task.duration = task.executor_run_time = Millis{500};
    run.apply_lost_tasks({stage.id, stage.attempt}, {task}, 250);
  }

  std::vector<spark::Executor> crew_;
  std::vector<app::HeldPod> pods_;
  app::CostFacts facts_;
  std::int64_t now_ = 0;
};

app::CostSettings settings() {
  cost::PriceEntry all, spot;
  all.core = 0.04;
  all.memory_gib = 0.005;
  spot.instance_type = "m5.*";
  spot.capacity = "spot";
  spot.node_hour = 0.3;
  app::CostSettings out;
  out.prices = cost::PriceBook("EUR", {}, {all, spot});
  return out;
}

struct Measured {
  double cpu_ms = 0, megabytes = 0;
};

Measured measure(Scene& scene, const app::CostSettings& prices, bool with_pods) {
  const double before = allocated_megabytes();
  auto meter = std::make_unique<app::CostMeter>();
  std::vector<double> took;
  for (int i = 0; i < kWarmUp + kPolls; ++i) {
    scene.poll(true);
    const double start = cpu_milliseconds();
    meter->feed(scene.facts(with_pods), prices);
    if (i >= kWarmUp) took.push_back(cpu_milliseconds() - start);
  }
  const double unsettled = meter->view()->totals.unsettled;
  if (!(unsettled > 0)) std::abort();  // it did its work
  return {median(took), allocated_megabytes() - before};
}

}  // namespace

int main(int argc, char** argv) {
  const int executors = argc > 1 ? std::atoi(argv[1]) : 1'000;
  const int stages = argc > 2 ? std::atoi(argv[2]) : 10'000;
  Scene scene(executors, stages);
  const auto prices = settings();
  const double before = allocated_megabytes();
  const auto work = std::make_unique<const model::WorkLedger>(scene.run.work().data());
  const double ledger = allocated_megabytes() - before;
  const auto by_spark = measure(scene, prices, false);
  const auto by_pods = measure(scene, prices, true);
  std::printf("%d executors, %d finished stages, median of %d polls\n", executors, stages, kPolls);
  std::printf("CPU of a poll, by Spark's answers  %.3f ms\n", by_spark.cpu_ms);
  std::printf("CPU of a poll, by pods and nodes  %.3f ms\n", by_pods.cpu_ms);
  std::printf("memory, groups and lost tasks  %.3f MB\n", ledger);
  std::printf("memory, meter and ledger  %.3f MB\n", std::max(by_spark.megabytes, by_pods.megabytes));
}
