#include "exporter/cost/account.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "exporter/common/limits.hpp"

namespace spark_exporter::cost {
namespace {

constexpr std::int64_t kLatestMillis = 253'402'300'799'999;  // the end of the year 9999
/// A rest below this share is what adding up left over.
constexpr double kRounding = 1e-12;

// Where tasks seem to need more than a holder's slots had, what fits is booked in this order. Failed ones last: tasks
// of an executor that was lost are timed until Spark noticed.
constexpr std::array<Use, kTaskUses> kFittingOrder{Use::kTaskOk,      Use::kGc,     Use::kStageRetry,
                                                   Use::kSpeculation, Use::kKilled, Use::kTaskFailed};
// Where the lost ones are told before their time is in the task time, what there is goes to them in this order.
constexpr std::array<Use, kTaskUses - 1> kTellingOrder{Use::kGc, Use::kStageRetry, Use::kTaskFailed, Use::kSpeculation,
                                                       Use::kKilled};

std::int64_t sane(Millis millis) { return std::clamp<std::int64_t>(millis.count(), 0, kLargestTaskMillis); }

double sane_rate(double rate) { return std::isnan(rate) ? 0 : std::clamp(rate, 0.0, kHighestRate); }

RateSpan sane(RateSpan span) {
  span.from = sane_time(span.from);
  for (double& rate : span.per_second) rate = sane_rate(rate);
  return span;
}

/// In order, the first from `held_from` on.
std::vector<RateSpan> sane(const std::vector<RateSpan>& told, TimePoint held_from) {
  std::vector<RateSpan> rates;
  rates.reserve(std::min(told.size(), limits::kRateSpans));
  for (const RateSpan& span : told) {
    if (rates.size() == limits::kRateSpans) break;
    rates.push_back(sane(span));
  }
  std::stable_sort(rates.begin(), rates.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  const auto later = std::find_if(rates.begin(), rates.end(), [=](const auto& span) { return span.from > held_from; });
  if (later - rates.begin() > 1) rates.erase(rates.begin(), later - 1);
  if (!rates.empty()) rates.front().from = held_from;
  return rates;
}

/// What counts at that moment: the last span that began, or the first.
std::size_t span_at(const std::vector<RateSpan>& rates, TimePoint when) {
  const auto next = std::upper_bound(rates.begin(), rates.end(), when,
                                     [](TimePoint time, const RateSpan& span) { return time < span.from; });
  return next == rates.begin() ? 0 : static_cast<std::size_t>(next - rates.begin()) - 1;
}

double seconds(TimePoint from, TimePoint until) { return static_cast<double>((until - from).count()) / 1000.0; }

}  // namespace

TimePoint sane_time(TimePoint time) {
  return TimePoint{Millis{std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, kLatestMillis)}};
}

double Booking::task_money() const { return std::accumulate(money.begin(), money.begin() + kTaskUses, 0.0); }

/// Slot time that is not booked, and its money.
struct Account::Pool {
  std::int64_t millis;
  double money;

  /// Takes slot time out, at the pool's mean price.
  double draw(std::int64_t amount) {
    const double drawn = amount >= millis ? money : money * (static_cast<double>(amount) / static_cast<double>(millis));
    millis -= std::min(amount, millis);
    money -= drawn;
    return drawn;
  }
};

// --- what is told ------------------------------------------------------------------------------

Account::Account(const Holder& first)
    : component(first.component),
      rates(sane(first.rates, sane_time(first.held_from))),
      held_from(sane_time(first.held_from)),
      booked_until(held_from) {
  take_times(first);
  take_counts(first);
}

void Account::update(const Holder& holder, TimePoint now) {
  take_rates(holder.rates, now);
  take_times(holder);
  take_counts(holder);
}

void Account::take_times(const Holder& holder) {
  if (!work_from && holder.work_from) work_from = sane_time(*holder.work_from);
  if (!work_until && holder.work_until) work_until = sane_time(*holder.work_until);
  if (!released && holder.released) released = sane_time(*holder.released);
  end_is_guess = holder.end_is_guess;
  slots = std::max(slots, std::clamp<std::int64_t>(holder.slots, 0, kMostSlots));
}

void Account::take_counts(const Holder& holder) {
  if (!holder.as_of || (as_of && sane_time(*holder.as_of) < *as_of)) return;
  as_of = sane_time(*holder.as_of);
  // An executor that Spark says nothing of its slots had one, or its money would buy nothing.
  if (component == outcome::Component::kExecutor && work_from) slots = std::max<std::int64_t>(slots, 1);
  task_millis = std::max(task_millis, sane(holder.task_time));
  const auto grow = [this](Use use, Millis time) { at(told, use) = std::max(at(told, use), sane(time)); };
  grow(Use::kGc, holder.gc_time);
  grow(Use::kTaskFailed, holder.lost.failed);
  grow(Use::kStageRetry, holder.lost.retried);
  grow(Use::kSpeculation, holder.lost.speculation);
  grow(Use::kKilled, holder.lost.killed);
  active_tasks = std::clamp<std::int64_t>(holder.active_tasks, 0, slots);
  oldest_task = holder.oldest_task ? std::optional(sane_time(*holder.oldest_task)) : std::nullopt;
  counts_final = counts_final || holder.counts_final;
}

void Account::take_rates(const std::vector<RateSpan>& told_rates, TimePoint now) {
  // The first counts for all before it, whenever it begins.
  const auto known = [this](const RateSpan& theirs, const RateSpan& mine) {
    const bool from = &mine == &rates.front() ? theirs.from <= mine.from : theirs.from == mine.from;
    return from && theirs.per_second == mine.per_second;
  };
  if (std::equal(told_rates.begin(), told_rates.end(), rates.begin(), rates.end(), known)) return;
  std::vector<RateSpan> next = sane(told_rates, held_from);
  if (next.empty()) return;
  const auto same = [](const RateSpan& a, const RateSpan& b) {
    return a.from == b.from && a.per_second == b.per_second;
  };
  if (std::equal(rates.begin(), rates.end(), next.begin(), next.end(), same)) return;
  if (now <= held_from) {
    rates = std::move(next);
    return;
  }
  if (rates.empty()) rates.push_back({held_from, {}});
  std::erase_if(rates, [now](const RateSpan& span) { return span.from > now; });
  const RateSpan& current = next[span_at(next, now)];
  if (rates.size() < limits::kRateSpans && current.per_second != rates.back().per_second) {
    rates.push_back({now, current.per_second});
  }
  for (std::size_t i = 0; i < next.size() && rates.size() < limits::kRateSpans; ++i) {
    if (next[i].from > now) rates.push_back(next[i]);
  }
}

void Account::end_by(TimePoint end) {
  if (!work_until) work_until = std::max(sane_time(end), booked_until);
}

void Account::resume(const Holder& holder) {
  work_until.reset();
  released.reset();
  take_times(holder);
  booked += std::exchange(lingering, 0);
}

// --- times -------------------------------------------------------------------------------------

std::optional<TimePoint> Account::released_at() const {
  if (!released) return std::nullopt;
  return std::max({*released, held_from, booked_until});
}

Account::Times Account::times(TimePoint now, bool closed) const {
  const auto last = released_at();
  Times fit{std::max(last ? std::min(now, *last) : now, held_from), work_from, work_until};
  if (!fit.until) fit.until = last;
  if (fit.until && last) fit.until = std::min(*fit.until, *last);
  if (fit.until) fit.until = std::max(*fit.until, held_from);
  if (!fit.from && closed) fit.from = fit.until;
  if (fit.from) fit.from = std::max(*fit.from, held_from);
  if (fit.from && fit.until) fit.from = std::min(*fit.from, *fit.until);
  return fit;
}

PerResource<double> Account::paid(TimePoint until) const {
  PerResource<double> money{};
  const auto last = released_at();
  const TimePoint end = last ? std::min(until, *last) : until;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const TimePoint from = i == 0 ? held_from : std::max(rates[i].from, held_from);
    const TimePoint to = i + 1 < rates.size() ? std::min(rates[i + 1].from, end) : end;
    if (to <= from) continue;
    for (std::size_t r = 0; r < kResources; ++r) money[r] += rates[i].per_second[r] * seconds(from, to);
  }
  return money;
}

double Account::paid_total(TimePoint until) const { return sum(paid(until)); }

double Account::rate(TimePoint now) const {
  const auto last = released_at();
  if (rates.empty() || now < held_from || (last && now >= *last)) return 0;
  return sum(rates[span_at(rates, now)].per_second);
}

bool Account::is_finished(TimePoint now) const {
  const auto last = released_at();
  if (!last || now < *last || end_is_guess) return false;
  const double all = paid_total(*last);
  return all - booked - lingering <= all * kRounding;
}

// --- booking -----------------------------------------------------------------------------------

double Account::take(double money, Use use, Booking& booking) {
  if (!(money > 0)) return 0;
  at(booking.money, use) += money;
  if (use != Use::kLingering) booked += money;
  return money;
}

void Account::book(TimePoint now, bool closed, Booking& booking) {
  const Times fit = times(now, closed);
  book_starting(fit, booking);
  if (fit.from) {
    if (has_slots()) {
      book_slots(fit, booking);
    } else {
      book_driver(fit, now, booking);
    }
  }
  if (closed && fit.until) {
    const TimePoint until = std::min(*fit.until, fit.end);
    const double all = paid_total(until);
    if (all - booked > all * kRounding) take(all - booked, Use::kUnobserved, booking);
    booked_until = std::max(booked_until, until);
  }
  book_lingering(fit, closed, booking);
}

void Account::book_starting(const Times& fit, Booking& booking) {
  if (!fit.from && !as_of) return;
  TimePoint until = std::min(fit.from ? *fit.from : *as_of, fit.end);
  if (fit.until) until = std::min(until, *fit.until);
  starting += take(paid_total(until) - booked, Use::kStarting, booking);
  booked_until = std::max(booked_until, until);
}

void Account::book_driver(const Times& fit, TimePoint now, Booking& booking) {
  if (component != outcome::Component::kDriver) return;  // an executor's slots are told with its first counts
  // An end is learnt with an answer: what is after the last one may be lingering.
  TimePoint until = fit.until ? *fit.until : as_of.value_or(now);
  until = std::min(until, fit.end);
  driver += take(paid_total(until) - booked, Use::kDriver, booking);
  booked_until = std::max(booked_until, until);
}

std::int64_t Account::settled_tasks() const { return std::accumulate(settled.begin(), settled.end(), std::int64_t{0}); }

std::array<std::int64_t, kTaskUses> Account::unsettled_tasks() const {
  std::array<std::int64_t, kTaskUses> rest{};
  std::int64_t there = std::max<std::int64_t>(task_millis - settled_tasks(), 0);
  const auto give = [&](Use use) {
    at(rest, use) = std::clamp<std::int64_t>(at(told, use) - at(settled, use), 0, there);
    there -= at(rest, use);
  };
  for (const Use use : kTellingOrder) give(use);
  at(rest, Use::kTaskOk) = there;
  return rest;
}

void Account::book_slots(const Times& fit, Booking& booking) {
  const bool is_last = counts_final && fit.until;
  if (!is_last && !as_of) return;
  TimePoint until = is_last ? *fit.until : *as_of;
  if (fit.until) until = std::min(until, *fit.until);
  until = std::min(until, fit.end);
  if (until <= *fit.from) return;
  const std::int64_t slot_millis = slots * (until - *fit.from).count();
  Pool pool{std::max<std::int64_t>(slot_millis - settled_tasks() - idle_millis, 0),
            std::max(paid_total(until) - booked, 0.0)};
  settle_tasks(pool, booking);
  settle_idle(pool, *fit.from, until, is_last && until == *fit.until, booking);
  booked_until = std::max(booked_until, until);
}

void Account::settle_tasks(Pool& pool, Booking& booking) {
  const auto rest = unsettled_tasks();
  for (const Use use : kFittingOrder) {
    const std::int64_t amount = std::min(at(rest, use), pool.millis);
    if (amount == 0) continue;
    take(pool.draw(amount), use, booking);
    at(settled, use) += amount;
    booking.task_millis += amount;
  }
}

void Account::settle_idle(Pool& pool, TimePoint from, TimePoint until, bool is_last, Booking& booking) {
  if (is_last) {
    idle_millis += pool.millis;
    take(pool.money, Use::kIdle, booking);
    return;
  }
  std::int64_t busy = 0;
  if (active_tasks == 0) {
    quiet = std::max(quiet.value_or(until), until);
  } else {
    const TimePoint since = std::max({from, quiet.value_or(from), oldest_task.value_or(from)});
    busy = active_tasks * std::max<std::int64_t>((until - since).count(), 0);
  }
  const std::int64_t idle = pool.millis - busy;
  if (idle <= 0) return;
  idle_millis += idle;
  take(pool.draw(idle), Use::kIdle, booking);
}

void Account::book_lingering(const Times& fit, bool closed, Booking& booking) {
  // Of an executor's pod the end is learnt late: it is not booked before, unless nobody will tell.
  if (!fit.until || fit.end <= *fit.until) return;
  if (!closed && !released && component != outcome::Component::kDriver) return;
  const double before = std::max(paid_total(*fit.until), booked);
  lingering += take(paid_total(fit.end) - before - lingering, Use::kLingering, booking);
  booked_until = std::max(booked_until, fit.end);
}

}  // namespace spark_exporter::cost
