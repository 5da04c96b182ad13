// A ledger as JSON. Numbers are written so that they come back as they were: the sums go on exactly.

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/cost/ledger_data.hpp"
#include "exporter/json/state_node.hpp"

namespace spark_exporter::cost {
namespace {

using Json = nlohmann::json;
using json::put_time;
using json::WrongField;
using Node = json::StateNode;
constexpr int kVersion = 1;
constexpr std::int64_t kLargestInteger = 4'000'000'000'000'000'000;
constexpr double kLargestMoney = 1e30;
/// How far sums may be apart that should be one.
constexpr double kTolerance = 1e-9;

// --- writing -----------------------------------------------------------------------------------

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
    list.push_back(
        {{"name", name}, {"told", share.told}, {"weight", share.weight}, {"last", share.last}, {"money", share.money}});
  }
  return list;
}

// --- reading -----------------------------------------------------------------------------------

std::int64_t integer(const Node& node, std::int64_t most = kLargestInteger) { return node.integer(0, most); }

double amount(const Node& node) { return node.amount(kLargestMoney); }

std::string text(const Node& node) { return node.text(limits::kTextBytes); }

TimePoint time(const Node& node) {
  const TimePoint read = node.time();
  if (sane_time(read) != read) node.wrong("is no time");
  return read;
}

std::optional<TimePoint> optional_time(const Node& node, const char* name) {
  return node.has(name) ? std::optional(time(node.at(name))) : std::nullopt;
}

/// Exactly N elements.
template <std::size_t N, class Read>
auto array(const Node& node, Read read) {
  const auto nodes = node.list(N);
  if (nodes.size() != N) node.wrong("has too few elements");
  std::array<decltype(read(nodes[0])), N> elements{};
  for (std::size_t i = 0; i < N; ++i) elements[i] = read(nodes[i]);
  return elements;
}

template <std::size_t N>
std::array<double, N> amounts(const Node& node) {
  return array<N>(node, amount);
}

std::array<std::int64_t, kTaskUses> slot_times(const Node& node) {
  return array<kTaskUses>(node, [](const Node& one) { return integer(one, kLargestTaskMillis); });
}

PaidCells cells(const Node& node) { return array<outcome::kComponents>(node, amounts<kResources>); }

std::vector<RateSpan> rates(const Node& node, TimePoint held_from) {
  std::vector<RateSpan> read;
  TimePoint before = held_from;
  for (const Node& span : node.list(limits::kRateSpans)) {
    read.push_back({time(span.at("from")), amounts<kResources>(span.at("per_second"))});
    if (read.back().from < before) span.wrong("is out of order");
    before = read.back().from;
    for (const double rate : read.back().per_second) {
      if (rate > kHighestRate) span.wrong_at("per_second", "is out of range");
    }
  }
  return read;
}

Account account(const Node& node) {
  Account read;
  read.component = static_cast<outcome::Component>(integer(node.at("component"), outcome::kComponents - 1));
  read.held_from = time(node.at("held_from"));
  read.rates = rates(node.at("rates"), read.held_from);
  read.slots = integer(node.at("slots"), kMostSlots);
  read.task_millis = integer(node.at("task_millis"), kLargestTaskMillis);
  read.told = slot_times(node.at("told"));
  read.active_tasks = integer(node.at("active_tasks"), kMostSlots);
  read.counts_final = node.at("counts_final").flag();
  read.settled = slot_times(node.at("settled"));
  read.idle_millis = integer(node.at("idle_millis"));
  read.starting = amount(node.at("starting"));
  read.driver = amount(node.at("driver"));
  read.lingering = amount(node.at("lingering"));
  read.booked = amount(node.at("booked"));
  read.booked_until = time(node.at("booked_until"));
  read.work_from = optional_time(node, "work_from");
  read.work_until = optional_time(node, "work_until");
  read.released = optional_time(node, "released");
  read.as_of = optional_time(node, "as_of");
  read.oldest_task = optional_time(node, "oldest_task");
  read.quiet = optional_time(node, "quiet");
  return read;
}

std::map<std::string, GroupSplit::Share> shares(const Node& node) {
  std::map<std::string, GroupSplit::Share> read;
  for (const Node& group : node.list(limits::kCostGroups)) {
    GroupSplit::Share& share = read[text(group.at("name"))];
    share.told = integer(group.at("told"));
    share.weight = amount(group.at("weight"));
    share.last = group.at("last").amount(1 + kTolerance);
    share.money += amount(group.at("money"));
  }
  return read;
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
  const double all = sum(data.totals.used);
  double groups = 0;
  for (const auto& [name, money] : data.totals.groups) groups += money;
  return is_close(booked, all) && is_close(groups, all) && all <= data.totals.paid_total() * (1 + kTolerance);
}

void read_data(const Node& root, Ledger::Data& data) {
  if (integer(root.at("version")) != kVersion) root.wrong_at("version", "is of another state file");
  data.now = time(root.at("now"));
  data.closed = optional_time(root, "closed");
  data.finished_paid = cells(root.at("finished_paid"));
  data.overpaid = cells(root.at("overpaid"));
  data.totals.paid = cells(root.at("paid"));
  data.totals.used = amounts<kUses>(root.at("used"));
  data.groups.restore(shares(root.at("groups")), amount(root.at("unattributed")));
  data.totals.groups = data.groups.money();
  for (const Node& one : root.at("accounts").list(limits::kHolders)) {
    if (!data.accounts.emplace(text(one.at("id")), account(one)).second) one.wrong_at("id", "stands there twice");
  }
  for (const Node& one : root.at("finished").list(limits::kHolders)) {
    const std::string id = text(one.at("id"));
    if (data.accounts.contains(id) || !data.finished.emplace(id, amount(one.at("paid"))).second) {
      one.wrong_at("id", "stands there twice");
    }
  }
  if (!adds_up(data)) root.wrong("does not add up");
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
  return json::dump_state(json);
}

std::optional<Ledger> Ledger::restore(std::string_view json) {
  if (json.size() > limits::kStateFileBytes) return std::nullopt;
  try {
    const Json parsed = Json::parse(json);
    Ledger ledger;
    read_data(Node(parsed, ""), *ledger.data_);
    return ledger;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const WrongField&) {
    return std::nullopt;
  }
}

}  // namespace spark_exporter::cost
