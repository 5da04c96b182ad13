// docs/sizing.md explains the rules; each step here raises or lowers one setting, and says why. Order matters: fewer
// executors hold more cached data each, so instances are known before memory is.

#include "exporter/sizing/advice.hpp"

#include <algorithm>
#include <cmath>

#include "exporter/sizing/words.hpp"

namespace spark_exporter::sizing {
namespace {

// --- what is thin evidence ---
constexpr double kShortestRun = 60;  // seconds; peaks come with heartbeats, each 10 s
constexpr std::int64_t kFewestTasks = 8;
// --- memory ---
constexpr double kHeadroom = 1.25;   // above the highest peak
constexpr double kCalmGc = 0.05;     // share of task time; at most that where memory is lowered
constexpr double kHighGc = 0.10;     // from here on Spark's own UI paints it red
constexpr double kFullHeap = 0.6;    // of the heap: below, collections are no sign of want
constexpr double kMuchSpill = 0.05;  // of the shuffled data
constexpr double kMuchSpillBytes = 64.0 * static_cast<double>(kMiB);  // where nothing was shuffled
constexpr double kWorthIt = 0.9;                                      // smaller changes of memory are noise
constexpr double kOverheadWorthIt = 0.8;
constexpr std::int64_t kReserved = 300 * kMiB;       // UnifiedMemoryManager.RESERVED_SYSTEM_MEMORY_BYTES
constexpr std::int64_t kLeastHeap = 512 * kMiB;      // Spark refuses less than 1.5 times the reserve
constexpr std::int64_t kLeastOverhead = 384 * kMiB;  // spark.executor.minMemoryOverhead
constexpr std::int64_t kStep = 64 * kMiB;
constexpr std::int64_t kMost = std::int64_t{1} << 50;  // bytes, cores or executors that anybody may mean
// --- slots ---
constexpr double kIdleEnough = 0.2;  // idle share of the slots from which on fewer of them are thought of
constexpr double kSlower = 1.1;      // a run may take that much longer with fewer slots

double finite(double value) { return std::isfinite(value) ? std::clamp(value, 0.0, 1e18) : 0; }

std::optional<double> finite(std::optional<double> value) {
  if (!value || !std::isfinite(*value) || *value <= 0) return std::nullopt;
  return std::min(*value, 1e18);
}

std::int64_t bounded(std::int64_t value) { return std::clamp<std::int64_t>(value, 0, kMost); }

/// No NaN, nothing negative, nothing that overflows a sum.
Evidence sane(Evidence e) {
  for (auto* count : {&e.executors_seen, &e.instances, &e.cores, &e.memory_bytes, &e.overhead_bytes, &e.python_bytes,
                      &e.off_heap_bytes, &e.oom_kills, &e.heap_ooms, &e.tasks}) {
    *count = bounded(*count);
  }
  for (auto* value : {&e.run_seconds, &e.task_seconds, &e.gc_seconds, &e.slot_seconds, &e.longest_task_seconds,
                      &e.memory_spilled_bytes, &e.disk_spilled_bytes, &e.shuffle_bytes, &e.core_price, &e.gib_price}) {
    *value = finite(*value);
  }
  for (auto* peak : {&e.peak_heap, &e.peak_off_heap, &e.peak_process, &e.peak_storage, &e.peak_execution}) {
    *peak = finite(*peak);
  }
  const double slots = static_cast<double>(e.instances) * static_cast<double>(e.cores);
  // Fewer at a time than on the average: polls were too rare to see it.
  const double average = e.slot_seconds > 0 ? std::min(1.0, e.task_seconds / e.slot_seconds) * slots : 0;
  if (e.peak_tasks && static_cast<double>(*e.peak_tasks) < average) e.peak_tasks.reset();
  if (e.peak_tasks) e.peak_tasks = bounded(*e.peak_tasks);
  if (!(e.memory_fraction > 0.05 && e.memory_fraction <= 1)) e.memory_fraction = 0.6;
  e.gc_seconds = std::min(e.gc_seconds, e.task_seconds);
  return e;
}

std::int64_t round_up(double bytes) {
  const auto whole = static_cast<std::int64_t>(std::min(std::ceil(bytes), static_cast<double>(kMost)));
  return (whole + kStep - 1) / kStep * kStep;
}

double gc_share(const Evidence& e) { return e.task_seconds > 0 ? e.gc_seconds / e.task_seconds : 0; }

bool spilled(const Evidence& e) { return e.memory_spilled_bytes > 0 || e.disk_spilled_bytes > 0; }

bool spilled_much(const Evidence& e) {
  return e.disk_spilled_bytes >= (e.shuffle_bytes > 0 ? kMuchSpill * e.shuffle_bytes : kMuchSpillBytes) &&
         e.disk_spilled_bytes > 0;
}

// --- slots ----------------------------------------------------------------------------------------------------

struct Slots {
  std::int64_t instances = 0, cores = 0;
  double longer = 1;     ///< the run's time, as a multiple
  std::string evidence;  ///< "" if all stays
};

/// Heap that each executor needs if the cached data of all sit in `instances` of them.
double heap_need(const Evidence& e, std::int64_t instances) {
  const double cached = e.peak_storage.value_or(0);
  const double spread =
      instances > 0 && e.instances > instances ? static_cast<double>(e.instances) / static_cast<double>(instances) : 1;
  const double live = e.peak_heap.value_or(0) + cached * (spread - 1);
  // Spark's own share: storage and execution live in memory_fraction of what is not reserved.
  const double managed =
      std::max(0.0, cached * spread + e.peak_execution.value_or(0) - static_cast<double>(e.off_heap_bytes));
  return std::max(live * kHeadroom, managed / e.memory_fraction + static_cast<double>(kReserved));
}

/// The fewest slots that do: those that were ever busy at a time, or as few as make the run a tenth longer.
std::int64_t slots_wanted(const Evidence& e, std::int64_t slots, double busy) {
  // Work W over S slots in time T: T - W/S passes without tasks' help, so with r * S slots it takes 1 - busy + busy/r.
  const double by_time = busy / (kSlower - 1 + busy) * static_cast<double>(slots);
  auto wanted = static_cast<std::int64_t>(std::ceil(by_time - 1e-9));
  if (e.peak_tasks && *e.peak_tasks > 0) wanted = std::min(wanted, *e.peak_tasks);
  return std::clamp<std::int64_t>(wanted, 1, slots);
}

std::string slots_sentence(const Evidence& e, double busy) {
  std::string text = "Tasks used " + percent_words(busy) + " of the slots' time";
  if (e.peak_tasks) text += ", and at most " + std::to_string(*e.peak_tasks) + " ran at a time";
  if (e.longest_task_seconds > 0 && e.run_seconds > 0) {
    text += "; the longest task took " + seconds_words(e.longest_task_seconds) + " of the run's " +
            seconds_words(e.run_seconds) + ", which more slots cannot shorten";
  }
  return text + ".";
}

Slots fit_slots(const Evidence& e) {
  Slots fit{e.instances, e.cores, 1, ""};
  if (e.dynamic_allocation || e.instances <= 0 || e.cores <= 0 || e.slot_seconds <= 0 || e.task_seconds <= 0) {
    return fit;
  }
  const double busy = std::min(1.0, e.task_seconds / e.slot_seconds);
  if (1 - busy < kIdleEnough) return fit;
  const std::int64_t slots = std::min(e.instances * std::min<std::int64_t>(e.cores, 100'000), kMost);
  const std::int64_t wanted = slots_wanted(e, slots, busy);
  std::int64_t instances = std::min(e.instances, (wanted + e.cores - 1) / e.cores);
  // Cached data must have a place in what is left, at the heap there is.
  while (instances < e.instances && e.memory_bytes > 0 &&
         heap_need(e, instances) > std::max(static_cast<double>(e.memory_bytes), heap_need(e, e.instances))) {
    instances = std::min(e.instances, instances + std::max<std::int64_t>(1, instances / 8));
  }
  fit.instances = instances;
  if (instances == 1 && wanted < e.cores) fit.cores = wanted;
  const auto left = fit.instances * fit.cores;
  if (left >= slots) return Slots{e.instances, e.cores, 1, ""};
  if (!e.peak_tasks || left < *e.peak_tasks) {
    fit.longer = 1 - busy + busy * static_cast<double>(slots) / static_cast<double>(left);
  }
  fit.evidence = slots_sentence(e, busy);
  return fit;
}

// --- memory ---------------------------------------------------------------------------------------------------

struct Change {
  std::int64_t to = 0;
  std::string evidence;
};

/// Why more heap is needed, and how much more: 1 is none.
double growth(const Evidence& e, std::string& why) {
  double factor = 1;
  const auto because = [&](double by, const std::string& text) {
    factor = std::max(factor, by);
    why += (why.empty() ? "" : "; ") + text;
  };
  if (e.heap_ooms > 0) because(1.5, count_words(e.heap_ooms, "executor") + " died of OutOfMemoryError");
  const double heap_use = e.peak_heap && e.memory_bytes > 0 ? *e.peak_heap / static_cast<double>(e.memory_bytes) : 0;
  const double gc = gc_share(e);
  if (gc >= kHighGc && heap_use >= kFullHeap) {
    because(1 + std::min(1.0, 2.5 * gc), percent_words(gc) + " of the tasks' time went into garbage collection with " +
                                             percent_words(std::min(1.0, heap_use)) + " of the heap in use");
  }
  if (spilled_much(e)) {
    because(1.25, size_words(e.disk_spilled_bytes) + " were spilled to disk (more and smaller partitions help, too)");
  }
  return factor;
}

Change fit_memory(const Evidence& e, std::int64_t instances) {
  Change keep{e.memory_bytes, ""};
  if (e.memory_bytes <= 0) return keep;
  const auto now = static_cast<double>(e.memory_bytes);
  std::string why;
  const double factor = growth(e, why);
  if (factor > 1) {
    const double need = std::max(now * factor, std::min(heap_need(e, instances), now * 2));
    return {round_up(std::max(need, e.peak_heap.value_or(0))), "More heap: " + why + "."};
  }
  const bool calm = gc_share(e) <= kCalmGc && !spilled(e) && e.oom_kills == 0;
  if (!calm || !e.peak_heap || e.task_seconds <= 0) return keep;
  const auto need = std::max(round_up(heap_need(e, instances)), kLeastHeap);
  if (static_cast<double>(need) > kWorthIt * now) return keep;
  return {need, "At most " + size_words(*e.peak_heap) + " of " + size_words(now) + " of heap were in use, with " +
                    percent_words(gc_share(e)) + " of the tasks' time in garbage collection and nothing spilled."};
}

/// Memory that is neither heap, Spark's off-heap nor PySpark's: metaspace, threads, direct buffers, Python.
Change fit_overhead(const Evidence& e) {
  Change keep{e.overhead_bytes, ""};
  if (e.overhead_bytes <= 0) return keep;
  const auto now = static_cast<double>(e.overhead_bytes);
  if (e.oom_kills > 0) {
    return {round_up(std::max(now * 1.5, now + static_cast<double>(kLeastOverhead))),
            "The kernel killed " + count_words(e.oom_kills, "executor") +
                " for memory: the pod needs more beside the heap."};
  }
  if (!e.peak_process || !e.peak_heap) return keep;
  // Heap that was committed and not in use counts as overhead here: the kernel counts it, too.
  const double beside =
      std::max(0.0, *e.peak_process - *e.peak_heap - static_cast<double>(e.off_heap_bytes + e.python_bytes));
  const auto to = std::max(round_up(beside * kHeadroom), kLeastOverhead);
  if (static_cast<double>(to) > kOverheadWorthIt * now) return keep;
  return {to, "The executors' processes took at most " + size_words(*e.peak_process) + ", " + size_words(*e.peak_heap) +
                  " of it heap."};
}

// --- together -------------------------------------------------------------------------------------------------

double hourly(const Evidence& e, std::int64_t instances, std::int64_t cores, std::int64_t memory,
              std::int64_t overhead) {
  const auto bytes = static_cast<double>(memory + overhead + e.off_heap_bytes + e.python_bytes);
  return static_cast<double>(std::max<std::int64_t>(instances, 1)) *
         (static_cast<double>(cores) * e.core_price + bytes / static_cast<double>(kGiB) * e.gib_price);
}

std::string too_thin(const Evidence& e) {
  if (e.run_seconds < kShortestRun) {
    return "the run took only " + seconds_words(e.run_seconds) + " (" + seconds_words(kShortestRun) + " are needed)";
  }
  if (e.tasks < kFewestTasks) {
    return "only " + count_words(e.tasks, "task") + " ended (" + std::to_string(kFewestTasks) + " are needed)";
  }
  if (e.memory_bytes <= 0 && (e.cores <= 0 || e.instances <= 0)) return "what executors reserve is not known";
  return {};
}

std::string why_quiet(const Evidence& e) {
  if (!e.peak_heap && e.dynamic_allocation) {
    return "no executor has told its memory peaks, and dynamic allocation decides how many there are";
  }
  if (!e.peak_heap) return "no executor has told its memory peaks";
  return {};
}

}  // namespace

Advice advise(const Evidence& told) {
  const Evidence e = sane(told);
  Advice advice;
  // A pod that died for memory is evidence however short the run was.
  if (e.oom_kills == 0 && e.heap_ooms == 0) advice.quiet_because = too_thin(e);
  if (!advice.quiet_because.empty()) return advice;

  const Slots slots = too_thin(e).empty() ? fit_slots(e) : Slots{e.instances, e.cores, 1, ""};
  const Change memory = fit_memory(e, slots.instances);
  const Change overhead = fit_overhead(e);
  const auto add = [&](const char* setting, std::int64_t from, std::int64_t to, const std::string& evidence) {
    if (from > 0 && to != from) advice.recommendations.push_back({setting, from, to, evidence});
  };
  add("executor.memory", e.memory_bytes, memory.to, memory.evidence);
  add("executor.memoryOverhead", e.overhead_bytes, overhead.to, overhead.evidence);
  add("executor.cores", e.cores, slots.cores, slots.evidence);
  if (!e.dynamic_allocation) add("executor.instances", e.instances, slots.instances, slots.evidence);
  if (advice.recommendations.empty()) {
    advice.quiet_because = why_quiet(e);
    return advice;
  }
  const auto known = [](std::int64_t value) { return value > 0 ? std::optional(value) : std::nullopt; };
  advice.memory_bytes = known(memory.to);
  advice.overhead_bytes = known(overhead.to);
  advice.cores = known(slots.cores);
  if (!e.dynamic_allocation) advice.instances = known(slots.instances);
  const double before = hourly(e, e.instances, e.cores, e.memory_bytes, e.overhead_bytes);
  const double after = hourly(e, slots.instances, slots.cores, memory.to, overhead.to) * slots.longer;
  if (before > 0) advice.saving_ratio = std::min(1.0, 1 - after / before);
  return advice;
}

}  // namespace spark_exporter::sizing
