#include "tests/unit/cost/history.hpp"

#include <algorithm>

namespace spark_exporter::cost::testing {
namespace {

constexpr std::array kLosses{Use::kTaskFailed, Use::kStageRetry, Use::kSpeculation, Use::kKilled};

std::vector<RateSpan> make_rates(Dice& dice, TimePoint from, const Shape& shape) {
  std::vector<RateSpan> rates;
  for (int i = 0; i <= shape.price_changes; ++i) {
    RateSpan span{from + Millis{i * dice.in(1'000, 200'000)}, {}};
    for (double& rate : span.per_second) rate = dice.one_in(4) ? 0 : static_cast<double>(dice.in(1, 100'000)) * 1e-7;
    rates.push_back(span);
  }
  std::sort(rates.begin(), rates.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  return rates;
}

/// One slot's tasks, one after the other with gaps; what runs at the end is lost with its executor.
void run_slot(Dice& dice, TrueHolder& holder) {
  const bool busy = dice.one_in(3);
  TimePoint at = *holder.work_from + Millis{busy ? 0 : dice.in(0, 30'000)};
  while (at < *holder.work_until && holder.tasks.size() < 60) {
    TrueTask task{at, at + Millis{dice.in(0, 40'000)}, Use::kTaskOk, Millis{0},
                  "group " + std::to_string(dice.in(1, 3))};
    if (dice.one_in(5)) task.use = kLosses[static_cast<std::size_t>(dice.in(0, 3))];
    if (task.end > *holder.work_until) {
      task.end = *holder.work_until;
      task.use = Use::kTaskFailed;
    }
    if (dice.one_in(2)) task.gc = Millis{dice.in(0, (task.end - task.start).count())};
    at = task.end + Millis{busy ? dice.in(1, 3) : dice.in(1, 20'000)};
    holder.tasks.push_back(task);
  }
}

TrueHolder make_driver(Dice& dice, const History& history, const Shape& shape) {
  TrueHolder driver;
  driver.id = "driver";
  driver.component = outcome::Component::kDriver;
  driver.slots = dice.one_in(5) ? dice.in(1, 8) : 0;
  driver.held_from = history.start - Millis{dice.in(0, 40'000)};
  driver.work_from = history.start;
  driver.work_until = history.end;
  if (dice.one_in(2)) driver.released = history.end + Millis{dice.in(0, 100'000)};
  driver.rates = make_rates(dice, driver.held_from, shape);
  if (driver.slots > 0 && *driver.work_from < *driver.work_until) {
    for (std::int64_t slot = 0; slot < driver.slots; ++slot) run_slot(dice, driver);
  }
  return driver;
}

TrueHolder make_executor(Dice& dice, const History& history, const Shape& shape, int number) {
  TrueHolder executor;
  executor.id = std::to_string(number);
  const std::int64_t length = (history.end - history.start).count();
  executor.held_from = history.start + Millis{dice.in(0, length)};
  executor.rates = make_rates(dice, executor.held_from, shape);
  if (dice.one_in(12)) {  // never registers
    if (dice.one_in(2)) executor.released = executor.held_from + Millis{dice.in(0, 100'000)};
    return executor;
  }
  executor.slots = dice.in(1, 8);
  executor.work_from = std::min(executor.held_from + Millis{dice.in(0, 60'000)}, history.end);
  executor.work_until = history.end;
  if (dice.one_in(3)) {  // lost or given back
    executor.work_until = *executor.work_from + Millis{dice.in(0, (history.end - *executor.work_from).count())};
  }
  if (!dice.one_in(5)) executor.released = *executor.work_until + Millis{dice.one_in(2) ? 0 : dice.in(0, 40'000)};
  for (std::int64_t slot = 0; slot < executor.slots; ++slot) run_slot(dice, executor);
  return executor;
}

}  // namespace

History make_history(Dice& dice, const Shape& shape) {
  History history;
  history.start = ms(dice.in(0, 100'000));
  history.end = history.start + Millis{dice.one_in(20) ? 0 : dice.in(1, 600'000)};
  history.tells_oldest = dice.one_in(2);
  history.holders.push_back(make_driver(dice, history, shape));
  const std::int64_t executors = history.holders.front().slots > 0 ? 0 : dice.in(0, 6);
  for (int i = 1; i <= executors; ++i) history.holders.push_back(make_executor(dice, history, shape, i));
  history.over = history.end + Millis{dice.in(0, 200'000)};
  return history;
}

Holder pod_only(Holder known, const TrueHolder& holder, TimePoint at) {
  known.id = holder.id;
  known.component = holder.component;
  known.rates = holder.rates;
  known.held_from = holder.held_from;
  if (holder.released && *holder.released <= at) known.released = holder.released;
  return known;
}

Holder answer(const History& history, const TrueHolder& holder, TimePoint at, Millis list_delay) {
  Holder known = pod_only({}, holder, at);
  if (!holder.work_from || *holder.work_from > at) return known;
  known.work_from = holder.work_from;
  known.slots = holder.slots;
  known.as_of = at;
  for (const TrueTask& task : holder.tasks) {
    const Millis net = task.end - task.start - task.gc;
    if (task.end <= at + list_delay) {
      if (task.use == Use::kTaskFailed) known.lost.failed += net;
      if (task.use == Use::kStageRetry) known.lost.retried += net;
      if (task.use == Use::kSpeculation) known.lost.speculation += net;
      if (task.use == Use::kKilled) known.lost.killed += net;
    }
    if (task.end <= at) {
      known.task_time += task.end - task.start;
      known.gc_time += task.gc;
    } else if (task.start <= at) {
      ++known.active_tasks;
      if (history.tells_oldest) known.oldest_task = std::min(known.oldest_task.value_or(task.start), task.start);
    }
  }
  if (holder.work_until && *holder.work_until <= at) {
    known.work_until = holder.work_until;
    known.counts_final = true;
  }
  return known;
}

std::map<std::string, Millis> run_times(const History& history, TimePoint at) {
  std::map<std::string, Millis> times;
  for (const TrueHolder& holder : history.holders) {
    for (const TrueTask& task : holder.tasks) {
      if (task.end <= at) times[task.group] += (task.end - task.start) * 9 / 10;
    }
  }
  return times;
}

namespace {

double money(const TrueHolder& holder, TimePoint from, TimePoint to) {
  double sum = 0;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(holder.rates.size()); ++i) {
    const auto at_index = static_cast<std::size_t>(i);
    const TimePoint begin = i == 0 ? from : std::max(from, holder.rates[at_index].from);
    const TimePoint end = at_index + 1 < holder.rates.size() ? std::min(to, holder.rates[at_index + 1].from) : to;
    if (begin >= end) continue;
    for (const double rate : holder.rates[at_index].per_second) {
      sum += rate * static_cast<double>((end - begin).count()) / 1000;
    }
  }
  return sum;
}

void add_slots(const TrueHolder& holder, TimePoint from, TimePoint until, TimePoint last, bool is_final, Truth& truth) {
  const double up = money(holder, from, until);
  const auto millis = static_cast<double>(holder.slots * (until - from).count());
  if (millis == 0) return;
  const double price = up / millis;  // with one price; otherwise only the sum means something
  std::int64_t busy = 0;
  for (const TrueTask& task : holder.tasks) {
    if (task.end > last) {
      if (task.start <= last) truth.is_exact = false;
      continue;
    }
    at(truth.used, Use::kGc) += price * static_cast<double>(task.gc.count());
    at(truth.used, task.use) += price * static_cast<double>((task.end - task.start - task.gc).count());
    busy += (task.end - task.start).count();
  }
  const TimePoint seen = is_final ? until : std::min(last, until);
  const double idle = price * static_cast<double>(holder.slots * (seen - from).count() - busy);
  at(truth.used, Use::kIdle) += idle;
  at(truth.used, Use::kUnobserved) += price * static_cast<double>(holder.slots * (until - seen).count());
}

}  // namespace

Truth truth(const History& history, TimePoint last) {
  Truth truth;
  for (const TrueHolder& holder : history.holders) {
    const TimePoint end =
        std::max(holder.released ? std::min(*holder.released, history.over) : history.over, holder.held_from);
    truth.total += money(holder, holder.held_from, end);
    std::optional<TimePoint> from = holder.work_from && *holder.work_from <= last ? holder.work_from : std::nullopt;
    const bool is_final = from && holder.work_until && *holder.work_until <= last;
    TimePoint until = is_final ? *holder.work_until : std::max(history.end, holder.held_from);
    until = std::min(until, end);
    if (!from) from = until;
    at(truth.used, Use::kStarting) += money(holder, holder.held_from, *from);
    at(truth.used, Use::kLingering) += money(holder, until, end);
    if (holder.slots > 0 && *from < until) {
      add_slots(holder, *from, until, last, is_final, truth);
    } else {
      at(truth.used, Use::kDriver) += money(holder, *from, until);
    }
  }
  return truth;
}

}  // namespace spark_exporter::cost::testing
