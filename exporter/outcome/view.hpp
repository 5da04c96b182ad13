#pragma once
// What is shown of outcomes: the writer of the families of docs/metrics.md's "outcome" fills this in (the observer for
// all jobs, a sidecar that is the owner for its own run), the collector only reads.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/cost/budget.hpp"
#include "exporter/cost/money.hpp"
#include "exporter/outcome/baseline.hpp"
#include "exporter/outcome/diagnosis.hpp"
#include "exporter/outcome/verdict.hpp"

namespace spark_exporter::quality {
class Ledger;
}

namespace spark_exporter::outcome {

using TimePoint = kubernetes::TimePoint;

/// The `kind` label. The endless kinds have no success to wait for: being replaced is no failure.
enum class Kind { kBatch, kStreaming, kServer };
std::string_view to_string(Kind kind);
std::optional<Kind> parse_kind(std::string_view text);
constexpr bool is_endless(Kind kind) { return kind != Kind::kBatch; }

/// The `component` label.
enum class Component { kDriver, kExecutor };
inline constexpr int kComponents = 2;
std::string_view to_string(Component component);

/// The `phase` label of spark_job_pods, in the order of kubernetes::Phase.
inline constexpr int kPhases = 5;
std::string_view to_string(kubernetes::Phase phase);  ///< "unknown", "pending", "running", "succeeded", "failed"

template <class Count, std::size_t N>
using PerComponent = std::array<std::array<Count, N>, kComponents>;

/// What the run should have asked for.
struct Advice {
  std::string conf;                                   ///< "spark.executor.cores=2 spark.executor.memory=3072m ..."
  std::optional<double> saving_ratio = std::nullopt;  ///< of the executors' money; below 0 it costs more
  bool operator==(const Advice&) const = default;
};

/// One run: its series carry namespace, app and app_id.
struct RunView {
  std::string kubernetes_namespace;
  std::string app;
  std::string app_from;  ///< see model::JobName
  std::string app_id;    ///< "" while nobody knows it: submitted, without a driver
  Kind kind = Kind::kBatch;
  std::string spark_version;
  std::string driver_pod;
  std::string node;
  std::string submitter;
  std::optional<std::int64_t> attempt;       ///< 1 is the first
  std::optional<std::int64_t> max_attempts;  ///< absent where it is restarted for ever, or nobody knows
  std::vector<std::pair<std::string, std::string>> info_labels;  ///< allow-listed pod labels

  Verdict verdict;  ///< settled
  std::optional<TimePoint> submitted;
  std::optional<cost::Final> cost;  ///< of ended runs
  std::optional<Advice> advice;     ///< the same

  /// Pods are watched: `pods` and `waiting` are known. Both are all 0 once the run has ended.
  bool pods_known = false;
  PerComponent<std::uint32_t, kPhases> pods{};
  PerComponent<std::uint32_t, kWaitings> waiting{};
  PerComponent<std::uint64_t, kTerminations> terminations{};
};

/// The `outcome` label of spark_job_runs_total.
inline constexpr std::array<State, 4> kEndStates = {State::kSucceeded, State::kFailed, State::kCancelled,
                                                    State::kUnknown};

/// What a job's ended runs cost, in one currency, in the order of kEndStates.
using RunsCost = std::map<std::string, std::array<double, kEndStates.size()>>;

/// One job across its runs: its series carry namespace and app.
struct JobView {
  std::string kubernetes_namespace;
  std::string app;
  std::array<std::uint64_t, kEndStates.size()> runs{};  ///< ended ones, in the order of kEndStates
  std::uint64_t retries = 0;
  RunsCost runs_cost;                                 ///< by currency; only what ended since costs are told
  std::optional<std::uint64_t> consecutive_failures;  ///< a lone sidecar cannot know
  std::optional<TimePoint> last_success;
  std::optional<TimePoint> last_failure;
  std::optional<TimePoint> last_due;
  std::optional<TimePoint> next_run;
  std::optional<TimePoint> deadline;
  std::optional<Baseline> baseline;
  std::shared_ptr<const quality::Ledger> quality;  ///< of its datasets; null: nobody told
  std::optional<cost::Budget> budget;  ///< by its newest run's annotation; else the observer's configuration
  std::string budget_currency;         ///< of the price book
  cost::PeriodSums spent;              ///< on runs, by when they ended
};

struct View {
  std::vector<RunView> runs;
  std::vector<JobView> jobs;
};

}  // namespace spark_exporter::outcome
