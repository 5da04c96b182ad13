#pragma once
// One run's money: what was paid for each pod, and what each unit of it bought. Pure: no clock, no I/O. Everything that
// comes in is cumulative, so that the end result does not depend on when it was asked. docs/cost.md has the formulas.
//
// A holder's money grows with time, at its rates, from `held_from`. Slot time that is not booked yet (tasks that run,
// and gaps that cannot be told from them) is a pool; a unit of slot time that settles takes the pool's mean price with
// it, so that uses add up whatever the prices did. Where nothing runs, all that is left in the pool was idle.
//
// Nothing that was booked is booked again: sums never fall, whatever comes in.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/cost/money.hpp"
#include "exporter/outcome/view.hpp"

namespace spark_exporter::cost {

/// Money per second for all that a holder reserves.
struct RateSpan {
  TimePoint from;
  PerResource<double> per_second{};
};

/// Slot time of ended tasks that was lost, without its collector time.
struct LostTime {
  Millis failed{0}, retried{0}, speculation{0}, killed{0};
};

/// A pod (or a JVM outside Kubernetes) that the run pays for, as it is known now.
struct Holder {
  std::string id;  ///< Spark's executor id; "driver"
  outcome::Component component = outcome::Component::kExecutor;
  std::vector<RateSpan> rates;  ///< by time; the first counts for all before it, too
  TimePoint held_from;          ///< a node held it. Fixed with the first apply(), as is what rates say of the past
  std::optional<TimePoint> work_from;  ///< registered with the driver (addTime); of the driver: its application's start
  std::optional<TimePoint> work_until;  ///< removed (removeTime), container ended; of the driver: its application's end
  std::optional<TimePoint> released;    ///< the pod is terminal
  bool end_is_guess = false;            ///< nobody said so: it may go on, see resume()
  std::int64_t slots = 0;               ///< maxTasks; 0: a driver without slots
  // As of `as_of`, cumulative over ended tasks:
  std::optional<TimePoint> as_of;  ///< of Spark's answer that the following come from; absent: none yet
  Millis task_time{0};             ///< totalDuration
  Millis gc_time{0};               ///< totalGCTime, of the tasks
  LostTime lost;
  std::int64_t active_tasks = 0;
  std::optional<TimePoint> oldest_task;  ///< no task that runs started before; absent: not known
  bool counts_final = false;             ///< these are its last counts: nothing after them is unobserved
};

struct Totals {
  std::array<PerResource<double>, outcome::kComponents> paid{};
  PerUse<double> used{};
  double unsettled = 0;                  ///< sum of paid less sum of used
  std::map<std::string, double> groups;  ///< sum is that of `used`; "" is `unattributed`
  double paid_total() const;
};

class Ledger {
 public:
  struct Data;  ///< for the state file
  Ledger();
  ~Ledger();
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;

  /// Adds a holder, or what is new of it. Times that contradict each other (clocks differ) are made to fit: nothing
  /// lasts less than 0 s.
  void apply(const Holder& holder);
  /// Slot time of each group's tasks so far (cumulative), as of the moment of what holders are told with it: money that
  /// settles goes to the groups whose time grew, in proportion; what no task caused stays unattributed.
  void apply_groups(const std::map<std::string, Millis>& slot_time);
  /// Milliseconds of groups' slot time that no settled time would have met yet, were `slot_time` applied.
  double unmet(const std::map<std::string, Millis>& slot_time) const;
  /// Books up to `now`: paid by the clock, used by what is settled. Where `now` is the moment up to which is known who
  /// was released, the sums do not depend on when they were taken; a release that is learnt later keeps them from
  /// growing until time has caught up.
  void advance(TimePoint now);
  /// Nothing more will be told: what is in the pools is unobserved, holders without an end ended at `end`. Later
  /// advance()s let holders without `released` linger.
  void close(TimePoint end);
  /// The run, or these holders of it, were thought to be over and are not: they end when they say now, if they do. What
  /// was booked stays so, and no time is paid twice.
  void resume(const std::vector<const Holder*>& going_on);

  const Totals& totals() const;
  /// What was paid for one holder so far; 0 if there is none of that id.
  double paid(std::string_view id) const;
  /// Money a second at that moment, of what is held.
  double rate(TimePoint now) const;

  std::string save() const;  ///< JSON
  static std::optional<Ledger> restore(std::string_view json);

 private:
  std::unique_ptr<Data> data_;
};

}  // namespace spark_exporter::cost
