#pragma once
// Right-sizing: what the run should have asked for, by what it used. Pure. Quiet where the evidence is thin.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spark_exporter::sizing {

/// What a run reserved for each executor and what it made of it. 0 and absent: not known.
struct Evidence {
  double run_seconds = 0;
  std::int64_t executors_seen = 0;  ///< that told a peak
  std::int64_t instances = 0;       ///< mean executors held at a time, rounded up; or those configured
  bool dynamic_allocation = false;
  std::int64_t cores = 0;           ///< spark.executor.cores
  std::int64_t memory_bytes = 0;    ///< spark.executor.memory
  std::int64_t overhead_bytes = 0;  ///< of the pod, Python and off-heap left out
  std::int64_t python_bytes = 0;    ///< spark.executor.pyspark.memory
  std::int64_t off_heap_bytes = 0;  ///< spark.memory.offHeap.size
  double memory_fraction = 0.6;     ///< spark.memory.fraction
  // Highest over all executors, bytes.
  std::optional<double> peak_heap, peak_off_heap, peak_process, peak_storage, peak_execution;
  double task_seconds = 0;  ///< slot time of ended tasks
  double gc_seconds = 0;    ///< of it
  double slot_seconds = 0;  ///< that executors offered
  double longest_task_seconds = 0;
  double memory_spilled_bytes = 0, disk_spilled_bytes = 0;
  double shuffle_bytes = 0;
  std::int64_t oom_kills = 0;              ///< by the kernel: the pod was too small
  std::int64_t heap_ooms = 0;              ///< OutOfMemoryError in the JVM: the heap was too small
  std::int64_t tasks = 0;                  ///< that ended
  std::optional<std::int64_t> peak_tasks;  ///< most that ran at a time, as polls saw it
  // Money of a core and a GiB for an hour; only their ratio counts.
  double core_price = 0, gib_price = 0;
};

struct Recommendation {
  std::string setting;  ///< "executor.memory", "executor.memoryOverhead", "executor.cores", "executor.instances"
  std::int64_t from = 0;
  std::int64_t to = 0;   ///< bytes, cores, executors
  std::string evidence;  ///< one sentence with the figures that led to it
};

struct Advice {
  std::vector<Recommendation> recommendations;  ///< none: nothing to change, or too little known
  std::string quiet_because;                    ///< why there are none, if the evidence is thin
  // Always all four where any is given, unchanged ones included.
  std::optional<std::int64_t> memory_bytes, overhead_bytes, cores, instances;
  std::optional<double> saving_ratio;  ///< share of the executors' money, 0 to 1; negative: it costs more
};

/// docs/sizing.md has the rules. Whatever comes in, nothing is below what was used, and more need never gives less.
Advice advise(const Evidence& evidence);

/// A merge patch for a SparkApplication (spec.executor...), YAML; "" if there is nothing to change.
std::string patch_yaml(const Advice& advice);
/// `--conf key=value` lines.
std::string conf_lines(const Advice& advice);
/// The same as "key=value key=value".
std::string conf_words(const Advice& advice);

}  // namespace spark_exporter::sizing
