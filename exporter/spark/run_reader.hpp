#pragma once
// One poll of one run: which questions, in which order, and their answers into the model. The cost follows what
// changed since the last poll:
//  - the next job id is asked for by itself: "unknown job" is the cheapest way to hear that nothing new ran;
//  - running jobs and active stages are asked for only while something runs;
//  - what ended is asked for by id, or by the whole list where that is cheaper, at the start and after a gap;
//  - executors before stages, so that what is told of lost tasks is at least as new as what they add up to;
//  - what SQL executions have written: plans of those that ended, a few a poll, of batch jobs;
//  - lost tasks of an attempt when there are more of them, a few pages a poll;
//  - GC and executors every time; /metrics/json, dead executors and cached RDDs once a minute (streaming: every time).

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/model/run.hpp"
#include "exporter/spark/rest_client.hpp"

namespace spark_exporter::spark {

class RunReader {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  /// A question that failed while the others go on, or something that was lost (kEvicted).
  using OnError = std::function<void(const Error&)>;

  /// kCheap: only jobs, executors, stages and what their changes call for; not where whole lists must be read.
  enum class Depth { kWhole, kCheap };

  RunReader(RestClient& rest, model::Run& run, OnError on_error);

  /// All questions of one poll. An error return means that the driver is out of reach or another application
  /// answers (kNotFound, kStarting): the poll broke off, the next one reads whole lists. Errors of single questions
  /// (malformed, too large...) go to `on_error`, and complete() is false.
  Result<void> poll(TimePoint now, SteadyTime steady_now, Depth depth = Depth::kWhole);

  /// Whether every question of the last poll was answered well.
  bool complete() const { return complete_; }

  /// Something may have been missed: read whole lists next time.
  void gap() { full_ = true; }

  /// Stages that ended in the last poll: against Spark's bound (1,000 by default) it says how near eviction is.
  std::size_t stages_ended() const { return stages_ended_; }

  /// Ask for the plans of SQL executions that end from now on.
  void read_plans() { reads_plans_ = true; }
  /// What SQL executions have written that ended while we watched.
  const SqlWrites& sql_writes() const { return sql_writes_; }

 private:
  Result<void> read_jobs(TimePoint now);
  Result<void> read_all_jobs(TimePoint now);
  Result<void> read_job_ids(const std::vector<std::int64_t>& ids, TimePoint now);
  Result<bool> probe_next_jobs(TimePoint now);
  Result<void> read_stages();
  Result<void> read_all_stages();
  Result<void> read_owed_stages();
  Result<void> read_executors(TimePoint now);
  Result<void> read_metrics();
  Result<void> read_sql();
  Result<void> read_new_sql();
  Result<void> read_all_sql();
  void apply_sql(const SqlExecution& execution);
  Result<void> read_sql_writes();
  Result<void> read_lost_tasks();
  Result<void> read_skew(TimePoint now);
  Result<void> read_environment();
  Result<void> read_dstreams();
  Result<void> read_rdds();

  void apply_jobs(std::vector<Job> jobs, TimePoint now);
  void apply_stages(const Stages& stages);
  /// Passes on what breaks the poll off; reports the rest and returns success.
  Result<void> settle(const Error& error);
  void evicted(std::size_t count, const char* what);
  /// How many elements a list has: what was seen, at most what Spark keeps by `property`.
  std::size_t retained(std::size_t seen, const char* property) const;

  RestClient& rest_;
  model::Run& run_;
  OnError on_error_;
  bool full_ = true;  ///< read whole lists in this poll
  bool joining_;      ///< nothing was counted before: what Spark has forgotten by now is no loss
  bool complete_ = false;
  bool slow_ = true;    ///< the once-a-minute questions are due
  bool active_ = true;  ///< jobs ran since the last poll
  bool cheap_ = false;
  bool sql_due_ = true;                       ///< jobs ran since SQL executions were read
  bool jobs_changed_ = true;                  ///< one began or ended in this poll
  model::WorkLedger::Key last_lost_{-1, -1};  ///< the attempt whose lost tasks were read last
  std::optional<SteadyTime> last_slow_;
  std::int64_t expected_jobs_ = 0;  ///< jobs ever submitted, by the last /metrics/json
  std::int64_t phantom_jobs_ = 0;   ///< ids that Spark gave out and never showed
  std::size_t retained_jobs_ = 0;
  std::size_t retained_stages_ = 0;
  std::int64_t sql_position_ = -1;       ///< where in Spark's list the newest known execution stood
  std::deque<std::int64_t> owed_plans_;  ///< executions whose writes are not known yet
  bool reads_plans_ = false;
  bool plans_left_out_ = false;
  SqlWrites sql_writes_;
  bool dstreams_ = false;
  bool ran_ = true;  ///< jobs ran since the last slow questions
  std::size_t stages_ended_ = 0;
  /// Stages that ended in this poll, for the skew.
  std::vector<std::pair<model::StageLedger::Key, model::StageTotals>> just_ended_;
};

}  // namespace spark_exporter::spark
