#pragma once
// What is kept of one job across its runs.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/jobs/schedule.hpp"
#include "exporter/outcome/view.hpp"
#include "exporter/quality/ledger.hpp"

namespace spark_exporter::jobs {

struct RunRecord;

/// A run that ended well, as far as baselines go.
struct GoodRun {
  TimePoint ended;
  std::optional<double> duration_seconds;
  std::optional<double> input_bytes;
  std::optional<double> cost;
  std::string currency;  ///< of the cost
};

/// What is due when.
struct ScheduleText {
  std::string schedule;
  std::string zone;
  std::string deadline;
  bool suspended = false;
  friend bool operator==(const ScheduleText&, const ScheduleText&) = default;
};

struct Due {
  std::optional<TimePoint> last_due;
  std::optional<TimePoint> next_run;
  std::optional<TimePoint> deadline;
};

/// Reckons anew only when the text changes or the next run is due.
class ScheduleClock {
 public:
  Due at(TimePoint now, TimePoint not_before, const ScheduleText& text);

 private:
  ScheduleText text_;
  std::optional<Schedule> schedule_;
  Due due_;
};

struct JobRecord {
  static constexpr std::size_t kCurrencies = 4;

  std::string kubernetes_namespace;
  std::string app;
  bool mine = true;  ///< of this shard

  std::array<std::uint64_t, outcome::kEndStates.size()> runs{};
  std::uint64_t retries = 0;
  outcome::RunsCost runs_cost;  ///< at most kCurrencies
  std::uint64_t consecutive_failures = 0;
  std::optional<TimePoint> last_success;
  std::optional<TimePoint> last_failure;
  std::vector<TimePoint> failures;     ///< the newest ones since the last success
  std::vector<GoodRun> good;           ///< by their end, at most limits::kBaselineRuns
  ScheduleText annotated;              ///< by its newest run that says so
  std::string datasets;                ///< that it writes, likewise
  std::optional<cost::Budget> budget;  ///< the same
  cost::PeriodSums spent;
  std::optional<TimePoint> first_seen;
  TimePoint touched{};
  std::shared_ptr<const quality::Ledger> quality;  ///< null: nobody told; replaced, never changed

  std::vector<RunRecord*> members;
  std::unique_ptr<ScheduleClock> clock;  ///< of a job with a schedule

  /// A run of it has ended.
  void note_success(const GoodRun& run);
  void note_failure(TimePoint ended);
  /// The input of a good run became known after its end.
  void note_input(TimePoint ended, std::optional<double> input_bytes);
  /// The same of its cost.
  void note_cost(TimePoint ended, const cost::Final& cost);
  /// A run's cost, once. A job has few currencies: one more is not counted.
  void count_cost(outcome::State state, TimePoint ended, const cost::Final& cost);
  void count(outcome::State state);
  /// Validations of its datasets; how many of them are new.
  std::size_t take_quality(const std::vector<quality::QualityResult>& results, TimePoint now);
  outcome::Baseline baseline() const;
  /// Nothing would be lost with it.
  bool is_blank() const;
};

}  // namespace spark_exporter::jobs
