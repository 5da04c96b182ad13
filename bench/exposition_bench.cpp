// The observer's exposition of 2,000 runs: what one scrape costs, in CPU and in memory.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>
#include <string>
#include <vector>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/exposition.hpp"

namespace {

using namespace spark_exporter;

constexpr int kRounds = 15;

outcome::TimePoint at(std::int64_t seconds) { return outcome::TimePoint{std::chrono::seconds{seconds}}; }

/// Half of the runs live, each with ten executors; the others have ended.
outcome::View view_of(int runs) {
  outcome::View view;
  for (int i = 0; i < runs; ++i) {
    const auto number = std::to_string(100000 + i);
    outcome::RunView run;
    run.kubernetes_namespace = "team-" + std::to_string(i % 40);
    run.app = "nightly-aggregation-" + number;
    run.app_from = "label";
    run.app_id = "spark-" + number + "f3a94c0d8e7b4a51";
    run.spark_version = "3.5.9";
    run.driver_pod = "nightly-aggregation-" + number + "-6f1c2a9be0d34871-driver";
    run.node = "node-" + std::to_string(i % 200);
    run.submitter = "spark-operator";
    run.attempt = 1;
    run.submitted = at(1'763'899'000 + i);
    run.verdict.started = at(1'763'899'010 + i);
    run.verdict.state = outcome::State::kRunning;
    run.pods_known = true;
    run.pods[0][2] = 1;
    run.pods[1][2] = 10;
    run.info_labels = {{"team", "data-" + std::to_string(i % 40)}, {"owner", "owner-" + std::to_string(i % 100)}};
    outcome::JobView job;
    job.kubernetes_namespace = run.kubernetes_namespace;
    job.app = run.app;
    job.runs = {static_cast<std::uint64_t>(i), 1, 2, 3};
    job.consecutive_failures = 0;
    job.last_success = at(1'763'800'000 + i);
    job.last_due = job.next_run = at(1'763'890'000);
    job.baseline = outcome::Baseline{20, 480.25 + i, 1e9 + i, std::nullopt, ""};
    view.runs.push_back(std::move(run));
    view.jobs.push_back(std::move(job));
  }
  return view;
}

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 2'000;
  auto view = view_of(runs);
  model::Snapshot snapshot;
  snapshot.outcomes = &view;
  snapshot.limits.series = limits::kDefaultObserverSeries;
  const auto names = metrics::collector_names();
  const std::set<std::string> enabled(names.begin(), names.end());
  metrics::DropCounters drops;
  metrics::Packer packer;
  std::vector<double> unchanged, changed;
  const double before = peak_megabytes();
  std::shared_ptr<const metrics::Exposition> latest;
  const auto publish = [&] {
    const double start = cpu_milliseconds();
    latest = std::make_shared<const metrics::Exposition>(
        metrics::render_packed(snapshot, enabled, drops, read_process_stats(), packer));
    return cpu_milliseconds() - start;
  };
  for (int round = 0; round < kRounds; ++round) {
    publish();
    unchanged.push_back(publish());
    // One of fifty runs gets or loses an executor between two scrapes.
    for (std::size_t i = static_cast<std::size_t>(round) % 50; i < view.runs.size(); i += 50) ++view.runs[i].pods[1][2];
    changed.push_back(publish());
  }
  const double packed_peak = peak_megabytes() - before;
  const auto cold = [&] {
    metrics::Packer fresh;
    const double start = cpu_milliseconds();
    const auto packed = metrics::render_packed(snapshot, enabled, drops, read_process_stats(), fresh);
    return cpu_milliseconds() - start;
  };
  std::vector<double> colds;
  for (int round = 0; round < kRounds; ++round) colds.push_back(cold());
  const auto series = std::count(latest->text().begin(), latest->text().end(), '\n');
  std::printf("%d runs, %zd lines, %zu bytes, gzip %zu bytes\n", runs, series, latest->text().size(),
              latest->gzip().size());
  std::printf(
      "CPU of one exposition (median of %d): first %.1f ms, 2%% of the runs changed %.1f ms, none %.1f ms; "
      "peak memory +%.1f MB\n",
      kRounds, median(colds), median(changed), median(unchanged), packed_peak);
}
