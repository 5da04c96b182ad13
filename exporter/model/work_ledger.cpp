#include "exporter/model/work_ledger.hpp"

#include <algorithm>

#include "exporter/common/limits.hpp"
#include "exporter/common/text.hpp"
#include "exporter/model/bounded.hpp"
#include "exporter/model/streaming_ledger.hpp"

namespace spark_exporter::model {
namespace {

constexpr std::size_t kStages = 10'000;     // whose job is remembered: ten times what Spark retains by default
constexpr std::size_t kJobs = 2'000;        // whose group is remembered
constexpr std::size_t kAttempts = 1'000;    // with lost tasks that are not read yet
constexpr std::size_t kReadGaps = 10'000;   // of one attempt: beyond that the rest stays unread
constexpr std::size_t kLosers = 20'000;     // executors that lost tasks
constexpr std::size_t kQueries = 200;       // remembered, so that the top 10 are right
constexpr std::size_t kNewestQueries = 50;  // of these, kept whatever they cost: they have just begun
constexpr std::size_t kTopQueries = 10;

std::string cut(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const auto length = std::max<std::size_t>(utf8_sequence(text.substr(end)), 1);
    if (end + length > limits::kLabelValueBytes) break;
    end += length;
  }
  return std::string(text.substr(0, end));
}

template <class Map>
void keep_newest(Map& map, std::size_t most) {
  while (map.size() > most) map.erase(map.begin());
}

/// How many are left of so many when the oldest go.
constexpr std::size_t left_of(std::size_t most) { return most - most / 16; }

/// Many at a time, since all that follow move up.
template <class T>
void keep_newest(WorkLedger::ById<T>& map, std::size_t most) {
  if (map.size() > most) map.erase(map.begin(), map.nth(map.size() - left_of(most)));
}

/// TaskSetManager's words for a speculative task, or what it was a copy of, that came second: "another attempt
/// succeeded", "Finish but did not commit due to another attempt succeeded".
bool came_second(const spark::Task& task) {
  return task.error_message.find("another attempt succeeded") != std::string::npos;
}

/// Where the time of an ended task went; null: it was of use, or has not ended.
spark::Millis* loss_of(const spark::Task& task, std::int64_t attempt, LostTasks& lost) {
  using Status = spark::TaskStatus;
  if (task.status != Status::kSuccess && task.status != Status::kFailed && task.status != Status::kKilled) {
    return nullptr;
  }
  if (attempt > 0) return &lost.retried;
  if (task.status == Status::kFailed) return &lost.failed;
  if (task.status == Status::kSuccess) return nullptr;
  return came_second(task) ? &lost.speculation : &lost.killed;
}

}  // namespace

// --- groups and queries -------------------------------------------------------------------------------------------

std::string WorkLedger::group_for(std::string_view wanted) {
  if (wanted.empty()) return kNoGroup;
  auto name = cut(wanted);
  if (data_.groups.contains(name)) return name;
  const auto named = data_.groups.size() - data_.groups.count(kNoGroup) - data_.groups.count(kOtherGroups);
  if (named >= group_limit_) return kOtherGroups;
  data_.groups.emplace(name, 0);
  return name;
}

void WorkLedger::remember(QueryWork query) {
  auto& queries = data_.queries;
  const auto is_it = [&](const QueryWork& known) { return known.id == query.id; };
  if (std::any_of(queries.begin(), queries.end(), is_it)) return;
  queries.push_back(std::move(query));
  if (queries.size() <= kQueries) return;
  std::vector<std::int64_t> ids;
  for (const auto& known : queries) ids.push_back(known.id);
  std::nth_element(ids.begin(), ids.end() - kNewestQueries, ids.end());
  const auto newest_from = *(ids.end() - kNewestQueries);
  auto cheapest = queries.end();
  for (auto at = queries.begin(); at != queries.end(); ++at) {
    if (at->id < newest_from && (cheapest == queries.end() || at->run_time < cheapest->run_time)) cheapest = at;
  }
  if (cheapest != queries.end()) queries.erase(cheapest);
}

void WorkLedger::apply(const spark::Job& job) {
  if (!is_id(job.id)) return;
  for (const auto stage : job.stage_ids) {
    if (!is_id(stage)) continue;
    data_.jobs.emplace(stage, job.id);
    keep_newest(data_.jobs, kStages);
  }
  if (data_.owners.contains(job.id)) return;
  Open& open = open_[job.id];
  open.group = job.group;
  open.description = job.description;
  if (const auto micro = parse_micro_batch(job.description)) {
    // A micro-batch's description tells the run's id in Spark's own form, its group is nothing but that id.
    if (micro->run_id == job.group) open.group = micro->query;
  }
  open.ended = job.status == spark::JobStatus::kSucceeded || job.status == spark::JobStatus::kFailed;
}

void WorkLedger::apply(const spark::SqlExecution& execution) {
  if (!is_id(execution.id)) return;
  const auto& owners = data_.owners;
  for (const auto job : execution.job_ids) {
    if (!is_id(job) || owners.contains(job)) continue;
    // Settled and forgotten: Spark tells of its execution for as long as it likes.
    if (owners.size() >= left_of(kJobs) && job < owners.begin()->first && !open_.contains(job)) continue;
    query_of_.insert_or_assign(job, QueryWork{execution.id, cut(execution.description), spark::Millis{0}});
    keep_newest(query_of_, kStages);
  }
}

void WorkLedger::settle(std::int64_t job, const Open& open) {
  Owner owner;
  std::string_view wanted = open.group.empty() ? open.description : open.group;
  const auto query = query_of_.find(job);
  if (query != query_of_.end()) {
    owner.query = query->second.id;
    if (open.group.empty() && !query->second.description.empty()) wanted = query->second.description;
    remember(query->second);
  }
  owner.group = group_for(wanted);
  data_.owners.insert_or_assign(job, std::move(owner));
  if (query != query_of_.end()) query_of_.erase(query);
}

void WorkLedger::settle() {
  std::vector<std::int64_t> settled;
  for (auto& [job, open] : open_) {
    // A job that has just begun may not be listed by its execution yet.
    if (open.ended || open.waited || query_of_.contains(job)) {
      settle(job, open);
      settled.push_back(job);
    }
    open.waited = true;
  }
  for (const auto job : settled) open_.erase(job);

  std::set<std::int64_t> unclaimed;
  for (auto at = data_.waiting.begin(); at != data_.waiting.end();) {
    const auto [stage, time] = *at;
    const auto job = data_.jobs.find(stage);
    const bool forgotten = job != data_.jobs.end() && !open_.contains(job->second);
    bool booked = book(stage, time);
    if (!booked && (forgotten || (job == data_.jobs.end() && unclaimed_.contains(stage)))) {
      book(Owner{}, time);
      booked = true;
    }
    if (!booked && job == data_.jobs.end()) unclaimed.insert(stage);
    at = booked ? data_.waiting.erase(at) : std::next(at);
  }
  unclaimed_ = std::move(unclaimed);
  keep_newest(data_.owners, kJobs);
}

void WorkLedger::book(const Owner& owner, spark::Millis more) {
  auto& group = data_.groups[owner.group];
  group = bounded_sum(group, more);
  if (owner.query < 0) return;
  for (auto& query : data_.queries) {
    if (query.id == owner.query) query.run_time = bounded_sum(query.run_time, more);
  }
}

bool WorkLedger::book(std::int64_t stage, spark::Millis more) {
  const auto job = data_.jobs.find(stage);
  if (job == data_.jobs.end()) return false;
  const auto owner = data_.owners.find(job->second);
  if (owner == data_.owners.end()) return false;
  book(owner->second, more);
  return true;
}

void WorkLedger::book_or_keep(std::int64_t stage, spark::Millis more) {
  if (more.count() <= 0 || book(stage, more)) return;
  if (data_.waiting.size() < kStages || data_.waiting.contains(stage)) {
    auto& waiting = data_.waiting[stage];
    waiting = bounded_sum(waiting, more);
  } else {
    book(Owner{}, more);
  }
}

// --- stages and lost tasks ----------------------------------------------------------------------------------------

void WorkLedger::apply(const spark::Stage& stage, spark::Millis more, bool closed) {
  if (!is_id(stage.id) || !is_id(stage.attempt)) return;
  book_or_keep(stage.id, more);

  auto wanted = bounded_sum(stage.failed_tasks, stage.killed_tasks);
  if (stage.attempt > 0) wanted = bounded_sum(wanted, stage.completed_tasks);
  const Key key{stage.id, stage.attempt};
  auto at = data_.attempts.find(key);
  if (at == data_.attempts.end()) {
    if (wanted <= 0) return;
    at = data_.attempts.try_emplace(key).first;
    if (data_.attempts.size() > kAttempts) data_.attempts.erase(data_.attempts.begin());
    at = data_.attempts.find(key);
    if (at == data_.attempts.end()) return;
  }
  at->second.wanted = std::max(at->second.wanted, wanted);
  at->second.closed = at->second.closed || closed;
  if (at->second.closed && !at->second.owed()) data_.attempts.erase(at);
}

void WorkLedger::apply(const Key& key, const std::vector<spark::Task>& tasks, std::size_t length) {
  const auto at = data_.attempts.find(key);
  if (at == data_.attempts.end()) return;
  Attempt& attempt = at->second;
  if (attempt.offset == 0) attempt.begun = attempt.wanted;
  for (const auto& task : tasks) {
    if (!is_id(task.id) || task.executor_id.empty()) continue;
    const auto loser = data_.lost.find(task.executor_id);
    LostTasks lost = loser == data_.lost.end() ? LostTasks{} : loser->second;
    auto* const sum = loss_of(task, key.second, lost);
    if (sum == nullptr || !attempt.read.insert(task.id)) continue;
    const auto gc = std::max(task.jvm_gc_time, spark::Millis{0});
    *sum = bounded_sum(*sum, task.duration > gc ? task.duration - gc : spark::Millis{0});
    ++lost.tasks;
    // Who failed told its stage less than it took, and who died with its executor next to nothing: its group had the
    // slot all the same.
    const auto told = bounded_sum(std::max(task.executor_run_time, spark::Millis{0}),
                                  std::max(task.executor_deserialize_time, spark::Millis{0}));
    if (told < task.duration) book_or_keep(key.first, task.duration - told);
    if (loser != data_.lost.end() || data_.lost.size() < kLosers) data_.lost[task.executor_id] = lost;
  }
  // Sorted by task id: what ends meanwhile moves others back, never over the place where we go on.
  attempt.offset += static_cast<std::int64_t>(length);
  if (tasks.size() < length || attempt.read.interval_count() > kReadGaps) {
    attempt.asked = attempt.begun;
    attempt.offset = 0;
  }
  if (attempt.closed && !attempt.owed()) data_.attempts.erase(at);
}

std::vector<WorkLedger::Key> WorkLedger::owed() const {
  std::vector<Key> keys;
  for (const auto& [key, attempt] : data_.attempts) {
    if (attempt.owed()) keys.push_back(key);
  }
  return keys;
}

const WorkLedger::Attempt* WorkLedger::attempt(const Key& key) const {
  const auto at = data_.attempts.find(key);
  return at == data_.attempts.end() ? nullptr : &at->second;
}

std::vector<QueryWork> WorkLedger::top_queries() const {
  std::vector<QueryWork> top;
  for (const auto& query : data_.queries) {
    if (query.run_time.count() > 0) top.push_back(query);
  }
  std::sort(top.begin(), top.end(), [](const QueryWork& a, const QueryWork& b) {
    return a.run_time != b.run_time ? a.run_time > b.run_time : a.id < b.id;
  });
  if (top.size() > kTopQueries) top.resize(kTopQueries);
  return top;
}

WorkData WorkLedger::totals() const { return {data_.lost, data_.groups, top_queries()}; }

}  // namespace spark_exporter::model
