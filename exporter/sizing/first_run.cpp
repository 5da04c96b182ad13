// Executor memory = data per partition x partitions per core x cores + overhead.

#include "exporter/sizing/first_run.hpp"

#include <algorithm>
#include <cmath>

#include "exporter/sizing/words.hpp"

namespace spark_exporter::sizing {
namespace {

constexpr std::int64_t kMostExecutors = 100'000;
constexpr std::int64_t kLeastHeap = 512 * kMiB;      // Spark refuses less than 450 MiB
constexpr std::int64_t kLeastOverhead = 384 * kMiB;  // spark.executor.minMemoryOverhead
constexpr std::int64_t kLeastDriverHeap = 2 * kGiB;
constexpr std::int64_t kMostDriverHeap = 16 * kGiB;
constexpr std::int64_t kDriverBytesPerPartition = 256 * 1024;  // tasks' results, metrics and map outputs
constexpr std::int64_t kManyExecutors = 100;
constexpr double kLargestHeap = 4.0 * 1024 * static_cast<double>(kGiB);

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

std::int64_t whole_mebibytes(double bytes) {
  return static_cast<std::int64_t>(std::ceil(bytes / static_cast<double>(kMiB) - 1e-9)) * kMiB;
}

std::string size_of(std::int64_t bytes) { return size_words(static_cast<double>(bytes)); }

/// spark.executor.memoryOverhead as Spark reckons it: a share of the heap, in whole MiB.
std::int64_t overhead_of(std::int64_t heap, double factor) {
  const double share = factor * static_cast<double>(heap / kMiB);
  return std::max(static_cast<std::int64_t>(share) * kMiB, kLeastOverhead);
}

double heap_of(const FirstRun& run, std::int64_t held, std::int64_t cores) {
  return static_cast<double>(run.partition_bytes) * run.expansion * static_cast<double>(held * cores);
}

struct Memory {
  std::int64_t heap = 0, overhead = 0;
  std::int64_t pod() const { return heap + overhead; }
};

Memory memory_of(const FirstRun& run, std::int64_t held, std::int64_t cores) {
  const auto heap = std::max(whole_mebibytes(heap_of(run, held, cores)), kLeastHeap);
  return {heap, overhead_of(heap, run.overhead_factor)};
}

Error impossible(std::string what) { return {ErrorKind::kTooLarge, std::move(what)}; }

std::string memory_step(const FirstRun& run, std::int64_t held, std::int64_t cores, const Memory& memory) {
  const auto product = heap_of(run, held, cores);
  std::string text = "Executor memory: " + size_words(static_cast<double>(run.partition_bytes) * run.expansion) +
                     " x " + std::to_string(held) + " x " + count_words(cores, "core") + " = " + size_words(product);
  if (product < static_cast<double>(kLeastHeap)) text += ", raised to Spark's least, " + size_of(kLeastHeap) + ",";
  text += " of heap, + overhead of " + size_of(memory.overhead) + " (" + number_words(run.overhead_factor * 100, 2) +
          " % of the heap, at least 384 MiB) = " + size_of(memory.pod()) + " a pod.";
  return text;
}

/// Fewer cores in each executor, and more executors, until one fits on a node.
Result<void> fit_node(const FirstRun& run, std::int64_t held, Plan& plan) {
  if (!run.max_node_memory || plan.pod_bytes() <= *run.max_node_memory) return boost::system::in_place_value;
  auto cores = plan.cores;
  while (cores > 1 && memory_of(run, held, cores).pod() > *run.max_node_memory) --cores;
  const auto memory = memory_of(run, held, cores);
  if (memory.pod() > *run.max_node_memory) {
    return impossible("an executor with one core takes " + size_of(memory.pod()) + ", a node has " +
                      size_of(*run.max_node_memory) +
                      ": take a smaller --partition-size or fewer --partitions-per-core");
  }
  const auto executors = divide_up(plan.executors * plan.cores, cores);
  plan.steps.push_back("Nodes: " + size_of(plan.pod_bytes()) + " is more than a node's " +
                       size_of(*run.max_node_memory) + ", so " + count_words(executors, "executor") + " with " +
                       count_words(cores, "core") + " and " + size_of(memory.pod()) + " each instead of " +
                       std::to_string(plan.executors) + " with " + std::to_string(plan.cores) + ".");
  plan.executors = executors;
  plan.cores = cores;
  plan.heap_bytes = memory.heap;
  plan.overhead_bytes = memory.overhead;
  return boost::system::in_place_value;
}

/// Executors, and how many partitions of theirs each core has in memory.
Result<std::int64_t> fit_executors(const FirstRun& run, Plan& plan) {
  const bool cached = run.shape->name == "ml";
  auto held = run.partitions_per_core;
  if (run.executors) {
    plan.executors = *run.executors;
    const auto each = divide_up(plan.partitions, plan.executors * run.cores);
    // What is cached must be in memory all at once, whatever the number of executors.
    if (cached) held = std::max(held, each);
    plan.steps.push_back("Executors: " + std::to_string(plan.executors) + " as asked; each of their " +
                         std::to_string(plan.executors * run.cores) + " cores works through " +
                         count_words(each, "partition") + ".");
    return held;
  }
  const auto tasks = cached ? held : run.shape->tasks_per_core;
  plan.executors = divide_up(plan.partitions, run.cores * tasks);
  if (plan.executors > kMostExecutors) {
    return impossible(std::to_string(plan.partitions) + " partitions want " + std::to_string(plan.executors) +
                      " executors: take a larger --partition-size, or say how many --executors there are");
  }
  plan.steps.push_back("Executors: " + std::to_string(plan.partitions) + " / (" + count_words(run.cores, "core") +
                       " x " + count_words(tasks, "task") +
                       " a core, one after the other) = " + std::to_string(plan.executors) + ".");
  return held;
}

void fit_driver(const FirstRun& run, Plan& plan) {
  const auto wanted =
      kGiB + std::min(plan.partitions, kMostDriverHeap / kDriverBytesPerPartition) * kDriverBytesPerPartition;
  plan.driver_heap_bytes = std::clamp(divide_up(wanted, kGiB) * kGiB, kLeastDriverHeap, kMostDriverHeap);
  plan.driver_overhead_bytes = overhead_of(plan.driver_heap_bytes, run.overhead_factor);
  plan.driver_cores = plan.executors > kManyExecutors ? 2 : 1;
  plan.steps.push_back("Driver: 1 GiB and 256 KiB for each partition, from 2 to 16 GiB, + overhead = " +
                       size_of(plan.driver_pod_bytes()) + "; " + count_words(plan.driver_cores, "core") + ".");
}

void fit_shuffle(const FirstRun& run, Plan& plan) {
  const auto slots = plan.executors * plan.cores;
  const auto rounds = run.shape->name == "streaming" ? 1 : std::max<std::int64_t>(1, divide_up(plan.partitions, slots));
  plan.shuffle_partitions = slots * rounds;
  plan.steps.push_back("Shuffle partitions: " + std::to_string(plan.shuffle_partitions) + ", " +
                       std::to_string(rounds) + " for each of " + count_words(slots, "slot") + ".");
}

/// To the cent; prices below 1 in full.
std::string money_words(double amount) {
  if (amount < 1) return number_words(amount, 6);
  const auto cents = static_cast<std::int64_t>(std::llround(std::min(amount, 1e15) * 100));
  const auto rest = std::to_string(cents % 100);
  return std::to_string(cents / 100) + (rest.size() < 2 ? ".0" : ".") + rest;
}

void add_section(std::string& yaml, const char* name, std::int64_t cores, std::int64_t heap, std::int64_t overhead) {
  yaml += std::string(name) + ":\n  cores: " + std::to_string(cores) + "\n  memory: " + spark_size(heap) +
          "\n  memoryOverhead: " + spark_size(overhead) + "\n";
}

}  // namespace

Result<Plan> plan_first_run(const FirstRun& run) {
  Plan plan;
  plan.partition_bytes = run.partition_bytes;
  plan.partitions = divide_up(run.data_bytes, run.partition_bytes);
  plan.cores = run.cores;
  plan.steps.push_back("Partitions: " + size_of(run.data_bytes) + " / " + size_of(run.partition_bytes) + " = " +
                       std::to_string(plan.partitions) + ".");
  const auto held = fit_executors(run, plan);
  if (!held) return held.error();
  plan.steps.push_back("Data per partition: " + size_of(run.partition_bytes) + " x " + number_words(run.expansion, 2) +
                       " in memory = " + size_words(static_cast<double>(run.partition_bytes) * run.expansion) + ".");
  plan.steps.push_back("Partitions per core in memory: " + std::to_string(*held) + " (" + std::string(run.shape->name) +
                       ": " + std::string(run.shape->because) + ").");
  if (heap_of(run, *held, run.cores) > kLargestHeap) {
    return impossible("an executor would need " + size_words(heap_of(run, *held, run.cores)) +
                      " of heap: take a smaller --partition-size, fewer --cores or more --executors");
  }
  const auto memory = memory_of(run, *held, run.cores);
  plan.heap_bytes = memory.heap;
  plan.overhead_bytes = memory.overhead;
  plan.steps.push_back(memory_step(run, *held, run.cores, memory));
  if (const auto fits = fit_node(run, *held, plan); fits.has_error()) return fits.error();
  fit_driver(run, plan);
  fit_shuffle(run, plan);
  return plan;
}

double price_per_hour(const Plan& plan, const cost::UnitPrices& prices) {
  const auto pod = [&](std::int64_t cores, std::int64_t bytes) {
    return static_cast<double>(cores) * prices.core +
           static_cast<double>(bytes) / static_cast<double>(kGiB) * prices.memory_gib;
  };
  return pod(plan.driver_cores, plan.driver_pod_bytes()) +
         static_cast<double>(plan.executors) * pod(plan.cores, plan.pod_bytes());
}

std::string price_step(const Plan& plan, const cost::UnitPrices& prices, const std::string& currency, double seconds) {
  const double hour = price_per_hour(plan, prices);
  const auto money = [&](double amount) { return money_words(amount) + " " + currency; };
  const double gib = static_cast<double>(plan.executors) * static_cast<double>(plan.pod_bytes()) +
                     static_cast<double>(plan.driver_pod_bytes());
  std::string text = "Price: " + count_words(plan.executors * plan.cores + plan.driver_cores, "core") + " x " +
                     money(prices.core) + " + " + number_words(gib / static_cast<double>(kGiB), 2) + " GiB x " +
                     money(prices.memory_gib) + " = " + money(hour) + " an hour; a run of " + seconds_words(seconds) +
                     " costs " + money(hour * seconds / 3600) + ".";
  if (prices.is_default) text += " The price book does not know that node: its defaults are taken.";
  return text;
}

std::string explanation(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) text += std::to_string(i + 1) + ". " + plan.steps[i] + "\n";
  return text;
}

std::string values_yaml(const Plan& plan, std::string_view heading) {
  std::string yaml = "# " + std::string(heading) + "\nsparkConf:\n  spark.sql.files.maxPartitionBytes: \"" +
                     std::to_string(plan.partition_bytes) + "\"\n  spark.sql.shuffle.partitions: \"" +
                     std::to_string(plan.shuffle_partitions) + "\"\n";
  add_section(yaml, "driver", plan.driver_cores, plan.driver_heap_bytes, plan.driver_overhead_bytes);
  add_section(yaml, "executor", plan.cores, plan.heap_bytes, plan.overhead_bytes);
  return yaml + "  instances: " + std::to_string(plan.executors) + "\n";
}

std::string conf_lines(const Plan& plan) {
  std::string lines;
  const auto line = [&](const char* key, const std::string& value) {
    lines += std::string("--conf spark.") + key + "=" + value + "\n";
  };
  line("driver.cores", std::to_string(plan.driver_cores));
  line("driver.memory", spark_size(plan.driver_heap_bytes));
  line("driver.memoryOverhead", spark_size(plan.driver_overhead_bytes));
  line("executor.cores", std::to_string(plan.cores));
  line("executor.memory", spark_size(plan.heap_bytes));
  line("executor.memoryOverhead", spark_size(plan.overhead_bytes));
  line("executor.instances", std::to_string(plan.executors));
  line("sql.files.maxPartitionBytes", std::to_string(plan.partition_bytes));
  line("sql.shuffle.partitions", std::to_string(plan.shuffle_partitions));
  return lines;
}

}  // namespace spark_exporter::sizing
