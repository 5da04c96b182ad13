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

#include "bench/many_runs.hpp"
#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/exposition.hpp"

namespace {

using namespace spark_exporter;

constexpr int kRounds = 15;

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
  auto view = bench::many_runs(runs);
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
