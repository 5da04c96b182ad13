#include "exporter/model/executor_ledger.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <tuple>

#include "exporter/model/bounded.hpp"

namespace spark_exporter::model {
namespace {

constexpr std::size_t kEndings = 200;

std::optional<std::int64_t> number_of(const std::string& id) {
  std::int64_t number = 0;
  const auto* end = id.data() + id.size();
  auto [at, error] = std::from_chars(id.data(), end, number);
  if (error != std::errc{} || at != end || !is_id(number)) return std::nullopt;
  return number;
}

bool is_driver(const spark::Executor& executor) { return executor.id == "driver"; }

/// An answer that lacks the heartbeat's part, or is older, must not take back what is known.
void keep_peaks(spark::Executor& next, const spark::Executor& last) {
  if (!last.peak) return;
  if (!next.peak) {
    next.peak = last.peak;
    return;
  }
  next.peak->minor_gc_time = std::max(next.peak->minor_gc_time, last.peak->minor_gc_time);
  next.peak->major_gc_time = std::max(next.peak->major_gc_time, last.peak->major_gc_time);
  next.peak->total_gc_time = std::max(next.peak->total_gc_time, last.peak->total_gc_time);
}

void keep_totals(spark::Executor& next, const spark::Executor& last) {
  next.completed_tasks = std::max(next.completed_tasks, last.completed_tasks);
  next.failed_tasks = std::max(next.failed_tasks, last.failed_tasks);
  next.total_duration = std::max(next.total_duration, last.total_duration);
  next.total_gc_time = std::max(next.total_gc_time, last.total_gc_time);
  next.total_input_bytes = std::max(next.total_input_bytes, last.total_input_bytes);
  next.total_shuffle_read = std::max(next.total_shuffle_read, last.total_shuffle_read);
  next.total_shuffle_write = std::max(next.total_shuffle_write, last.total_shuffle_write);
  if (last.add_time) next.add_time = last.add_time;
  keep_peaks(next, last);
}

/// The driver, then by time added, then by number.
void sort_by_age(std::vector<const spark::Executor*>& executors) {
  std::stable_sort(executors.begin(), executors.end(), [](const auto* a, const auto* b) {
    const auto key = [](const spark::Executor& e) {
      return std::tuple(!is_driver(e), e.add_time.value_or(spark::TimePoint{}), number_of(e.id).value_or(0));
    };
    return key(*a) < key(*b);
  });
}

}  // namespace

std::optional<spark::Millis> stop_the_world(const spark::Executor& executor) {
  if (!executor.peak) return std::nullopt;
  const auto& peak = *executor.peak;
  const auto paused = std::max(bounded_sum(peak.minor_gc_time, peak.major_gc_time), spark::Millis{0});
  if (paused.count() == 0 && peak.total_gc_time.count() > 0) return std::nullopt;
  return paused;
}

void ExecutorLedger::raise_highs(const spark::Executor& executor, bool told_before) {
  if (!executor.peak || is_driver(executor)) return;
  const auto& peak = *executor.peak;
  auto& highs = data_.highs;
  const auto raise = [](std::int64_t& high, std::int64_t value) { high = std::max(high, value); };
  raise(highs.heap, peak.jvm_heap_memory);
  raise(highs.off_heap, peak.jvm_off_heap_memory);
  raise(highs.process,
        bounded_sum(bounded_sum(peak.process_tree_jvm_rss, peak.process_tree_python_rss), peak.process_tree_other_rss));
  raise(highs.storage, bounded_sum(peak.on_heap_storage_memory, peak.off_heap_storage_memory));
  raise(highs.execution, bounded_sum(peak.on_heap_execution_memory, peak.off_heap_execution_memory));
  if (!told_before) ++highs.told;
}

void ExecutorLedger::update_live(const spark::Executor& executor) {
  if (data_.dead.contains(executor.id)) return;
  auto at = data_.live.find(executor.id);
  if (at == data_.live.end()) {
    at = data_.live.emplace(executor.id, spark::Executor{}).first;
  }
  spark::Executor next = executor;
  keep_totals(next, at->second);
  raise_highs(next, at->second.peak.has_value());
  at->second = std::move(next);
}

bool ExecutorLedger::apply_live(const std::vector<spark::Executor>& executors, spark::TimePoint now) {
  seen_ = std::max(seen_.value_or(now), now);
  std::set<std::string_view> present;
  std::int64_t highest = highest_asked_;
  std::size_t known_numbers = 0;
  std::int64_t tasks = 0;
  for (const auto& executor : executors) {
    tasks = bounded_sum(tasks, executor.active_tasks);
    present.insert(executor.id);
    const auto number = number_of(executor.id);
    if (number && *number > highest_asked_) {
      highest = std::max(highest, *number);
      ++known_numbers;
    }
    update_live(executor);
  }
  data_.highs.tasks = std::max(data_.highs.tasks, tasks);
  const bool gap = highest - highest_asked_ > static_cast<std::int64_t>(known_numbers);
  highest_asked_ = highest;
  const bool gone = std::any_of(data_.live.begin(), data_.live.end(),
                                [&](const auto& entry) { return !present.contains(entry.first); });
  return gap || gone;
}

void ExecutorLedger::bury(spark::Executor executor, spark::TimePoint end) {
  // The driver cannot be missing from its own list: such an answer is a broken one.
  if (is_driver(executor) || !data_.dead.insert(executor.id).second) return;
  auto last = data_.live.extract(executor.id);
  const bool told = last && last.mapped().peak;
  if (last) keep_totals(executor, last.mapped());
  raise_highs(executor, told);
  // Spark may report an end that lies before the last answer in which it lived: what was shown stays.
  auto until = executor.remove_time.value_or(end);
  if (last && seen_) until = std::max(until, *seen_);
  ++data_.removals[static_cast<std::size_t>(classify_removal(executor.remove_reason))];
  data_.dead_gc = bounded_sum(data_.dead_gc, stop_the_world(executor).value_or(spark::Millis{0}));
  if (executor.add_time) {
    data_.dead_uptime = bounded_sum(data_.dead_uptime, span_between(*executor.add_time, until));
  }
  if (endings_.size() < kEndings) endings_.push_back({std::move(executor), std::nullopt});
}

void ExecutorLedger::apply_all(const std::vector<spark::Executor>& executors, spark::TimePoint now) {
  std::set<std::string_view> present;
  for (const auto& executor : executors) {
    present.insert(executor.id);
    if (executor.is_active) {
      update_live(executor);
    } else {
      bury(executor, now);
    }
  }
  std::vector<spark::Executor> vanished;
  for (const auto& [id, executor] : data_.live) {
    if (!present.contains(id)) vanished.push_back(executor);
  }
  for (auto& executor : vanished) {
    ++data_.forgotten;
    bury(std::move(executor), now);
  }
}

void ExecutorLedger::forget_scraped(std::uint64_t scrapes) {
  std::erase_if(endings_, [&](const Ending& e) { return e.shown_at_scrape && scrapes > *e.shown_at_scrape; });
  for (auto& ending : endings_) {
    if (!ending.shown_at_scrape) ending.shown_at_scrape = scrapes;
  }
}

std::vector<const spark::Executor*> ExecutorLedger::by_age() const {
  std::vector<const spark::Executor*> order;
  order.reserve(data_.live.size());
  for (const auto& [id, executor] : data_.live) order.push_back(&executor);
  sort_by_age(order);
  return order;
}

std::vector<const spark::Executor*> ExecutorLedger::by_age_with_endings() const {
  std::vector<const spark::Executor*> order;
  order.reserve(data_.live.size() + endings_.size());
  for (const auto& [id, executor] : data_.live) order.push_back(&executor);
  for (const auto& ending : endings_) order.push_back(&ending.executor);
  sort_by_age(order);
  return order;
}

std::uint64_t ExecutorLedger::active() const {
  return static_cast<std::uint64_t>(std::count_if(data_.live.begin(), data_.live.end(), [](const auto& entry) {
    return !is_driver(entry.second) && !entry.second.is_excluded;
  }));
}

std::uint64_t ExecutorLedger::excluded() const {
  return static_cast<std::uint64_t>(std::count_if(data_.live.begin(), data_.live.end(), [](const auto& entry) {
    return !is_driver(entry.second) && entry.second.is_excluded;
  }));
}

std::optional<spark::Millis> ExecutorLedger::gc_total() const {
  auto sum = data_.dead_gc;
  bool known = sum.count() > 0;
  for (const auto& [id, executor] : data_.live) {
    const auto paused = stop_the_world(executor);
    if (!paused && executor.peak) return std::nullopt;
    if (!paused) continue;
    known = true;
    sum = bounded_sum(sum, *paused);
  }
  return known ? std::optional(sum) : std::nullopt;
}

std::optional<spark::Millis> ExecutorLedger::uptime_total() const {
  if (!seen_) return std::nullopt;
  auto sum = data_.dead_uptime;
  for (const auto& [id, executor] : data_.live) {
    if (executor.add_time) sum = bounded_sum(sum, span_between(*executor.add_time, *seen_));
  }
  return sum;
}

}  // namespace spark_exporter::model
