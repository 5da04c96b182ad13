#pragma once
// A run in a known state, for collectors to show.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/metrics/collectors.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::test {

inline spark::TimePoint at(std::int64_t seconds) { return spark::TimePoint{spark::Millis{seconds * 1000}}; }

spark::Executor executor(const std::string& id, std::int64_t added = 0);
spark::Executor with_gc(spark::Executor executor, std::int64_t minor, std::int64_t major, std::int64_t total);
spark::Executor gone(spark::Executor executor, const std::string& reason, std::int64_t removed);

/// An outcome of run `app_id` of "sales" in "prod".
outcome::RunView outcome_of(outcome::State state, const std::string& app_id = "spark-1");

/// A snapshot with one run, "sales" in "prod", that is fresh; its time is 2000 s.
class Scene {
 public:
  Scene();

  model::Run& run() { return *run_; }
  model::RunView& view() { return snapshot_.runs.front(); }
  model::Snapshot& snapshot() { return snapshot_; }
  /// Makes this scene's process the one that says what became of runs.
  outcome::View& outcomes();
  /// Makes this scene's process the one that looks at backups.
  backup::View& backups();
  /// Makes the run's cost, and what it should have asked for, known.
  cost::View& cost();
  sizing::Advice& advice();

  /// What one collector writes, with HELP lines left out and the labels of the run shortened to RUN.
  std::string text(void (*collect)(const model::Snapshot&, metrics::Families&));
  /// The samples of one family of it.
  std::string samples(void (*collect)(const model::Snapshot&, metrics::Families&), std::string_view family);
  metrics::DropCounters& drops() { return drops_; }

 private:
  std::unique_ptr<model::Run> run_;
  model::Snapshot snapshot_;
  outcome::View outcomes_;
  backup::View backups_;
  cost::View cost_;
  sizing::Advice advice_;
  metrics::DropCounters drops_;
};

/// The sample lines of `family` (histograms: all their lines) in an exposition.
std::string samples_of(std::string_view exposition, std::string_view family);

/// Datasets sales.customers, whose last validation was good, and sales.orders, whose last one was not.
std::shared_ptr<const quality::Ledger> ledger();

/// A scene in which every family has a sample.
void fill(Scene& scene);

}  // namespace spark_exporter::test
