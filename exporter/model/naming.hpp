#pragma once
// The stable name of a job (label `app`) and where it came from (label `app_from` of spark_job_info).

#include <map>
#include <string>
#include <string_view>

namespace spark_exporter::model {

struct JobName {
  std::string app;
  std::string from;  ///< flag, label, scheduledsparkapplication, sparkapplication, spark-app-name, application
};

struct NameSources {
  std::string flag;        ///< --job.name or SPARK_EXPORTER_JOB
  std::string label_name;  ///< pod label that carries the name, spark-exporter.io/job
  /// Labels of the driver pod. Without Kubernetes: spark.kubernetes.driver.label.* of the environment.
  std::map<std::string, std::string> pod_labels;
  std::string application_name;  ///< applications[].name
};

/// The first source that has a name. From the last three a trailing "-<19 digits>" or "-<16 hex>[-driver]" is cut,
/// which Spark, the operator's schedules and spark-submit append to each run; nothing else is.
JobName job_name(const NameSources& sources);

/// `name` without a run's suffix.
std::string_view without_run_suffix(std::string_view name);

/// The labels that spark.kubernetes.driver.label.* puts on the driver pod.
std::map<std::string, std::string> driver_labels(const std::map<std::string, std::string>& properties);

}  // namespace spark_exporter::model
