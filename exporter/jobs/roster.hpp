#pragma once
// All runs, applications and jobs that are known, joined to each other; what is decided of them as time passes.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "exporter/jobs/application_record.hpp"
#include "exporter/jobs/executor_pods.hpp"
#include "exporter/jobs/fleet.hpp"
#include "exporter/jobs/forgotten.hpp"
#include "exporter/jobs/job_record.hpp"
#include "exporter/jobs/run_record.hpp"
#include "exporter/jobs/visibility.hpp"

namespace spark_exporter::jobs {

/// A ScheduledSparkApplication.
struct ScheduleRecord {
  std::string kubernetes_namespace;
  std::string name;
  ScheduleText text;
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_run;  ///< as the operator says
  std::optional<TimePoint> next_run;
  std::string job;  ///< the app that its runs go by, "" before there was one
  std::uint8_t mark = 0;
  ScheduleClock clock;
};

class Roster {
 public:
  explicit Roster(FleetOptions options);

  // --- pods
  void begin_pods();
  void put(const kubernetes::Pod& pod);
  void remove(const kubernetes::Pod& pod);
  void end_pods();

  // --- applications
  void begin_applications() { ++application_mark_; }
  void put(kubernetes::SparkApplication&& application);
  void remove(kubernetes::SparkApplication&& application);
  void end_applications();

  // --- schedules
  void begin_schedules() { ++schedule_mark_; }
  void put(kubernetes::ScheduledSparkApplication&& schedule);
  void remove(const kubernetes::ScheduledSparkApplication& schedule);
  void end_schedules();

  // --- what others tell
  void own_pod(const std::string& kubernetes_namespace, const std::string& name);
  void rest_says(const RestFacts& facts, TimePoint now);
  Result<void> take(const outcome::LastWordsMessage& message);
  /// See Fleet.
  Result<std::size_t> take_quality(const PodIdentity& pod, const std::vector<quality::QualityResult>& results,
                                   TimePoint now);
  Result<std::size_t> take_quality(const std::string& kubernetes_namespace, const std::string& app,
                                   const std::vector<quality::QualityResult>& results, TimePoint now);
  /// single_run: what the run cost.
  void run_cost(const cost::Final& cost);
  void set_synced() { synced_ = true; }
  void set_job_labels(std::vector<std::string> labels) { options_.job_labels = std::move(labels); }

  /// Decides what can be decided, counts what has ended, forgets what nobody will ask for.
  void pass(TimePoint now);

  bool synced() const { return synced_; }
  const FleetOptions& options() const { return options_; }
  const std::map<std::string, std::unique_ptr<JobRecord>>& jobs() const { return jobs_; }
  const std::unordered_map<Uid, std::unique_ptr<RunRecord>, UidHash>& runs() const { return runs_; }
  const std::unordered_map<std::string, std::unique_ptr<ApplicationRecord>>& applications() const {
    return applications_;
  }
  std::map<std::string, ScheduleRecord>& schedules() { return schedules_; }
  const ExecutorPods& executors() const { return executors_; }
  const Forgotten& forgotten() const { return forgotten_; }
  VisibilityRules rules() const { return {options_.retention, options_.overlap}; }
  /// Executors that are wanted and are not there, when that is so for a while.
  std::uint32_t lacking(const RunRecord& run, TimePoint now) const;
  std::uint64_t left_out() const { return left_out_; }
  /// Grows with whatever the state file holds.
  std::uint64_t changes() const { return changes_ + executors_.terminations(); }
  bool is_restored() const { return restored_; }

  // --- from the state file, before the first fact
  JobRecord* restore_job(const std::string& kubernetes_namespace, const std::string& app);
  void restore_run(std::unique_ptr<RunRecord> run, const std::string& application_uid,
                   const ExecutorPods::Saved& executors);
  void restore_application(const std::string& uid, std::int64_t attempts);
  void restore_forgotten(const Uid& uid) { forgotten_.add(uid); }
  void set_restored() { restored_ = true; }

 private:
  bool is_driver(const kubernetes::Pod& pod) const;
  bool is_executor(const kubernetes::Pod& pod) const;
  RunRecord* find(const Uid& key);
  RunRecord* find_by_pod(const std::string& kubernetes_namespace, const std::string& pod);
  RunRecord* find_for(const kubernetes::Pod& pod);
  RunRecord* run_of(const kubernetes::Pod& pod, ApplicationRecord* application);
  RunRecord* add_run(const Uid& key);
  void rekey(RunRecord& run, const Uid& key);
  RunRecord* own_run(const RestFacts& facts, TimePoint now);
  void put_driver(const kubernetes::Pod& pod);
  ApplicationRecord* application_of(const kubernetes::Pod& pod);
  ApplicationRecord& application(const std::string& uid);
  void link(RunRecord& run, ApplicationRecord* application);
  void speak_for(ApplicationRecord& application);
  void leave(ApplicationRecord& application, bool deleted);
  void count_retries(ApplicationRecord& application);
  void set_app_id(RunRecord& run, const std::string& before);
  void rename(RunRecord& run);
  JobRecord* job(const std::string& kubernetes_namespace, const std::string& app);
  void leave_out(const Uid& uid);
  void hear_quality(TimePoint now);

  void decide(RunRecord& run, TimePoint now);
  bool awaits_operator(RunRecord& run, TimePoint now) const;
  void watch_loss(RunRecord& run, TimePoint now);
  void judge_without_pod(RunRecord& run) const;
  bool is_over(const RunRecord& run, TimePoint now) const;
  void count_cost(RunRecord& run);
  void conclude(RunRecord& run, TimePoint now);
  void conclude_all(TimePoint now);
  TimePoint end_of(const RunRecord& run, TimePoint now) const;
  void watch_executors(RunRecord& run, TimePoint now);
  void forget(TimePoint now);
  bool is_forgettable(const RunRecord& run, TimePoint now) const;
  std::vector<RunRecord*> forgettable(TimePoint now) const;
  void erase(RunRecord& run);
  void forget_jobs(TimePoint now);

  FleetOptions options_;
  std::unordered_map<Uid, std::unique_ptr<RunRecord>, UidHash> runs_;
  std::unordered_map<std::string, std::unique_ptr<ApplicationRecord>> applications_;
  std::map<std::string, std::unique_ptr<JobRecord>> jobs_;  ///< by namespace, a zero byte, app
  std::map<std::string, ScheduleRecord> schedules_;         ///< likewise by name
  ExecutorPods executors_;
  Forgotten forgotten_;
  std::unordered_set<Uid, UidHash> refused_;
  std::vector<Uid> told_quality_;  ///< runs whose last words have validations that their job has not heard of
  std::string own_namespace_;
  std::string own_name_;
  std::uint8_t pod_mark_ = 0;
  std::uint8_t application_mark_ = 0;
  std::uint8_t schedule_mark_ = 0;
  bool synced_ = false;
  bool applications_are_read_ = false;  ///< there was a list of them
  bool restored_ = false;
  bool concluded_first_ = false;  ///< what had ended before this process began is done with
  std::uint64_t left_out_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t submissions_ = 0;
  std::optional<TimePoint> swept_;
};

}  // namespace spark_exporter::jobs
