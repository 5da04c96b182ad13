#include "exporter/cost/ledger.hpp"

#include <algorithm>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/cost/ledger_data.hpp"

namespace spark_exporter::cost {
namespace {

/// A rest below this share of all money is what adding up left over.
constexpr double kRounding = 1e-9;

void add_to(PerResource<double>& cells, const PerResource<double>& more) {
  for (std::size_t i = 0; i < kResources; ++i) cells[i] += more[i];
}

}  // namespace

double sum(const PaidCells& cells) {
  double all = 0;
  for (const auto& of_component : cells) all += sum(of_component);
  return all;
}

double Totals::paid_total() const { return sum(paid); }

// --- the data ----------------------------------------------------------------------------------

void Ledger::Data::advance(TimePoint until) {
  now = std::max(now, until);
  Booking booking;
  for (auto& [id, account] : accounts) account.book(now, closed.has_value(), booking);
  add(booking);
  count_paid();
  finish_accounts();
  sum_up();
}

void Ledger::Data::close(TimePoint end) {
  if (closed) return;
  // What is known of the time before the end is booked by the same rules as ever.
  advance(end);
  closed = end;
  for (auto& [id, account] : accounts) account.end_by(end);
  advance(end);
  Booking rest;
  const PaidCells cost = held();
  for (std::size_t c = 0; c < cost.size(); ++c) {
    for (std::size_t r = 0; r < kResources; ++r) {
      const double more = totals.paid[c][r] - cost[c][r] - overpaid[c][r];
      if (more <= kRounding * totals.paid[c][r]) continue;
      overpaid[c][r] += more;
      at(rest.money, Use::kUnobserved) += more;
    }
  }
  add(rest);
  sum_up();
}

void Ledger::Data::resume(const std::vector<const Holder*>& going_on) {
  closed.reset();
  for (const Holder* const holder : going_on) {
    Account* const account = in_order.find(holder->id);
    if (account == nullptr) continue;
    const auto before = account->paid(now);
    account->resume(*holder);
    const auto after = account->paid(now);
    // What the end took away was booked as overpaid: it is this holder's again.
    for (std::size_t r = 0; r < kResources; ++r) {
      double& rest = at(overpaid, account->component)[r];
      const double back = std::min(rest, std::max(after[r] - before[r], 0.0));
      if (!(back > 0)) continue;
      rest -= back;
      account->booked += back;
      account->booked_until = std::max(account->booked_until, now);
    }
  }
  sum_up();
}

void Ledger::Data::add(const Booking& booking) {
  const double task_money = booking.task_money();
  const double all = sum(booking.money);
  for (std::size_t use = 0; use < kUses; ++use) totals.used[use] += booking.money[use];
  if (task_money > 0) groups.book_tasks(booking.task_millis, task_money);
  groups.book_rest(std::max(all - task_money, 0.0));
}

PaidCells Ledger::Data::held() const {
  PaidCells cost = finished_paid;
  for (const auto& [id, account] : accounts) add_to(at(cost, account.component), account.paid(now));
  return cost;
}

void Ledger::Data::count_paid() {
  const PaidCells cost = held();
  for (std::size_t c = 0; c < cost.size(); ++c) {
    for (std::size_t r = 0; r < kResources; ++r) {
      totals.paid[c][r] = std::max(totals.paid[c][r], cost[c][r] + overpaid[c][r]);
    }
  }
}

void Ledger::Data::finish_accounts() {
  if (closed) return;  // the end may have been none
  for (auto next = accounts.begin(); next != accounts.end();) {
    const Account& account = next->second;
    if (!account.is_finished(now)) {
      ++next;
      continue;
    }
    add_to(at(finished_paid, account.component), account.paid(now));
    finished.emplace(next->first, account.paid_total(now));
    next = accounts.erase(next);
  }
  in_order = InOrder(accounts);
}

void Ledger::Data::sum_up() {
  const double paid = totals.paid_total();
  const double rest = paid - sum(totals.used);
  totals.unsettled = rest > (closed ? kRounding * paid : 0.0) ? rest : 0;
  totals.groups = groups.money();
}

// --- the ledger --------------------------------------------------------------------------------

Ledger::Ledger() : data_(std::make_unique<Data>()) { data_->totals.groups.emplace("", 0.0); }
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;

void Ledger::apply(const Holder& holder) {
  if (auto* const account = data_->in_order.find(holder.id)) return account->update(holder, data_->now);
  if (data_->finished.contains(holder.id) || holder.id.size() > limits::kTextBytes) return;
  if (data_->accounts.size() + data_->finished.size() >= limits::kHolders) return;
  Account account(holder);
  if (data_->closed) account.end_by(*data_->closed);
  data_->accounts.emplace(holder.id, std::move(account));
}

void Ledger::apply_groups(const std::map<std::string, Millis>& slot_time) { data_->groups.apply(slot_time); }

double Ledger::unmet(const std::map<std::string, Millis>& slot_time) const { return data_->groups.unmet(slot_time); }

void Ledger::advance(TimePoint now) { data_->advance(sane_time(now)); }

void Ledger::close(TimePoint end) { data_->close(sane_time(end)); }

void Ledger::resume(const std::vector<const Holder*>& going_on) { data_->resume(going_on); }

const Totals& Ledger::totals() const { return data_->totals; }

double Ledger::paid(std::string_view id) const {
  if (const auto* const account = data_->in_order.find(id)) return account->paid_total(data_->now);
  const auto done = data_->finished.find(id);
  return done == data_->finished.end() ? 0 : done->second;
}

double Ledger::rate(TimePoint now) const {
  double all = 0;
  for (const auto& [id, account] : data_->accounts) all += account.rate(now);
  return all;
}

}  // namespace spark_exporter::cost
