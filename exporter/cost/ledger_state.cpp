// A ledger as JSON. Numbers are written so that they come back as they were: the sums go on exactly.

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/cost/ledger_data.hpp"

namespace spark_exporter::cost {
namespace {

using Json = nlohmann::json;
constexpr int kVersion = 1;
constexpr std::int64_t kLargestInteger = 4'000'000'000'000'000'000;
constexpr double kLargestMoney = 1e30;
/// How far sums may be apart that should be one.
constexpr double kTolerance = 1e-9;

struct WrongField : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// --- writing -----------------------------------------------------------------------------------

void put_time(Json& json, const char* name, const std::optional<TimePoint>& time) {
  if (time) json[name] = time->time_since_epoch().count();
}

Json account_json(const std::string& id, const Account& account) {
  Json rates = Json::array();
  for (const RateSpan& span : account.rates) {
    rates.push_back({{"from", span.from.time_since_epoch().count()}, {"per_second", span.per_second}});
  }
  Json json{{"id", id},
            {"component", static_cast<int>(account.component)},
            {"rates", std::move(rates)},
            {"slots", account.slots},
            {"task_millis", account.task_millis},
            {"told", account.told},
            {"active_tasks", account.active_tasks},
            {"counts_final", account.counts_final},
            {"settled", account.settled},
            {"idle_millis", account.idle_millis},
            {"starting", account.starting},
            {"driver", account.driver},
            {"lingering", account.lingering},
            {"booked", account.booked}};
  put_time(json, "held_from", account.held_from);
  put_time(json, "booked_until", account.booked_until);
  put_time(json, "work_from", account.work_from);
  put_time(json, "work_until", account.work_until);
  put_time(json, "released", account.released);
  put_time(json, "as_of", account.as_of);
  put_time(json, "oldest_task", account.oldest_task);
  put_time(json, "quiet", account.quiet);
  return json;
}

Json groups_json(const GroupSplit& groups) {
  Json list = Json::array();
  for (const auto& [name, share] : groups.shares()) {
    list.push_back({{"name", name},
                    {"run_time", share.run_time},
                    {"weight", share.weight},
                    {"last", share.last},
                    {"money", share.money}});
  }
  return list;
}

// --- reading: what is not as we write it throws ------------------------------------------------

const Json& member(const Json& json, const char* name) {
  if (!json.is_object()) throw WrongField("an object");
  const auto found = json.find(name);
  if (found == json.end()) throw WrongField(name);
  return *found;
}

const Json& list(const Json& json, const char* name, std::size_t most) {
  const Json& value = member(json, name);
  if (!value.is_array() || value.size() > most) throw WrongField(name);
  return value;
}

std::int64_t integer(const Json& value, std::int64_t most = kLargestInteger) {
  if (!value.is_number_integer()) throw WrongField("an integer");
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
    throw WrongField("a smaller integer");
  }
  const auto number = value.get<std::int64_t>();
  if (number < 0) throw WrongField("an integer of 0 and more");
  return number;
}

double amount(const Json& value, double most = kLargestMoney) {
  if (!value.is_number()) throw WrongField("a number");
  const double number = value.get<double>();
  if (!(number >= 0 && number <= most)) throw WrongField("an amount");
  return number;
}

bool flag(const Json& value) {
  if (!value.is_boolean()) throw WrongField("a boolean");
  return value.get<bool>();
}

std::string text(const Json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().size() > limits::kTextBytes) throw WrongField("a text");
  return value.get<std::string>();
}

TimePoint time(const Json& value) {
  const TimePoint read{Millis{integer(value)}};
  if (sane_time(read) != read) throw WrongField("a time");
  return read;
}

std::optional<TimePoint> optional_time(const Json& json, const char* name) {
  return json.contains(name) ? std::optional(time(json[name])) : std::nullopt;
}

template <std::size_t N>
std::array<double, N> amounts(const Json& value) {
  if (!value.is_array() || value.size() != N) throw WrongField("amounts");
  std::array<double, N> read{};
  for (std::size_t i = 0; i < N; ++i) read[i] = amount(value[i]);
  return read;
}

std::array<std::int64_t, kTaskUses> slot_times(const Json& value) {
  if (!value.is_array() || value.size() != kTaskUses) throw WrongField("slot times");
  std::array<std::int64_t, kTaskUses> read{};
  for (std::size_t i = 0; i < kTaskUses; ++i) read[i] = integer(value[i], kLargestTaskMillis);
  return read;
}

PaidCells cells(const Json& json, const char* name) {
  const Json& value = list(json, name, outcome::kComponents);
  if (value.size() != outcome::kComponents) throw WrongField(name);
  PaidCells read{};
  for (std::size_t i = 0; i < read.size(); ++i) read[i] = amounts<kResources>(value[i]);
  return read;
}

std::vector<RateSpan> rates(const Json& json, TimePoint held_from) {
  std::vector<RateSpan> read;
  for (const Json& span : list(json, "rates", limits::kRateSpans)) {
    read.push_back({time(member(span, "from")), amounts<kResources>(member(span, "per_second"))});
    const TimePoint before = read.size() > 1 ? read[read.size() - 2].from : held_from;
    if (read.back().from < before) throw WrongField("rates in order");
    for (const double rate : read.back().per_second) {
      if (rate > kHighestRate) throw WrongField("a rate");
    }
  }
  return read;
}

Account account(const Json& json) {
  Account read;
  read.component = static_cast<outcome::Component>(integer(member(json, "component"), outcome::kComponents - 1));
  read.held_from = time(member(json, "held_from"));
  read.rates = rates(json, read.held_from);
  read.slots = integer(member(json, "slots"), kMostSlots);
  read.task_millis = integer(member(json, "task_millis"), kLargestTaskMillis);
  read.told = slot_times(member(json, "told"));
  read.active_tasks = integer(member(json, "active_tasks"), kMostSlots);
  read.counts_final = flag(member(json, "counts_final"));
  read.settled = slot_times(member(json, "settled"));
  read.idle_millis = integer(member(json, "idle_millis"));
  read.starting = amount(member(json, "starting"));
  read.driver = amount(member(json, "driver"));
  read.lingering = amount(member(json, "lingering"));
  read.booked = amount(member(json, "booked"));
  read.booked_until = time(member(json, "booked_until"));
  read.work_from = optional_time(json, "work_from");
  read.work_until = optional_time(json, "work_until");
  read.released = optional_time(json, "released");
  read.as_of = optional_time(json, "as_of");
  read.oldest_task = optional_time(json, "oldest_task");
  read.quiet = optional_time(json, "quiet");
  return read;
}

std::map<std::string, GroupSplit::Share> shares(const Json& json) {
  std::map<std::string, GroupSplit::Share> read;
  for (const Json& group : list(json, "groups", limits::kCostGroups)) {
    GroupSplit::Share& share = read[text(member(group, "name"))];
    share.run_time = integer(member(group, "run_time"));
    share.weight = amount(member(group, "weight"));
    share.last = amount(member(group, "last"), 1 + kTolerance);
    share.money += amount(member(group, "money"));
  }
  return read;
}

double sum(const PaidCells& cells) {
  double all = 0;
  for (const auto& of_component : cells) all = std::accumulate(of_component.begin(), of_component.end(), all);
  return all;
}

bool is_close(double a, double b) { return std::abs(a - b) <= kTolerance * std::max({a, b, 1e-300}); }

/// What was booked of holders, and of what was overpaid, is what the uses and the groups have; and it was paid.
bool adds_up(const Ledger::Data& data) {
  double booked = 0;
  for (const auto& [id, account] : data.accounts) {
    const double of_holder = account.booked + account.lingering;
    if (of_holder > account.paid_total(data.now) * (1 + kTolerance)) return false;
    booked += of_holder;
  }
  double finished = 0;
  for (const auto& [id, paid] : data.finished) finished += paid;
  if (!is_close(finished, sum(data.finished_paid))) return false;
  booked += finished;
  booked += sum(data.overpaid);
  const auto& used = data.totals.used;
  const double all = std::accumulate(used.begin(), used.end(), 0.0);
  double groups = 0;
  for (const auto& [name, money] : data.totals.groups) groups += money;
  return is_close(booked, all) && is_close(groups, all) && all <= data.totals.paid_total() * (1 + kTolerance);
}

void read_data(const Json& json, Ledger::Data& data) {
  if (integer(member(json, "version")) != kVersion) throw WrongField("version");
  data.now = time(member(json, "now"));
  data.closed = optional_time(json, "closed");
  data.finished_paid = cells(json, "finished_paid");
  data.overpaid = cells(json, "overpaid");
  data.totals.paid = cells(json, "paid");
  data.totals.used = amounts<kUses>(member(json, "used"));
  data.groups.restore(shares(json), amount(member(json, "unattributed")));
  data.totals.groups = data.groups.money();
  for (const Json& one : list(json, "accounts", limits::kHolders)) {
    if (!data.accounts.emplace(text(member(one, "id")), account(one)).second) throw WrongField("id");
  }
  for (const Json& one : list(json, "finished", limits::kHolders)) {
    const std::string id = text(member(one, "id"));
    if (data.accounts.contains(id) || !data.finished.emplace(id, amount(member(one, "paid"))).second) {
      throw WrongField("id");
    }
  }
  if (!adds_up(data)) throw WrongField("sums");
  data.sum_up();
}

}  // namespace

std::string Ledger::save() const {
  Json json{{"version", kVersion},
            {"finished_paid", data_->finished_paid},
            {"overpaid", data_->overpaid},
            {"paid", data_->totals.paid},
            {"used", data_->totals.used},
            {"groups", groups_json(data_->groups)},
            {"unattributed", data_->groups.rest()},
            {"accounts", Json::array()},
            {"finished", Json::array()}};
  put_time(json, "now", data_->now);
  put_time(json, "closed", data_->closed);
  for (const auto& [id, account] : data_->accounts) json["accounts"].push_back(account_json(id, account));
  for (const auto& [id, paid] : data_->finished) json["finished"].push_back({{"id", id}, {"paid", paid}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Ledger> Ledger::restore(std::string_view json) {
  if (json.size() > limits::kStateFileBytes) return std::nullopt;
  try {
    const Json parsed = Json::parse(json);
    Ledger ledger;
    read_data(parsed, *ledger.data_);
    return ledger;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const WrongField&) {
    return std::nullopt;
  }
}

}  // namespace spark_exporter::cost
