#pragma once
// The jobs of a cluster (observer) or the one run of a pod (sidecar): facts in, outcome::View out.
//
// Keeps of each run only what is shown or decides; executor pods are boiled down to counts and a few bytes each. A run
// is one driver pod, or a submission that has no pod (yet). The rules of docs/architecture.md, "outcome": an outcome
// once final stays; a failed run is shown until a later run of the same job has ended (at once if that one is good,
// `overlap` later if not) or `retention` is over; each run is counted once, also across restarts with a state file.
//
// Thread-safety: all of it, by one lock; stores are fed by their watches' threads.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/kubernetes/facts.hpp"
#include "exporter/kubernetes/store.hpp"
#include "exporter/outcome/evidence.hpp"
#include "exporter/outcome/last_words.hpp"
#include "exporter/outcome/view.hpp"
#include "exporter/quality/ledger.hpp"

namespace spark_exporter::jobs {

using TimePoint = kubernetes::TimePoint;

struct FleetOptions {
  std::string driver_container{outcome::kDriverContainer};
  std::string job_name;  ///< --job.name; of a sidecar only
  std::string job_name_label = "spark-exporter.io/job";
  std::vector<std::string> job_labels;  ///< allow-list of pod labels on spark_job_info
  std::chrono::seconds retention = std::chrono::hours{24};
  std::chrono::seconds overlap = std::chrono::minutes{5};
  /// This process's share of the jobs: those with hash(namespace/app) % total == shard.
  std::uint32_t shard = 0;
  std::uint32_t total_shards = 1;
  /// A sidecar's: one run, no superseding, no job history (consecutive failures, baselines, schedule).
  bool single_run = false;
};

/// What Spark's REST API says of a run, from the sidecar's own poller or the observer's.
struct RestFacts {
  std::string kubernetes_namespace;
  std::string app;  ///< the job's name as model::job_name() has it; used where no pod says better
  std::string app_from;
  std::string app_id;
  std::string driver_pod;
  std::string spark_version;
  std::string submitter;
  outcome::Kind kind = outcome::Kind::kBatch;
  std::optional<TimePoint> started;
  bool answers = false;                          ///< within the last three intervals
  bool over = false;                             ///< its UI was there and is gone
  std::optional<std::int64_t> executors_wanted;  ///< spark.executor.instances where allocation is not dynamic
  std::optional<double> input_bytes;             ///< read so far
  outcome::Clues clues;                          ///< of the last ended Spark job, if it failed
};

struct PodIdentity {
  std::string kubernetes_namespace;
  std::string name;
  std::string uid;  ///< "" if unknown
};

class Fleet {
 public:
  explicit Fleet(FleetOptions options);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Drivers and executors, told apart by label spark-role; others are ignored, but in single_run the pod named by
  /// own_pod() is the driver whatever its labels.
  kubernetes::Store<kubernetes::Pod>& pods();
  kubernetes::Store<kubernetes::SparkApplication>& applications();
  kubernetes::Store<kubernetes::ScheduledSparkApplication>& scheduled();

  /// single_run: the pod that this process is in.
  void own_pod(const std::string& kubernetes_namespace, const std::string& name);
  void rest_says(const RestFacts& facts, TimePoint now);
  /// Error kNotFound: no run of that pod is known (the observer answers 404, the sidecar tries again).
  Result<void> take(const outcome::LastWordsMessage& message, TimePoint now);

  /// Validations that the pod's own job, or a named one, tells of; how many of them are new. Errors: kNotFound (no run of
  /// that pod is known, or another shard has the job), kTooLarge (no room for another job).
  Result<std::size_t> take_quality(const PodIdentity& pod, const std::vector<quality::QualityResult>& results,
                                   TimePoint now);
  Result<std::size_t> take_quality(const std::string& kubernetes_namespace, const std::string& app,
                                   const std::vector<quality::QualityResult>& results, TimePoint now);

  /// single_run: what the run cost; told again it changes nothing once the run's end is counted.
  void run_cost(const cost::Final& cost);

  /// Nothing is decided before: the operator calls a deleted driver failed, so the lists of pods must be in first.
  void set_synced();

  /// Lets time pass, then says what is to be shown. Runs are sorted by namespace, app and submission.
  outcome::View view(TimePoint now);
  /// single_run: the verdict of the moment, without waiting for view().
  outcome::Verdict verdict(TimePoint now);

  /// New allow-list after a reload.
  void set_job_labels(std::vector<std::string> labels);

  /// A job that says which datasets it writes (annotation spark-exporter.io/dataset).
  struct DatasetWriter {
    std::string kubernetes_namespace, app;
    std::string datasets;            ///< the annotation's text
    std::vector<TimePoint> written;  ///< when its good runs ended, ascending
    /// All that ended since then is in `written`; nothing: nobody can tell.
    std::optional<TimePoint> known_since;
    bool is_endless = false;  ///< it writes all the time
  };
  /// Those of all shards.
  std::vector<DatasetWriter> dataset_writers() const;

  struct DriverPod {
    std::string kubernetes_namespace, name, uid, ip, app_id;
    bool has_sidecar = false;  ///< a container of the pod is this exporter
  };
  /// Running drivers of this shard, for --observer.poll-drivers.
  std::vector<DriverPod> running_drivers() const;

  /// What must outlive a restart, as compact JSON: counters, settled runs, baselines; and whether that changed since
  /// the last call.
  std::string save(TimePoint now);
  bool changed_since_save() const;
  /// Before the first fact. Errors: kMalformed, kWrongType, with the place; nothing is taken then.
  Result<void> restore(std::string_view json, TimePoint now);

  /// Runs, pods and jobs that a cap left out, since the process began.
  std::uint64_t left_out() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::jobs
