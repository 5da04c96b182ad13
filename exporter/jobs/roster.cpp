#include "exporter/jobs/roster.hpp"

#include <algorithm>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/outcome/decide.hpp"

namespace spark_exporter::jobs {
namespace {

using outcome::Presence;

std::string map_key(const std::string& kubernetes_namespace, const std::string& name) {
  return kubernetes_namespace + '\0' + name;
}

Uid key_of(const kubernetes::Pod& pod) {
  return to_uid(pod.uid.empty() ? pod.namespace_name + '/' + pod.name : pod.uid);
}

}  // namespace

Roster::Roster(FleetOptions options)
    : options_(std::move(options)),
      executors_(limits::kExecutorPods),
      forgotten_(2 * limits::kRuns),
      synced_(options_.single_run) {}

// --- pods --------------------------------------------------------------------------------------

void Roster::begin_pods() {
  ++pod_mark_;
  executors_.begin_list();
}

bool Roster::is_driver(const kubernetes::Pod& pod) const {
  if (options_.single_run) return pod.namespace_name == own_namespace_ && pod.name == own_name_;
  return pod.label("spark-role") == "driver";
}

bool Roster::is_executor(const kubernetes::Pod& pod) const {
  return pod.label("spark-role") == "executor" && !pod.label("spark-app-selector").empty();
}

void Roster::put(const kubernetes::Pod& pod) {
  if (is_driver(pod)) return put_driver(pod);
  if (is_executor(pod) && !executors_.put(pod)) leave_out(key_of(pod));
}

void Roster::remove(const kubernetes::Pod& pod) {
  if (!is_driver(pod)) {
    if (is_executor(pod)) executors_.remove(pod);
    return;
  }
  put_driver(pod);
  auto* run = find(key_of(pod));
  if (run == nullptr) return;
  run->presence = Presence::kDeleted;
  run->facts();  // knows it, too
  if (!run->termination && run->evidence->pod) {
    run->termination = outcome::termination_reason(*run->evidence->pod, true);
  }
  ++changes_;
}

void Roster::end_pods() {
  for (auto& [key, run] : runs_) {
    if (run->presence != Presence::kPresent || run->mark == pod_mark_) continue;
    run->presence = Presence::kVanished;
    run->facts();
    if (!run->termination && run->evidence->pod) {
      run->termination = outcome::termination_reason(*run->evidence->pod, true);
    }
    ++changes_;
  }
  executors_.end_list();
}

void Roster::put_driver(const kubernetes::Pod& pod) {
  const Uid key = key_of(pod);
  if (forgotten_.has(key)) return;
  auto* application = application_of(pod);
  auto* run = run_of(pod, application);
  if (run == nullptr) return leave_out(key);
  run->mark = pod_mark_;
  if (run->presence != Presence::kDeleted) run->presence = Presence::kPresent;
  const std::string app_id = run->app_id;
  describe(*run, pod, options_.driver_container);
  set_app_id(*run, app_id);
  observe(*run, pod, options_.driver_container);
  read_last_words(*run, pod, options_.driver_container);
  if (!run->told_quality.empty()) told_quality_.push_back(key);
  link(*run, application);
  if (application != nullptr && application->facts) hear(*run, *application->facts);
  run->own_name = pod_name(pod, options_.job_name, options_.job_name_label);
  rename(*run);
  if (run->job == nullptr) return;
  ScheduleText text{annotation(pod, "schedule"), annotation(pod, "timezone"), annotation(pod, "deadline")};
  if (!text.schedule.empty()) run->job->annotated = std::move(text);
  if (auto datasets = annotation(pod, "dataset"); !datasets.empty()) run->job->datasets = std::move(datasets);
  if (auto budget = cost::parse_budget(annotation(pod, "budget"))) run->job->budget = std::move(budget);
}

// --- runs --------------------------------------------------------------------------------------

RunRecord* Roster::find(const Uid& key) {
  const auto found = runs_.find(key);
  return found == runs_.end() ? nullptr : found->second.get();
}

RunRecord* Roster::find_by_pod(const std::string& kubernetes_namespace, const std::string& pod) {
  RunRecord* found = nullptr;
  for (auto& [key, run] : runs_) {
    if (run->pod_name != pod || run->kubernetes_namespace != kubernetes_namespace) continue;
    if (found == nullptr || is_later(*run, *found)) found = run.get();
  }
  return found;
}

RunRecord* Roster::run_of(const kubernetes::Pod& pod, ApplicationRecord* application) {
  const Uid key = key_of(pod);
  if (auto* run = find(key)) return run;
  if (options_.single_run && !runs_.empty()) {
    auto& run = *runs_.begin()->second;
    rekey(run, key);
    return &run;
  }
  // The submission that this pod comes of.
  const auto submission = pod.label("sparkoperator.k8s.io/submission-id");
  if (application != nullptr) {
    for (auto* run : application->runs) {
      if (run->has_pod()) continue;
      const bool is_known = !submission.empty() && !run->submission_id.empty();
      // Once it is counted, nothing but its own pod is taken for it: the operator may be ahead of the pods.
      if (is_known ? submission != run->submission_id : run->counted) continue;
      rekey(*run, key);
      return run;
    }
  }
  return add_run(key);
}

RunRecord* Roster::add_run(const Uid& key) {
  if (runs_.size() >= limits::kRuns) return nullptr;
  auto run = std::make_unique<RunRecord>();
  run->key = key;
  auto* added = run.get();
  runs_.emplace(key, std::move(run));
  ++changes_;
  return added;
}

void Roster::rekey(RunRecord& run, const Uid& key) {
  auto node = runs_.extract(run.key);
  node.key() = key;
  run.key = key;
  runs_.insert(std::move(node));
  ++changes_;
}

void Roster::set_app_id(RunRecord& run, const std::string& before) {
  if (run.app_id == before) return;
  if (!before.empty()) executors_.release(ExecutorPods::group_name(run.kubernetes_namespace, before));
  run.executors = executors_.hold(ExecutorPods::group_name(run.kubernetes_namespace, run.app_id));
}

void Roster::leave_out(const Uid& uid) {
  if (refused_.size() >= limits::kExecutorPods) refused_.clear();
  if (refused_.insert(uid).second) ++left_out_;
}

// --- names -------------------------------------------------------------------------------------

JobRecord* Roster::job(const std::string& kubernetes_namespace, const std::string& app) {
  const auto key = map_key(kubernetes_namespace, app);
  if (const auto found = jobs_.find(key); found != jobs_.end()) return found->second.get();
  if (jobs_.size() >= limits::kJobs) {
    leave_out(to_uid(key));
    return nullptr;
  }
  auto added = std::make_unique<JobRecord>();
  added->kubernetes_namespace = kubernetes_namespace;
  added->app = app;
  added->mine = options_.single_run || options_.total_shards < 2 ||
                fnv1a(kubernetes_namespace + '/' + app) % options_.total_shards == options_.shard;
  return jobs_.emplace(key, std::move(added)).first->second.get();
}

/// Gives the run to the job that it is of, as far as that is known. Once counted it stays.
void Roster::rename(RunRecord& run) {
  if (run.counted && run.job != nullptr) return;
  auto name = run.own_name;
  if (run.application != nullptr) name = better(name, run.application->name);
  if (name.app.empty()) return;
  const bool is_same = run.job != nullptr && run.job->app == name.app;
  run.name = std::move(name);
  if (!is_same) {
    if (run.job != nullptr) std::erase(run.job->members, &run);
    run.job = job(run.kubernetes_namespace, run.name.app);
    if (run.job == nullptr) return;
    run.job->members.push_back(&run);
    ++changes_;
  }
  if (run.submitted) run.job->first_seen = std::min(run.job->first_seen.value_or(*run.submitted), *run.submitted);
  if (run.application == nullptr) return;
  if (!run.application->annotated.schedule.empty()) run.job->annotated = run.application->annotated;
  if (!run.application->datasets.empty()) run.job->datasets = run.application->datasets;
  if (run.application->schedule.empty()) return;
  const auto schedule = schedules_.find(map_key(run.kubernetes_namespace, run.application->schedule));
  if (schedule != schedules_.end()) schedule->second.job = run.name.app;
}

// --- what others tell --------------------------------------------------------------------------

void Roster::own_pod(const std::string& kubernetes_namespace, const std::string& name) {
  own_namespace_ = kubernetes_namespace;
  own_name_ = name;
}

/// single_run: a pod's end is that of every SparkContext in it; without one each application is a run of its own.
RunRecord* Roster::own_run(const RestFacts& facts, TimePoint now) {
  constexpr Uid kOwn{0, 1};  // until a pod's is known
  if (runs_.empty()) return add_run(kOwn);
  auto& run = *runs_.begin()->second;
  if (run.has_pod() || run.app_id.empty() || facts.app_id.empty() || run.app_id == facts.app_id) return &run;
  if (!run.counted) {  // its end fell between two answers
    run.rest_over = true;
    run.facts();
    decide(run, now);
    conclude(run, now);
  }
  erase(run);
  return add_run(kOwn);
}

void Roster::rest_says(const RestFacts& facts, TimePoint now) {
  RunRecord* run = nullptr;
  if (options_.single_run) {
    run = own_run(facts, now);
    if (!run->has_pod()) run->kubernetes_namespace = facts.kubernetes_namespace;
    if (!run->has_pod() && !facts.driver_pod.empty()) run->pod_name = facts.driver_pod;
    if (!run->submitted) run->submitted = facts.started;
    if (!run->has_pod() && facts.started) run->told_start = facts.started;
  } else {
    run = find_by_pod(facts.kubernetes_namespace, facts.driver_pod);
  }
  if (run == nullptr) return;
  const std::string app_id = run->app_id;
  if (!facts.app_id.empty() && (run->app_id.empty() || !run->has_pod())) run->app_id = facts.app_id;
  set_app_id(*run, app_id);
  if (!facts.spark_version.empty()) run->spark_version = facts.spark_version;
  if (!facts.submitter.empty()) run->submitter = facts.submitter;
  if (facts.kind != outcome::Kind::kBatch) run->seen_kind = facts.kind;
  if (facts.executors_wanted) run->executors_wanted = facts.executors_wanted;
  if (facts.input_bytes) run->input_bytes = facts.input_bytes;
  auto& evidence = run->facts();
  evidence.rest_answers = facts.answers;
  evidence.clues = facts.clues;
  run->rest_over = facts.over;
  if (!run->has_pod() || run->own_name.app.empty()) run->own_name = {facts.app, facts.app_from};
  rename(*run);
}

void Roster::run_cost(const cost::Final& cost) {
  if (runs_.empty()) return;
  auto& run = *runs_.begin()->second;
  if (!run.cost_counted) run.cost = std::make_unique<const cost::Final>(cost);
}

Result<void> Roster::take(const outcome::LastWordsMessage& message) {
  RunRecord* run = nullptr;
  if (!message.pod_uid.empty()) {
    const Uid key = to_uid(message.pod_uid);
    if (forgotten_.has(key)) return boost::system::in_place_value;
    run = find(key);
  } else {
    run = find_by_pod(message.kubernetes_namespace, message.pod);
  }
  if (run == nullptr)
    return Error{ErrorKind::kNotFound, "no run of pod " + message.kubernetes_namespace + '/' + message.pod};
  const std::string app_id = run->app_id;
  take_last_words(*run, message);
  if (!run->told_quality.empty()) told_quality_.push_back(run->key);
  set_app_id(*run, app_id);
  if (run->counted && run->ended && run->verdict.state == outcome::State::kSucceeded && run->job != nullptr) {
    run->job->note_input(*run->ended, run->input_bytes);
  }
  ++changes_;
  return boost::system::in_place_value;
}

/// What last words say of datasets goes to the job as soon as it is known.
void Roster::hear_quality(TimePoint now) {
  for (const auto& key : std::exchange(told_quality_, {})) {
    auto* const run = find(key);
    if (run == nullptr || run->told_quality.empty()) continue;
    if (run->job == nullptr) {
      told_quality_.push_back(key);
      continue;
    }
    if (run->job->mine && run->job->take_quality(run->told_quality, now) > 0) ++changes_;
    run->told_quality = {};
  }
}

Result<std::size_t> Roster::take_quality(const PodIdentity& pod, const std::vector<quality::QualityResult>& results,
                                         TimePoint now) {
  RunRecord* run = pod.uid.empty() ? nullptr : find(to_uid(pod.uid));
  if (run == nullptr) run = find_by_pod(pod.kubernetes_namespace, pod.name);
  if (run == nullptr || run->job == nullptr || !run->job->mine) {
    return Error{ErrorKind::kNotFound, "no run of pod " + pod.kubernetes_namespace + '/' + pod.name};
  }
  ++changes_;
  return run->job->take_quality(results, now);
}

Result<std::size_t> Roster::take_quality(const std::string& kubernetes_namespace, const std::string& app,
                                         const std::vector<quality::QualityResult>& results, TimePoint now) {
  auto* const named = job(kubernetes_namespace, app);
  if (named == nullptr) return Error{ErrorKind::kTooLarge, "more jobs than are kept"};
  if (!named->mine) return Error{ErrorKind::kNotFound, "the job is of another shard"};
  ++changes_;
  return named->take_quality(results, now);
}

// --- from the state file -----------------------------------------------------------------------

JobRecord* Roster::restore_job(const std::string& kubernetes_namespace, const std::string& app) {
  return job(kubernetes_namespace, app);
}

void Roster::restore_run(std::unique_ptr<RunRecord> run, const std::string& application_uid,
                         const ExecutorPods::Saved& executors) {
  if (runs_.size() >= limits::kRuns) return leave_out(run->key);
  auto& added = *run;
  if (!runs_.emplace(added.key, std::move(run)).second) return;
  added.was_restored = true;
  if (!application_uid.empty()) link(added, &application(application_uid));
  if (!added.app_id.empty()) {
    const auto group = ExecutorPods::group_name(added.kubernetes_namespace, added.app_id);
    executors_.restore(group, executors);
    added.executors = executors_.hold(group);
  }
  if (added.name.app.empty()) return;
  added.job = job(added.kubernetes_namespace, added.name.app);
  if (added.job != nullptr) added.job->members.push_back(&added);
}

}  // namespace spark_exporter::jobs
