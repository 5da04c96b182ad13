#pragma once
// A made-up fleet for measuring the observer's exposition.

#include <algorithm>
#include <chrono>
#include <string>

#include "exporter/outcome/view.hpp"

namespace spark_exporter::bench {

inline outcome::TimePoint at(std::int64_t seconds) { return outcome::TimePoint{std::chrono::seconds{seconds}}; }

/// Each with ten executors.
inline outcome::View many_runs(int runs) {
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

/// So many percent of the runs change, others in each round: all of a run's series that are no constant 0 or 1 of an
/// enumeration get a new value, so that the same share of all series does, or nearly.
inline void change(outcome::View& view, int percent, int round) {
  const auto runs = view.runs.size();
  const auto changed = percent >= 100 ? runs : std::max<std::size_t>(runs * static_cast<std::size_t>(percent) / 100, 1);
  const auto step = runs / changed;
  const auto count_all = [](auto& per_component) {
    for (auto& counts : per_component) {
      for (auto& count : counts) ++count;
    }
  };
  for (std::size_t i = static_cast<std::size_t>(round) % step; i < runs; i += step) {
    auto& run = view.runs[i];
    count_all(run.pods);
    count_all(run.waiting);
    for (auto& count : run.terminations[static_cast<std::size_t>(outcome::Component::kExecutor)]) ++count;
    run.submitted = run.verdict.started = at(1'763'900'000 + round);
    run.verdict.state = round / static_cast<int>(step) % 2 == 0 ? outcome::State::kPending : outcome::State::kRunning;
    auto& job = view.jobs[i];
    for (auto& count : job.runs) ++count;
    ++job.retries;
    if (job.consecutive_failures) ++*job.consecutive_failures;
    job.last_success = job.last_due = job.next_run = at(1'763'900'000 + round);
    if (job.baseline) {
      job.baseline->duration_seconds = job.baseline->input_bytes = 1e6 + round;
      ++job.baseline->runs;
    }
  }
}

}  // namespace spark_exporter::bench
