#pragma once
// One holder's money: paid by the clock, booked by what is known of its slots. docs/cost.md has the formulas.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "exporter/cost/ledger.hpp"

namespace spark_exporter::cost {

// With these no product of slots and milliseconds, and no sum of counts, leaves 64 bits.
inline constexpr std::int64_t kMostSlots = 10'000;
inline constexpr std::int64_t kLargestTaskMillis = 1'000'000'000'000'000'000;
inline constexpr double kHighestRate = 1e9;  ///< money a second

/// Between the epoch and the end of the year 9999.
TimePoint sane_time(TimePoint time);

/// What one advance books, over all holders.
struct Booking {
  PerUse<double> money{};
  std::int64_t task_millis = 0;  ///< slot time of tasks in it
  double task_money() const;
};

/// Slot time of tasks comes in these uses, the first of Use.
inline constexpr std::size_t kTaskUses = 6;

/// What a holder was last known to be, made to fit: times in order, numbers within bounds, counts that never fall.
struct Account {
  explicit Account(const Holder& first);
  Account() = default;  ///< for restore

  /// Takes what is new. Prices change from `now` on, the past stays.
  void update(const Holder& holder, TimePoint now);
  /// The run is over: whoever had no end ended then, or when it was last seen.
  void end_by(TimePoint end);
  /// Its end was none, or another one. What was booked as lingering counts as booked.
  void resume(const Holder& holder);
  /// Books what is settled at `now` into `booking`.
  void book(TimePoint now, bool closed, Booking& booking);

  /// Money from held_from to then, or to its release if that was earlier.
  PerResource<double> paid(TimePoint until) const;
  double paid_total(TimePoint until) const;
  double rate(TimePoint now) const;
  /// All that it will ever be paid has been booked.
  bool is_finished(TimePoint now) const;

  outcome::Component component = outcome::Component::kExecutor;
  std::vector<RateSpan> rates;
  TimePoint held_from{};
  std::optional<TimePoint> work_from, work_until, released;
  std::int64_t slots = 0;
  std::optional<TimePoint> as_of, oldest_task;
  std::int64_t task_millis = 0;
  std::array<std::int64_t, kTaskUses> told{};  ///< of it, by Use; kTaskOk is what is left, and 0 here
  std::int64_t active_tasks = 0;
  bool counts_final = false;
  bool end_is_guess = false;
  std::optional<TimePoint> quiet;  ///< last moment that is known to have had no active task

  std::array<std::int64_t, kTaskUses> settled{};   ///< slot time that was booked, by Use
  std::int64_t idle_millis = 0;                    ///< slot time booked as idle
  double starting = 0, driver = 0, lingering = 0;  ///< booked money of uses that go by the clock
  double booked = 0;                               ///< all booked money but `lingering`
  TimePoint booked_until{};                        ///< money up to then is spoken for: it is not released earlier

 private:
  /// The times as they fit each other at `now`. `from` and `until` are absent while they are not known.
  struct Times {
    TimePoint end;  ///< of what is paid
    std::optional<TimePoint> from, until;
  };
  Times times(TimePoint now, bool closed) const;
  std::optional<TimePoint> released_at() const;
  bool has_slots() const { return slots > 0; }

  void take_times(const Holder& holder);
  void take_counts(const Holder& holder);
  void take_rates(const std::vector<RateSpan>& told_rates, TimePoint now);

  void book_starting(const Times& times, Booking& booking);
  void book_driver(const Times& times, TimePoint now, Booking& booking);
  void book_slots(const Times& times, Booking& booking);
  void book_lingering(const Times& times, bool closed, Booking& booking);

  struct Pool;
  void settle_tasks(Pool& pool, Booking& booking);
  void settle_idle(Pool& pool, TimePoint from, TimePoint until, bool is_last, Booking& booking);
  std::array<std::int64_t, kTaskUses> unsettled_tasks() const;
  std::int64_t settled_tasks() const;
  double take(double money, Use use, Booking& booking);
};

}  // namespace spark_exporter::cost
