#pragma once
// What is kept of one run, and what a pod or an application makes of it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/jobs/uid.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/model/naming.hpp"
#include "exporter/outcome/evidence.hpp"
#include "exporter/outcome/last_words.hpp"
#include "exporter/outcome/view.hpp"

namespace spark_exporter::jobs {

using kubernetes::TimePoint;

struct ApplicationRecord;
struct ExecutorCounts;
struct JobRecord;

struct RunRecord {
  Uid key;              ///< of its pod; of a submission without one something unique
  std::string odd_uid;  ///< of its pod, where it is no UUID
  std::string kubernetes_namespace;
  std::string pod_name;
  std::string app_id;
  std::string submission_id;
  std::string spark_version;
  std::string node;
  std::string submitter;
  std::string ip;
  std::string labels;                      ///< of the pod, as pack() has them
  model::JobName own_name;                 ///< from its pod, or from what Spark says
  model::JobName name;                     ///< with what its application says; the job's
  std::optional<outcome::Kind> told_kind;  ///< by an annotation
  outcome::Kind seen_kind = outcome::Kind::kBatch;
  std::optional<TimePoint> submitted;
  std::optional<std::int64_t> attempt;
  std::optional<std::int64_t> executors_wanted;  ///< said by Spark
  std::optional<double> input_bytes;
  std::optional<TimePoint> told_start;  ///< by the last words
  std::optional<TimePoint> told_end;

  outcome::Presence presence = outcome::Presence::kUnseen;
  bool has_sidecar = false;
  bool is_news = false;  ///< its evidence changed since it was decided on
  bool was_restored = false;
  std::uint8_t mark = 0;                            ///< of the list that it was in last
  std::unique_ptr<outcome::Evidence> evidence;      ///< dropped when it cannot change anything any more
  outcome::Verdict verdict;                         ///< settled
  std::optional<outcome::Termination> termination;  ///< of the driver pod
  bool rest_over = false;

  std::optional<TimePoint> awaits_since;   ///< it failed, and its application is not known yet
  std::optional<TimePoint> unknown_since;  ///< it is gone and nobody told
  std::optional<TimePoint> short_since;    ///< executors are lacking
  std::optional<TimePoint> ended;          ///< once it is over
  std::optional<TimePoint> noticed;        ///< when that was noticed
  bool counted = false;                    ///< concluded: its job has heard of its end
  bool cost_counted = false;               ///< its job has heard of its cost, or never will
  std::unique_ptr<const cost::Final> cost;
  std::vector<intake::QualityResult> told_quality;  ///< by the last words, until its job has heard of it
  std::unique_ptr<const outcome::Advice> advice;

  const ExecutorCounts* executors = nullptr;  ///< of its application id, held
  JobRecord* job = nullptr;
  ApplicationRecord* application = nullptr;

  /// Of its pod, "" without one.
  std::string uid() const { return odd_uid.empty() && has_pod() ? to_uuid(key) : odd_uid; }
  outcome::Kind kind() const { return told_kind.value_or(seen_kind); }
  /// To be changed.
  outcome::Evidence& facts();
  bool has_pod() const { return presence != outcome::Presence::kUnseen; }
  bool pod_is_gone() const {
    return presence == outcome::Presence::kDeleted || presence == outcome::Presence::kVanished;
  }
};

/// The order of runs of one job: by submission, those without one first.
bool is_later(const RunRecord& run, const RunRecord& than);

/// flag 0, label 1, ... application 5; what is unknown last.
int name_rank(std::string_view from);
/// Only these tell that two runs are of one job beyond doubt.
inline bool supersedes_by_name(std::string_view from) { return name_rank(from) <= 2; }
/// The one that says better; `left` if both say as well.
const model::JobName& better(const model::JobName& left, const model::JobName& right);

model::JobName pod_name(const kubernetes::Pod& pod, const std::string& flag, const std::string& label);
model::JobName application_name(const kubernetes::SparkApplication& application, const std::string& label);
/// The ScheduledSparkApplication that it is of, "" if of none.
std::string schedule_of(const kubernetes::SparkApplication& application);
std::string annotation(const kubernetes::Object& object, const std::string& name);

/// All labels that do not change from run to run, in one text.
std::string pack(const std::map<std::string, std::string>& labels);
std::vector<std::pair<std::string, std::string>> pick(std::string_view packed, const std::vector<std::string>& wanted);

/// What the pod says now. An end that was seen is not unseen: a list may be behind.
void observe(RunRecord& run, const kubernetes::Pod& pod, const std::string& container);
/// Names, places and times of the pod.
void describe(RunRecord& run, const kubernetes::Pod& pod, const std::string& container);
/// What the operator says now. What it said of an end stays when it goes on to the next attempt.
void hear(RunRecord& run, const kubernetes::SparkApplication& application);
/// The sidecar's last words from the pod's status, where there are any.
void read_last_words(RunRecord& run, const kubernetes::Pod& pod, const std::string& container);
void take_last_words(RunRecord& run, const outcome::LastWordsMessage& message);

}  // namespace spark_exporter::jobs
