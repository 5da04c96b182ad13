#pragma once
// One run's cost: what Spark and, where they can be read, its pods and nodes say is told to the ledger, and what comes
// of it is put into words. No clock, no I/O: the caller has both.
//
// Without pods an executor is held from when it registered until it was removed, and the driver from its application's
// start to its end; both reserve what Spark's configuration says.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exporter/app/held_pods.hpp"
#include "exporter/cost/ledger.hpp"
#include "exporter/cost/price_book.hpp"
#include "exporter/cost/view.hpp"
#include "exporter/model/run.hpp"
#include "exporter/outcome/baseline.hpp"

namespace spark_exporter::app {

/// From the configuration.
struct CostSettings {
  cost::PriceBook prices;
  std::vector<cost::Budget> budgets;
  cost::NodeTraits default_node;  ///< for pods whose node is not known
};

/// What is known at one moment.
struct CostFacts {
  const model::Run* run = nullptr;  ///< as after a poll
  std::string kubernetes_namespace, app;
  spark::TimePoint now;
  bool ui_over = false;   ///< the driver's UI was there and is gone
  bool run_over = false;  ///< nobody will tell more of the run itself
  /// The run's pods, as of `now`; absent: they are not read.
  std::optional<std::vector<HeldPod>> pods;
  std::map<std::string, cost::NodeTraits> nodes;  ///< by name, as far as they are known
  std::optional<outcome::Baseline> baseline;      ///< of the job's earlier runs, where somebody told
};

class CostMeter {
 public:
  /// Takes what is new. Another run than before begins anew.
  void feed(const CostFacts& facts, const CostSettings& settings);

  /// Nothing before the first answer about executors, and without any price.
  const std::optional<cost::View>& view() const { return view_; }
  /// Holders that were priced by a guess: the book has no entry for their node.
  std::uint64_t prices_missing() const { return prices_missing_; }

  bool is_of(const spark::Application& application) const;

  /// All that feed() builds on, JSON. Nothing before the first view.
  std::optional<std::string> save() const;
  /// Continues where save() was; false: it is not of such a file, and nothing has changed.
  bool restore(std::string_view json);

 private:
  /// An executor's counts as an answer had them.
  struct Counts {
    spark::TimePoint as_of;
    spark::Millis task_time{0}, gc_time{0};
    std::int64_t active_tasks = 0;
  };
  /// Tasks that were lost with all they took but the collectors' time.
  struct Lost {
    spark::Millis time{0};
    std::int64_t tasks = 0;
  };
  /// A pod or a JVM as it was last told.
  struct Tracked {
    cost::Holder holder;
    cost::Reservation reservation;
    std::shared_ptr<const cost::NodeTraits> node;  ///< null: not known
    std::vector<Counts> counts;                    ///< not told yet, and the last that was; oldest first
    double memory_share = 0;                       ///< of its price
    std::optional<double> peak_bytes;              ///< highest memory use that it told
    spark::TimePoint end_seen;                     ///< of the answer that showed its end
    /// Tasks that its last row does not have: Spark never adds to a row what ends later.
    std::int64_t unended = 0;
    std::int64_t lost_tasks = 0;  ///< that holder.lost is of
    Lost lost_before;  ///< of what was told, what was told before its last answer alive, and so is in its last row
    std::optional<spark::TimePoint> final_at;  ///< of the answer with which its last counts are told
    bool priced = false;
    bool rates_stale = true;   ///< its prices are to be looked up
    bool ended = false;        ///< Spark removed it: its counts change no more
    bool counted_out = false;  ///< its last counts were told

    Lost lost_told() const;  ///< by the lists of tasks, so far
  };
  /// What an answer had of groups: its executors' counts are each in their own list.
  struct Moment {
    spark::TimePoint as_of;
    std::map<std::string, spark::Millis> groups;  ///< slot time
  };
  struct Spans;

  void begin(const spark::Application& application);
  void take_back_ends();
  void guess_end(const CostFacts& facts, Tracked& tracked, const HeldPod* pod) const;
  const HeldPod* pod_of(const std::string& id) const;
  void index_pods(const CostFacts& facts);
  void share_nodes(const CostFacts& facts);
  void take_driver(const CostFacts& facts, const model::WorkLedger::Data& work);
  void take_executors(const CostFacts& facts, const model::WorkLedger::Data& work);
  static void take_last_row(Tracked& tracked, const spark::Executor* last);
  void take_live(const CostFacts& facts, const spark::Executor& executor, Tracked* tracked,
                 const model::LostTasks& lost);
  static void take_lost(Tracked& tracked, const model::LostTasks& lost);
  void take_end(const CostFacts& facts, const std::string& id, const spark::Executor* last,
                const model::WorkLedger::Data& work);
  static void count_out(Tracked& tracked);
  void take_unregistered(const CostFacts& facts);
  Tracked* track(const std::string& id, outcome::Component component, spark::TimePoint held_from);
  /// What the configuration says of an executor: the same for all of so many cores.
  const cost::Reservation& executor_by_conf(const CostFacts& facts, std::int64_t told_cores);
  void reserve(Tracked& tracked, const HeldPod* pod, const cost::Reservation& by_conf);
  void tell(const CostFacts& facts, const CostSettings& settings, const model::WorkLedger::Data& work);
  void tell_counts(spark::TimePoint as_of, bool jobs_ran);
  spark::Millis task_time() const;
  const std::map<std::string, spark::Millis>& groups_for(const Moment& moment, spark::Millis settles,
                                                         const model::WorkLedger::Data& work) const;
  void tell_holders(const CostSettings& settings);
  static const cost::NodeTraits& node_of(const Tracked& tracked, const CostSettings& settings);
  void price(Tracked& tracked, const CostSettings& settings, Spans& spans);
  spark::TimePoint end_of_work(const CostFacts& facts) const;
  void close(const CostFacts& facts);
  void show(const CostFacts& facts, const CostSettings& settings);
  void show_holders(cost::View& view) const;
  void show_prices(cost::View& view, const CostSettings& settings, spark::TimePoint now) const;

  std::string app_id_;
  std::optional<spark::TimePoint> started_;
  bool first_run_ = true;
  bool closed_ = false;
  cost::Ledger ledger_;
  std::map<std::string, Tracked> tracked_;
  std::vector<const cost::Holder*> resumed_;  ///< of the feed that is under way: their ends were none
  std::deque<Moment> moments_;                ///< not told yet, oldest first
  /// Of the feed that is under way, by id; of two with one id the later one.
  std::unordered_map<std::string_view, const HeldPod*> pods_;
  std::map<std::int64_t, cost::Reservation> by_cores_;                    ///< likewise
  std::map<std::string, std::shared_ptr<const cost::NodeTraits>> nodes_;  ///< by name: one for all pods on it
  cost::PriceBook prices_;                                                ///< that holders' rates were made by
  cost::NodeTraits default_node_;
  std::uint64_t prices_missing_ = 0;
  std::optional<cost::View> view_;
};

}  // namespace spark_exporter::app
