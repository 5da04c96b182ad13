#pragma once
// Executors of one run (the driver is one of them): live ones as last seen, and what dead ones leave behind, so that
// totals over all JVMs never fall when Spark drops a dead executor from its lists.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporter/model/removal_reason.hpp"
#include "exporter/spark/facts.hpp"

namespace spark_exporter::model {

/// Stop-the-world collector time of the JVM since its start: heartbeat's MinorGCTime + MajorGCTime. Absent before the
/// first heartbeat, and where Spark does not classify the collector (TotalGCTime > 0, both 0: ZGC, Shenandoah).
std::optional<spark::Millis> stop_the_world(const spark::Executor& executor);

class ExecutorLedger {
 public:
  /// A dead executor's last values, shown until a scrape has seen them.
  struct Ending {
    spark::Executor executor;
    std::optional<std::uint64_t> shown_at_scrape;  ///< scrapes counted when it was first shown as dead
  };
  /// The highest that was ever seen: peaks of any executor (not the driver), bytes; kept when it dies.
  struct Highs {
    std::int64_t heap = 0, off_heap = 0, process = 0, storage = 0, execution = 0;
    std::int64_t told = 0;   ///< executors that told a peak
    std::int64_t tasks = 0;  ///< that ran at the time of one answer, in all JVMs
    static constexpr auto members() {
      using H = Highs;
      return std::array{&H::heap, &H::off_heap, &H::process, &H::storage, &H::execution, &H::told, &H::tasks};
    }
  };
  struct Data {
    std::map<std::string, spark::Executor> live;
    std::set<std::string> dead;  ///< ids whose end was counted
    std::array<std::uint64_t, kRemovalReasons> removals{};
    spark::Millis dead_gc{0};
    spark::Millis dead_uptime{0};
    std::uint64_t forgotten = 0;  ///< vanished without a word, and Spark no longer knew them
    Highs highs;
  };

  ExecutorLedger() = default;
  explicit ExecutorLedger(Data data) : data_(std::move(data)) {}

  /// GET /executors: live ones. Returns whether /allexecutors must be asked: a known one is gone, or an id was
  /// skipped (it came and went between two polls).
  bool apply_live(const std::vector<spark::Executor>& executors, spark::TimePoint now);
  /// GET /allexecutors: live and dead (at most spark.ui.retainedDeadExecutors of these). `now` is the end of those
  /// that vanished without a trace.
  void apply_all(const std::vector<spark::Executor>& executors, spark::TimePoint now);

  /// Drops endings that a scrape has seen; `scrapes`: scrapes answered so far. Call before each exposition.
  void forget_scraped(std::uint64_t scrapes);

  /// Live ones, oldest first (time added, then id): a stable order, so that "the first N" is sticky.
  std::vector<const spark::Executor*> by_age() const;
  /// The same with the endings among them: what counters show.
  std::vector<const spark::Executor*> by_age_with_endings() const;
  const std::vector<Ending>& endings() const { return endings_; }

  std::uint64_t active() const;    ///< live, not excluded, without the driver
  std::uint64_t excluded() const;  ///< live and excluded, without the driver
  std::uint64_t dead() const { return data_.dead.size(); }
  const std::array<std::uint64_t, kRemovalReasons>& removals() const { return data_.removals; }

  /// Stop-the-world time over all JVMs, dead ones and the driver included. Absent while it is known of none, and where
  /// Spark does not classify a live one's collector.
  std::optional<spark::Millis> gc_total() const;
  /// Up to the last answer: it must not grow while nobody can tell who still lives. Absent before the first.
  std::optional<spark::Millis> uptime_total() const;
  /// Time of the last answer about live ones; absent before the first.
  std::optional<spark::TimePoint> as_of() const { return seen_; }

  const Highs& highs() const { return data_.highs; }

  const Data& data() const { return data_; }

 private:
  void raise_highs(const spark::Executor& executor, bool told_before);
  void update_live(const spark::Executor& executor);
  void bury(spark::Executor executor, spark::TimePoint end);

  Data data_;
  std::vector<Ending> endings_;
  std::optional<spark::TimePoint> seen_;  ///< time of the last answer about live ones
  std::int64_t highest_asked_ = -1;       ///< ids up to here need no /allexecutors because of a gap
};

}  // namespace spark_exporter::model
