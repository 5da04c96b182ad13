#include "exporter/spark/run_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "exporter/spark/cost.hpp"

namespace spark_exporter::spark {
namespace {

constexpr auto kSlowPeriod = std::chrono::seconds{55};  // a little under a minute: six intervals of ten seconds

bool breaks_off(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kResolve:
    case ErrorKind::kConnect:
    case ErrorKind::kTimeout:
    case ErrorKind::kReset:
    case ErrorKind::kTls:
    case ErrorKind::kRedirect:
    case ErrorKind::kUnauthorized:
    case ErrorKind::kForbidden:
    case ErrorKind::kNotFound:
    case ErrorKind::kStarting:
    case ErrorKind::kCancelled: return true;
    default: return false;
  }
}

Result<void> ok() { return boost::system::in_place_value; }

}  // namespace

RunReader::RunReader(RestClient& rest, model::Run& run, OnError on_error)
    : rest_(rest), run_(run), on_error_(std::move(on_error)), joining_(run.jobs().next_id() == 0) {
  rest_.use_application(run_.application().id);
}

Result<void> RunReader::settle(const Error& error) {
  complete_ = false;
  if (breaks_off(error.kind)) return error;
  on_error_(error);
  return ok();
}

void RunReader::evicted(std::size_t count, const char* what) {
  if (count == 0) return;
  on_error_({ErrorKind::kEvicted, std::to_string(count) + " " + what +
                                      " ended and were forgotten by Spark before they were read: a shorter "
                                      "--spark.interval or larger spark.ui.retained* loses none"});
}

std::size_t RunReader::retained(std::size_t seen, const char* property) const {
  constexpr std::size_t kSparksDefault = 1000;
  std::size_t bound = kSparksDefault;
  const auto text = run_.property(property);
  std::from_chars(text.data(), text.data() + text.size(), bound);
  return std::min(seen, bound);
}

Result<void> RunReader::poll(TimePoint now, SteadyTime steady_now, Depth depth) {
  complete_ = true;
  if (!cheap_) just_ended_.clear();
  cheap_ = depth == Depth::kCheap && !full_;
  slow_ = !cheap_ && (!last_slow_ || steady_now - *last_slow_ >= kSlowPeriod);
  jobs_changed_ = full_;
  stages_ended_ = 0;
  using Step = Result<void> (RunReader::*)();
  const auto with_time = [&](Result<void> (RunReader::*step)(TimePoint)) { return (this->*step)(now); };

  const bool was_full = full_;
  if (auto done = with_time(&RunReader::read_jobs); done.has_error()) return gap(), done;
  ran_ = ran_ || active_;
  sql_due_ = sql_due_ || active_;
  if (auto done = with_time(&RunReader::read_executors); done.has_error()) return gap(), done;
  for (const Step step :
       {&RunReader::read_stages, &RunReader::read_lost_tasks, &RunReader::read_environment, &RunReader::read_metrics,
        &RunReader::read_sql, &RunReader::read_sql_writes, &RunReader::read_dstreams, &RunReader::read_rdds}) {
    if (auto done = (this->*step)(); done.has_error()) return gap(), done;
  }
  if (!cheap_) {
    if (auto done = with_time(&RunReader::read_skew); done.has_error()) return gap(), done;
  }
  run_.finish_poll();
  if (slow_) {
    last_slow_ = steady_now;
    ran_ = false;
  }
  if (was_full && complete_) full_ = false;
  if (!complete_) full_ = true;
  joining_ = false;
  return ok();
}

// --- jobs -----------------------------------------------------------------------------------------------------

void RunReader::apply_jobs(std::vector<Job> jobs, TimePoint now) {
  if (!jobs.empty()) active_ = true;
  const auto known = run_.jobs().next_id();
  const auto running = run_.jobs().running().size();
  run_.apply_jobs(std::move(jobs), now);
  jobs_changed_ = jobs_changed_ || run_.jobs().next_id() != known || run_.jobs().running().size() != running;
}

Result<void> RunReader::read_jobs(TimePoint now) {
  active_ = full_ || !run_.jobs().running().empty();
  if (full_) return read_all_jobs(now);

  std::vector<std::int64_t> unread;
  if (!run_.jobs().running().empty()) {
    const auto next_id = run_.jobs().next_id();
    auto running = rest_.running_jobs();
    if (running.has_error()) return settle(running.error());
    std::set<std::int64_t> listed;
    for (const auto& job : *running) listed.insert(job.id);
    for (const auto& [id, job] : run_.jobs().running()) {
      if (!listed.contains(id)) unread.push_back(id);
    }
    apply_jobs(std::move(*running), now);
    for (auto id = next_id; id < run_.jobs().next_id(); ++id) {
      if (!listed.contains(id)) unread.push_back(id);
    }
  }
  if (cost::list_jobs(unread.size(), retained(retained_jobs_, "spark.ui.retainedJobs"))) return read_all_jobs(now);
  if (auto done = read_job_ids(unread, now); done.has_error()) return done;
  auto many_more = probe_next_jobs(now);
  if (many_more.has_error()) return settle(many_more.error());
  const bool hidden = run_.jobs().next_id() + phantom_jobs_ < expected_jobs_;
  if (*many_more || hidden) return read_all_jobs(now);
  return ok();
}

Result<void> RunReader::read_job_ids(const std::vector<std::int64_t>& ids, TimePoint now) {
  std::size_t lost = 0;
  for (const auto id : ids) {
    auto job = rest_.job(id);
    if (job) {
      apply_jobs({std::move(*job)}, now);
    } else if (job.error().kind != ErrorKind::kNotFound) {
      return settle(job.error());
    } else if (run_.jobs().running().contains(id)) {
      run_.lose_job(id);
      ++lost;
    }
  }
  evicted(lost, "jobs");
  return ok();
}

/// Asks for the next ids until one is unknown. Returns true if there are so many that the list is cheaper.
Result<bool> RunReader::probe_next_jobs(TimePoint now) {
  for (std::size_t asked = 1;; ++asked) {
    auto job = rest_.job(run_.jobs().next_id());
    if (job.has_error()) {
      if (job.error().kind == ErrorKind::kNotFound) return false;
      return job.error();
    }
    apply_jobs({std::move(*job)}, now);
    ++retained_jobs_;
    if (cost::list_jobs(asked + 1, retained(retained_jobs_, "spark.ui.retainedJobs"))) return true;
  }
}

Result<void> RunReader::read_all_jobs(TimePoint now) {
  const auto known_until = run_.jobs().next_id();
  std::set<std::int64_t> listed;
  auto jobs = rest_.jobs([&](const Job& job) {
    listed.insert(job.id);
    return !run_.jobs().is_final(job.id);
  });
  if (jobs.has_error()) return settle(jobs.error());
  retained_jobs_ = listed.size();
  apply_jobs(std::move(*jobs), now);

  std::vector<std::int64_t> gone;
  for (const auto& [id, job] : run_.jobs().running()) {
    if (!listed.contains(id)) gone.push_back(id);
  }
  for (const auto id : gone) run_.lose_job(id);
  auto lost = gone.size();
  // Never seen, and older than all that Spark still has. (Joining late is no loss: nothing was counted before.)
  if (!listed.empty() && known_until > 0 && *listed.begin() > known_until) {
    lost += static_cast<std::size_t>(*listed.begin() - known_until);
  }
  evicted(lost, "jobs");
  phantom_jobs_ = std::max<std::int64_t>(0, expected_jobs_ - run_.jobs().next_id());
  return ok();
}

// --- stages ---------------------------------------------------------------------------------------------------

void RunReader::apply_stages(const Stages& stages) {
  for (const auto& stage : stages) {
    const bool ended = stage.status == StageStatus::kComplete || stage.status == StageStatus::kFailed ||
                       stage.status == StageStatus::kSkipped;
    if (!ended || run_.stages().is_settled(stage)) continue;
    ++stages_ended_;
    if (!joining_)
      just_ended_.emplace_back(model::StageLedger::Key{stage.id, stage.attempt}, model::StageTotals::of(stage));
  }
  run_.apply_stages(stages);
}

Result<void> RunReader::read_stages() {
  if (full_) return read_all_stages();
  if (!run_.jobs().running().empty() || !run_.stages().live().empty()) {
    auto active = rest_.active_stages();
    if (active.has_error()) return settle(active.error());
    std::set<model::StageLedger::Key> listed;
    for (const auto& stage : *active) listed.insert({stage.id, stage.attempt});
    apply_stages(*active);
    for (const auto& [key, live] : run_.stages().live()) {
      if (!listed.contains(key)) run_.owe_stage(key.first);
    }
  }
  const auto owed = run_.owed_stages().size();
  if (owed == 0) return ok();
  const bool list = cost::list_stages(owed, retained(retained_stages_, "spark.ui.retainedStages"));
  return list ? read_all_stages() : read_owed_stages();
}

Result<void> RunReader::read_owed_stages() {
  const std::vector<std::int64_t> owed(run_.owed_stages().begin(), run_.owed_stages().end());
  std::size_t lost = 0;
  for (const auto id : owed) {
    auto attempts = rest_.stage_attempts(id);
    if (attempts) {
      apply_stages(*attempts);
      ++retained_stages_;
    } else if (attempts.error().kind == ErrorKind::kNotFound) {
      run_.lose_stage(id);
      ++lost;
    } else {
      return settle(attempts.error());
    }
  }
  evicted(lost, "stages");
  return ok();
}

Result<void> RunReader::read_all_stages() {
  std::set<std::int64_t> listed;
  auto stages = rest_.stages([&](const Stage& stage) {
    listed.insert(stage.id);
    return !run_.stages().is_settled(stage) || run_.owed_stages().contains(stage.id);
  });
  if (stages.has_error()) return settle(stages.error());
  retained_stages_ = listed.size();
  apply_stages(*stages);

  std::vector<std::int64_t> gone;
  for (const auto& [key, live] : run_.stages().live()) {
    if (!listed.contains(key.first)) gone.push_back(key.first);
  }
  for (const auto id : run_.owed_stages()) {
    if (!listed.contains(id)) gone.push_back(id);
  }
  const std::set<std::int64_t> lost(gone.begin(), gone.end());
  for (const auto id : lost) run_.lose_stage(id);
  // On joining late, jobs are still listed whose stages Spark has forgotten: nothing was missed by us.
  if (!joining_) evicted(lost.size(), "stages");
  return ok();
}

// --- lost tasks -----------------------------------------------------------------------------------------------

Result<void> RunReader::read_lost_tasks() {
  constexpr std::size_t kPage = 250;
  constexpr int kPages = 8;  // in one poll; some 2 KB a task
  auto owed = run_.work().owed();
  // Where the last poll stopped: an attempt that always has more must not keep the others waiting.
  std::rotate(owed.begin(), std::upper_bound(owed.begin(), owed.end(), last_lost_), owed.end());
  for (int page = 0; page < kPages && !owed.empty(); ++page) {
    const auto key = owed.front();
    owed.erase(owed.begin());
    last_lost_ = key;
    const auto* const attempt = run_.work().attempt(key);
    if (attempt == nullptr) continue;
    auto tasks = rest_.lost_tasks(key.first, key.second, attempt->offset, kPage);
    if (tasks) {
      run_.apply_lost_tasks(key, *tasks, kPage);
      const auto* const rest = run_.work().attempt(key);
      if (rest != nullptr && rest->owed()) owed.push_back(key);
    } else if (tasks.error().kind == ErrorKind::kNotFound) {
      run_.lose_lost_tasks(key);
    } else {
      if (!breaks_off(tasks.error().kind)) run_.lose_lost_tasks(key);
      return settle(tasks.error());
    }
  }
  return ok();
}

// --- executors ------------------------------------------------------------------------------------------------

Result<void> RunReader::read_executors(TimePoint now) {
  if (!slow_ && !full_) {
    auto live = rest_.executors();
    if (live.has_error()) return settle(live.error());
    if (!run_.apply_executors(*live, now)) return ok();
  }
  auto all = rest_.all_executors();
  if (all.has_error()) return settle(all.error());
  run_.apply_all_executors(*all, now);
  std::erase_if(*all, [](const Executor& executor) { return !executor.is_active; });
  run_.apply_executors(*all, now);
  return ok();
}

// --- the rest -------------------------------------------------------------------------------------------------

Result<void> RunReader::read_environment() {
  if (run_.environment()) return ok();
  auto environment = rest_.environment();
  if (environment.has_error()) return settle(environment.error());
  run_.set_environment(std::move(*environment));
  return ok();
}

Result<void> RunReader::read_metrics() {
  if (cheap_ || (!slow_ && !run_.streaming().any())) return ok();
  auto dump = rest_.metrics();
  if (dump.has_error()) {
    // The servlet can be switched off or sit behind a redirect; that is no reason to break the poll off.
    const auto kind = dump.error().kind;
    if (kind == ErrorKind::kRedirect || kind == ErrorKind::kNotFound || kind == ErrorKind::kStarting) return ok();
    return settle(dump.error());
  }
  if (dump->all_jobs) expected_jobs_ = *dump->all_jobs;
  run_.apply_metrics(*dump);
  return ok();
}

Result<void> RunReader::read_sql() {
  if (cheap_ && !jobs_changed_) return ok();
  auto done = full_ ? read_all_sql() : read_new_sql();
  // A list that cannot be read is no reason to let run time wait for its group for ever.
  if (!done.has_error()) run_.settle_groups();
  return done;
}

Result<void> RunReader::read_new_sql() {
  if (!slow_ && !sql_due_ && run_.sql().running().empty()) return ok();
  sql_due_ = false;
  const std::vector<std::int64_t> running = [&] {
    std::vector<std::int64_t> ids;
    for (const auto& [id, execution] : run_.sql().running()) ids.push_back(id);
    return ids;
  }();
  constexpr std::size_t kSingles = 5;
  if (running.size() > kSingles) return read_all_sql();
  for (const auto id : running) {
    auto execution = rest_.sql_execution(id);
    if (execution) {
      apply_sql(*execution);
    } else if (execution.error().kind == ErrorKind::kNotFound) {
      run_.lose_sql(id);
      evicted(1, "SQL executions");
    } else {
      return settle(execution.error());
    }
  }
  // The answer starts with the newest that is known, unless Spark has evicted some and all moved up.
  constexpr std::int64_t kMost = 1000;
  const auto newest = run_.sql().next_id() - 1;
  auto later = rest_.sql(std::max<std::int64_t>(sql_position_, 0), kMost);
  if (later.has_error()) return settle(later.error());
  const bool in_step = newest < 0 || (!later->empty() && later->front().id == newest);
  if (!in_step || later->size() == static_cast<std::size_t>(kMost)) return read_all_sql();
  for (const auto& execution : *later) apply_sql(execution);
  if (!later->empty()) {
    sql_position_ = std::max<std::int64_t>(sql_position_, 0) + static_cast<std::int64_t>(later->size()) - 1;
  }
  return ok();
}

Result<void> RunReader::read_all_sql() {
  const auto known_until = run_.sql().next_id();
  auto all = rest_.sql(0, static_cast<std::int64_t>(limits::kListItems));
  if (all.has_error()) {
    // A driver without the SQL module has no such endpoint.
    if (all.error().kind == ErrorKind::kNotFound) return ok();
    return settle(all.error());
  }
  sql_position_ = static_cast<std::int64_t>(all->size()) - 1;
  std::set<std::int64_t> listed;
  for (const auto& execution : *all) {
    listed.insert(execution.id);
    apply_sql(execution);
  }
  std::vector<std::int64_t> gone;
  for (const auto& [id, execution] : run_.sql().running()) {
    if (!listed.contains(id)) gone.push_back(id);
  }
  for (const auto id : gone) run_.lose_sql(id);
  auto lost = gone.size();
  if (!listed.empty() && known_until > 0 && *listed.begin() > known_until) {
    lost += static_cast<std::size_t>(*listed.begin() - known_until);
  }
  evicted(lost, "SQL executions");
  return ok();
}

void RunReader::apply_sql(const SqlExecution& execution) {
  const bool known = run_.sql().data().final_ids.contains(execution.id);
  run_.apply_sql(execution);
  // What runs no Spark job writes no rows of its own.
  if (!reads_plans_ || known || execution.status != SqlStatus::kCompleted || execution.job_ids.empty()) return;
  if (owed_plans_.size() < limits::kSqlPlansOwed) {
    owed_plans_.push_back(execution.id);
  } else if (!std::exchange(plans_left_out_, true)) {
    on_error_({ErrorKind::kTooLarge,
               "SQL executions end faster than their plans are read: what they have written is "
               "not known of all of them"});
  }
}

/// An empty batch of a stream and a server's queries say nothing about anybody's data.
Result<void> RunReader::read_sql_writes() {
  if (run_.kind() != outcome::Kind::kBatch) owed_plans_.clear();
  for (int asked = 0; asked < limits::kSqlPlansAPoll && !owed_plans_.empty(); ++asked) {
    auto write = rest_.sql_write(owed_plans_.front());
    if (write.has_error() && write.error().kind != ErrorKind::kNotFound) {
      if (breaks_off(write.error().kind)) return settle(write.error());
      on_error_(write.error());  // too large as a rule: nothing else is missing for it
    }
    owed_plans_.pop_front();
    if (!write || !write->rows) continue;
    sql_writes_.last.push_back(std::move(*write));
    if (sql_writes_.last.size() > limits::kSqlWrites) sql_writes_.last.pop_front();
    ++sql_writes_.seen;
  }
  return ok();
}

Result<void> RunReader::read_dstreams() {
  // Each of their batches is a job: where nothing ran, there is nothing to find.
  if (cheap_ || (!dstreams_ && !(slow_ && ran_))) return ok();
  auto statistics = rest_.streaming_statistics();
  dstreams_ = statistics.has_value();
  if (statistics) {
    run_.apply_dstreams(*statistics);
    return ok();
  }
  if (statistics.error().kind == ErrorKind::kNotFound) return ok();
  return settle(statistics.error());
}

Result<void> RunReader::read_rdds() {
  if (!slow_ || !ran_) return ok();
  auto rdds = rest_.rdds();
  if (rdds.has_error()) return settle(rdds.error());
  run_.apply_rdds(std::move(*rdds));
  return ok();
}

// --- skew -----------------------------------------------------------------------------------------------------

namespace {

constexpr auto kHeavyStage = std::chrono::seconds{10};  // task time; below that skew hurts nobody
constexpr std::int64_t kSkewTasks = 4;
constexpr std::size_t kSkewStages = 2;  // asked in one poll
constexpr auto kSkewHold = std::chrono::minutes{2};

struct Candidate {
  model::StageLedger::Key key;
  std::int64_t run_time_ms;
};

}  // namespace

Result<void> RunReader::read_skew(TimePoint now) {
  std::vector<Candidate> heavy;
  const auto consider = [&](const model::StageLedger::Key& key, const model::StageTotals& totals) {
    if (totals.tasks_completed < kSkewTasks || Millis{totals.run_time_ms} < kHeavyStage) return;
    heavy.push_back({key, totals.run_time_ms});
  };
  for (const auto& [key, live] : run_.stages().live()) consider(key, live.totals);
  for (const auto& [key, totals] : just_ended_) consider(key, totals);
  const auto by_time = [](const Candidate& a, const Candidate& b) { return a.run_time_ms > b.run_time_ms; };
  std::sort(heavy.begin(), heavy.end(), by_time);
  if (heavy.size() > kSkewStages) heavy.resize(kSkewStages);

  std::optional<model::StageSkew> worst;
  for (const auto& candidate : heavy) {
    auto summary = rest_.task_summary(candidate.key.first, candidate.key.second);
    if (summary.has_error()) {
      if (summary.error().kind == ErrorKind::kNotFound) continue;
      return settle(summary.error());
    }
    const auto& times = summary->executor_run_time;
    if (times.size() != 2 || times[0] <= 0) continue;
    const double ratio = times[1] / times[0];
    if (!worst || ratio > worst->ratio) {
      worst = model::StageSkew{candidate.key, ratio, now, Millis{static_cast<std::int64_t>(std::min(times[1], 1e15))}};
    }
  }
  if (worst) {
    run_.apply_skew(*worst);
  } else if (run_.skew() && now - run_.skew()->as_of > kSkewHold) {
    run_.clear_skew();
  }
  return ok();
}

}  // namespace spark_exporter::spark
