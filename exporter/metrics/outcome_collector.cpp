// What became of runs and jobs, from outcome::View: written by the observer for all jobs of its shard, or by a sidecar
// that is the owner for its own run (--outcome.owner), never by both.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/metrics/collectors.hpp"
#include "exporter/metrics/units.hpp"

namespace spark_exporter::metrics {
namespace {

using outcome::Component;
using outcome::State;

/// A run or job and how its lines begin.
template <class View>
struct Shown {
  const View* view;
  Identity identity;
};
using Run = Shown<outcome::RunView>;
using Job = Shown<outcome::JobView>;

Identity identity_of(const outcome::RunView& run) { return {run.kubernetes_namespace, run.app, run.app_id}; }
Identity identity_of(const outcome::JobView& job) { return {job.kubernetes_namespace, job.app}; }

/// All of `views`; of those with the same identity, which would be the same series, the last one.
template <class View>
std::vector<Shown<View>> shown(const std::vector<View>& views) {
  std::vector<Shown<View>> all;
  all.reserve(views.size());
  std::unordered_map<std::string, std::size_t> places;
  places.reserve(views.size());
  for (const auto& view : views) {
    auto identity = identity_of(view);
    const auto [place, is_new] = places.try_emplace(identity.labels(), all.size());
    if (is_new) {
      all.push_back({&view, std::move(identity)});
    } else {
      all[place->second].view = &view;
    }
  }
  return all;
}

/// A sample of each for which `value_of` knows one.
template <class View, class ValueOf>
void write_known(Families& families, const std::vector<Shown<View>>& all, ValueOf value_of) {
  for (const auto& [view, identity] : all) {
    if (const std::optional<double> value = value_of(*view)) families.write(identity, {}, *value);
  }
}

std::optional<double> known(const std::optional<outcome::TimePoint>& time) {
  if (!time) return std::nullopt;
  return timestamp(*time);
}

template <class Count>
std::optional<double> known_count(const std::optional<Count>& count) {
  if (!count) return std::nullopt;
  return static_cast<double>(*count);
}

std::optional<double> status(State state) {
  switch (state) {
    case State::kPending:
    case State::kRunning:
    case State::kRetrying: return 0;
    case State::kSucceeded: return 1;
    case State::kFailed: return 2;
    case State::kCancelled:
    case State::kUnknown: break;
  }
  return std::nullopt;
}

bool may_have_pods(State state) { return !outcome::is_final(state) && state != State::kUnknown; }

/// Of a run, or of an attempt that another one follows.
bool has_ended(State state) { return state != State::kPending && state != State::kRunning; }

/// Labels of an info family: what is not known is left out, and one whose name is taken gets a prefix.
class InfoLabels {
 public:
  void add(const char* name, std::string_view value) {
    ours_.emplace_back(name);
    if (!value.empty()) labels_.emplace_back(name, value);
  }
  void add(const char* name, const std::optional<std::int64_t>& value) {
    add(name, value ? std::to_string(*value) : std::string());
  }
  void add_foreign(std::string name, const std::string& value) {
    if (value.empty()) return;
    while (is_taken(name)) name.insert(0, "label_");
    labels_.emplace_back(std::move(name), value);
  }
  const std::vector<LabelPair>& all() const { return labels_; }

 private:
  bool is_taken(std::string_view name) const {
    return std::find(ours_.begin(), ours_.end(), name) != ours_.end() ||
           std::any_of(labels_.begin(), labels_.end(), [&](const LabelPair& other) { return other.first == name; });
  }

  std::vector<std::string_view> ours_{"namespace", "app", "app_id"};
  std::vector<LabelPair> labels_;
};

void collect_states(const std::vector<Run>& runs, Families& families) {
  families.gauge("spark_job_status",
                 "0 while the run is pending, running or has a finite retry to come, 1 succeeded, 2 failed for good; "
                 "absent when it was cancelled or nobody can tell. From the end of the driver's container.");
  write_known(families, runs, [](const auto& run) { return status(run.verdict.state); });
  families.gauge("spark_job_state",
                 "1 for the state that the run is in, 0 for the others. From the end of the driver's container.",
                 {"state"});
  for (const auto& [run, identity] : runs) {
    for (int state = 0; state < outcome::kStates; ++state) {
      const auto each = static_cast<State>(state);
      families.write(identity, {to_string(each)}, each == run->verdict.state ? 1 : 0);
    }
  }
}

void collect_infos(const std::vector<Run>& runs, Families& families) {
  families.gauge("spark_job_info",
                 "Always 1; the labels say what the run is. From the driver's pod, its SparkApplication and "
                 "GET /applications.");
  for (const auto& [run, identity] : runs) {
    InfoLabels labels;
    labels.add("kind", to_string(run->kind));
    labels.add("spark_version", run->spark_version);
    labels.add("driver_pod", run->driver_pod);
    labels.add("node", run->node);
    labels.add("submitter", run->submitter);
    labels.add("attempt", run->attempt);
    labels.add("max_attempts", run->max_attempts);
    labels.add("app_from", run->app_from);
    for (const auto& [name, value] : run->info_labels) labels.add_foreign(name, value);
    families.write_info(identity, labels.all());
  }
  families.gauge("spark_job_failure_info",
                 "Always 1, of failed runs; the labels say why. From the driver's container, its pod's conditions, "
                 "its SparkApplication and Spark's last failed stage.");
  for (const auto& [run, identity] : runs) {
    const auto& verdict = run->verdict;
    if (verdict.state != State::kFailed) continue;
    const auto reason = verdict.reason == outcome::Reason::kNone ? outcome::Reason::kUnknown : verdict.reason;
    InfoLabels labels;
    labels.add("reason", to_string(reason));
    labels.add("exit_code", verdict.exit_code);
    labels.add("exception", verdict.exception);
    labels.add("driver_pod", run->driver_pod);
    labels.add("node", run->node);
    families.write_info(identity, labels.all());
  }
}

void collect_times(const std::vector<Run>& runs, Families& families) {
  families.gauge("spark_job_submission_timestamp_seconds",
                 "When the run was submitted. From its SparkApplication or the creation of its driver's pod.");
  write_known(families, runs, [](const auto& run) { return known(run.submitted); });
  families.gauge("spark_job_start_timestamp_seconds", "When the driver started. From its container's status.");
  write_known(families, runs, [](const auto& run) { return known(run.verdict.started); });
  const auto end = [](const outcome::RunView& run) {
    return has_ended(run.verdict.state) ? run.verdict.ended : std::nullopt;
  };
  families.gauge("spark_job_end_timestamp_seconds", "When the driver ended. From its container's status.");
  write_known(families, runs, [&](const auto& run) { return known(end(run)); });
  families.gauge("spark_job_duration_seconds",
                 "From the start to the end of the driver, of ended runs. From its container's status.");
  write_known(families, runs, [&](const auto& run) -> std::optional<double> {
    const auto ended = end(run);
    if (!ended || !run.verdict.started) return std::nullopt;
    return std::max(0.0, std::chrono::duration<double>(*ended - *run.verdict.started).count());
  });
}

constexpr std::array<Component, outcome::kComponents> kComponentList = {Component::kDriver, Component::kExecutor};

void collect_pods(const std::vector<Run>& runs, Families& families) {
  families.gauge("spark_job_pods", "Pods of the run by phase, until it ends. From status.phase.",
                 {"component", "phase"});
  for (const auto& [run, identity] : runs) {
    if (!run->pods_known || !may_have_pods(run->verdict.state)) continue;
    for (const auto component : kComponentList) {
      const auto& counts = run->pods[static_cast<std::size_t>(component)];
      for (std::size_t phase = 0; phase < counts.size(); ++phase) {
        families.write(identity, {to_string(component), outcome::to_string(static_cast<kubernetes::Phase>(phase))},
                       counts[phase]);
      }
    }
  }
  families.gauge("spark_job_pods_waiting",
                 "Pods of the run that are wanted and do not run, by what they wait for, now. From "
                 "status.conditions and status.containerStatuses.",
                 {"component", "reason"});
  for (const auto& [run, identity] : runs) {
    if (!run->pods_known || !may_have_pods(run->verdict.state)) continue;
    for (const auto component : kComponentList) {
      const auto& counts = run->waiting[static_cast<std::size_t>(component)];
      for (std::size_t reason = 0; reason < counts.size(); ++reason) {
        families.write(identity, {to_string(component), to_string(static_cast<outcome::Waiting>(reason))},
                       counts[reason]);
      }
    }
  }
}

void collect_terminations(const std::vector<Run>& runs, Families& families) {
  families.counter("spark_job_pod_terminations_total",
                   "Pods of the run that ended, by cause. From status.containerStatuses, status.conditions and "
                   "status.reason.",
                   {"component", "reason"});
  for (const auto& [run, identity] : runs) {
    if (!run->pods_known) continue;
    for (const auto component : kComponentList) {
      const auto& counts = run->terminations[static_cast<std::size_t>(component)];
      for (std::size_t reason = 0; reason < counts.size(); ++reason) {
        // A driver ends once: its increase is never asked for.
        if (component == Component::kDriver && counts[reason] == 0) continue;
        families.write(identity, {to_string(component), to_string(static_cast<outcome::Termination>(reason))},
                       static_cast<double>(counts[reason]));
      }
    }
  }
}

void collect_run_costs(const std::vector<Run>& runs, Families& families) {
  families.gauge("spark_job_run_cost", "What the ended run cost, by use, when it ended. From its last words.",
                 {"use", "currency"});
  for (const auto& [run, identity] : runs) {
    if (!run->cost) continue;
    for (std::size_t i = 0; i < cost::kUses; ++i) {
      families.write(identity, {cost::to_string(static_cast<cost::Use>(i)), run->cost->currency}, run->cost->used[i]);
    }
  }
}

void collect_history(const std::vector<Job>& jobs, Families& families) {
  families.counter("spark_job_runs_total", "Ended runs of the job, each once.", {"outcome"});
  for (const auto& [job, identity] : jobs) {
    for (std::size_t i = 0; i < outcome::kEndStates.size(); ++i) {
      families.write(identity, {to_string(outcome::kEndStates[i])}, static_cast<double>(job->runs[i]));
    }
  }
  families.counter("spark_job_runs_cost_total", "What the job's ended runs cost, each once. From their last words.",
                   {"outcome", "currency"});
  for (const auto& [job, identity] : jobs) {
    for (const auto& [currency, sums] : job->runs_cost) {
      for (std::size_t i = 0; i < sums.size(); ++i) {
        families.write(identity, {to_string(outcome::kEndStates[i]), currency}, sums[i]);
      }
    }
  }
  families.counter("spark_job_retries_total", "Attempts beyond the first of the job's runs.");
  for (const auto& [job, identity] : jobs) families.write(identity, {}, static_cast<double>(job->retries));
  families.gauge("spark_job_consecutive_failures", "Failed runs of the job since its last good one.");
  write_known(families, jobs, [](const auto& job) { return known_count(job.consecutive_failures); });
  families.gauge("spark_job_last_success_timestamp_seconds", "When a run of the job last ended well.");
  write_known(families, jobs, [](const auto& job) { return known(job.last_success); });
  families.gauge("spark_job_last_failure_timestamp_seconds", "When a run of the job last failed for good.");
  write_known(families, jobs, [](const auto& job) { return known(job.last_failure); });
}

void collect_schedule(const std::vector<Job>& jobs, Families& families) {
  families.gauge("spark_job_last_due_timestamp_seconds",
                 "When the job should last have begun. From its ScheduledSparkApplication or the annotation "
                 "spark-exporter.io/schedule.");
  write_known(families, jobs, [](const auto& job) { return known(job.last_due); });
  families.gauge("spark_job_next_run_timestamp_seconds",
                 "When the job should next begin. From its ScheduledSparkApplication or the annotation "
                 "spark-exporter.io/schedule.");
  write_known(families, jobs, [](const auto& job) { return known(job.next_run); });
  families.gauge("spark_job_deadline_timestamp_seconds",
                 "When the job's present run must have ended. From the annotation spark-exporter.io/deadline.");
  write_known(families, jobs, [](const auto& job) { return known(job.deadline); });
}

void collect_baselines(const std::vector<Job>& jobs, Families& families) {
  families.gauge("spark_job_baseline_duration_seconds", "Median duration of the job's last good runs.");
  write_known(families, jobs,
              [](const auto& job) { return job.baseline ? job.baseline->duration_seconds : std::nullopt; });
  families.gauge("spark_job_baseline_input_bytes", "Median input of the job's last good runs.");
  write_known(families, jobs, [](const auto& job) { return job.baseline ? job.baseline->input_bytes : std::nullopt; });
  families.gauge("spark_job_baseline_cost", "Median cost of the job's last good runs.");
  write_known(families, jobs, [](const auto& job) { return job.baseline ? job.baseline->cost : std::nullopt; });
  families.gauge("spark_job_baseline_runs", "Good runs that the job's medians are of.");
  write_known(families, jobs, [](const auto& job) -> std::optional<double> {
    if (!job.baseline) return std::nullopt;
    return static_cast<double>(job.baseline->runs);
  });
}

void collect_budgets(const std::vector<Job>& jobs, kubernetes::TimePoint now, Families& families) {
  families.gauge("spark_job_budget",
                 "What the job may cost in a period. From the annotation spark-exporter.io/budget or cost.budgets.",
                 {"period", "currency"});
  for (const auto& [job, identity] : jobs) {
    if (!job->budget) continue;
    families.write(identity, {to_string(job->budget->period), job->budget_currency}, job->budget->amount);
  }
  families.gauge("spark_job_budget_spent",
                 "What the job's runs cost that ended in the present day, week (from Monday) or month, UTC. From their "
                 "last words.",
                 {"period", "currency"});
  for (const auto& [job, identity] : jobs) {
    if (!job->budget || job->budget->period == cost::BudgetPeriod::kRun) continue;
    families.write(identity, {to_string(job->budget->period), job->budget_currency},
                   job->spent.of(job->budget->period, job->budget_currency, now));
  }
}

}  // namespace

void collect_outcomes(const model::Snapshot& snapshot, Families& families) {
  if (snapshot.outcomes == nullptr) return;
  const auto runs = shown(snapshot.outcomes->runs);
  collect_states(runs, families);
  collect_infos(runs, families);
  collect_times(runs, families);
  collect_pods(runs, families);
  collect_terminations(runs, families);
  collect_run_costs(runs, families);
  const auto jobs = shown(snapshot.outcomes->jobs);
  collect_history(jobs, families);
  collect_schedule(jobs, families);
  collect_baselines(jobs, families);
  collect_budgets(jobs, snapshot.now, families);
}

}  // namespace spark_exporter::metrics
