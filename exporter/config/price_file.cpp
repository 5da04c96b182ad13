#include "exporter/config/price_file.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cctype>
#include <map>

#include "exporter/kubernetes/text.hpp"

namespace spark_exporter::config {
namespace {

constexpr std::size_t kMostEntries = 2'000;
constexpr std::size_t kMostBudgets = 2'000;
constexpr std::size_t kNameBytes = 256;
constexpr double kMostMoney = 1e6;  // an hour of anything
constexpr double kMostUnits = 1e6;  // cores, GiB or GPUs of a node
constexpr double kMostWeight = 1e6;
constexpr int kMostGroups = 1'000;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytes &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; });
}

/// A star stands at the end only: elsewhere it would match nothing.
bool is_pattern(std::string_view text) {
  const std::size_t star = text.find('*');
  return is_name(text) && (star == std::string_view::npos || star + 1 == text.size());
}

bool is_plain(std::string_view text) { return is_name(text) && text.find('*') == std::string_view::npos; }

/// "app" or "namespace/app".
bool is_job(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_pattern(text);
  return slash > 0 && slash + 1 < text.size() && text.find('/', slash + 1) == std::string_view::npos &&
         text.find('*') > slash && is_pattern(text);
}

bool is_capacity(std::string_view text) { return text == "on-demand" || text == "spot" || text == "reserved"; }

std::optional<cost::TimePoint> time_of(const std::string& text) {
  const auto time = kubernetes::parse_time(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (!time) return std::nullopt;
  return std::chrono::floor<cost::Millis>(*time);
}

void take_pattern(YamlReader& reader, const char* key, std::string& out) {
  reader.take_text(key, out, is_pattern, "a text of at most 256 bytes on one line, with a star at most at its end");
}

void take_plain(YamlReader& reader, const char* key, std::string& out) {
  reader.take_text(key, out, is_plain, "a text of at most 256 bytes on one line, without a star");
}

void take_capacity(YamlReader& reader, std::string& out) {
  reader.take_text("capacity", out, is_capacity, "on-demand, spot or reserved");
}

std::optional<cost::TimePoint> take_time(YamlReader& reader, const char* key) {
  std::string text;
  reader.take_text(
      key, text, [](std::string_view t) { return time_of(std::string(t)).has_value(); },
      "a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z");
  return text.empty() ? std::nullopt : time_of(text);
}

/// What an entry sets: core, memory_gib, gpu, ephemeral_gib, volume_gib, discount. A node's price is one of the first
/// three.
using Settings = std::bitset<6>;
constexpr std::array<const char*, 6> kSettings{"core", "memory_gib", "gpu", "ephemeral_gib", "volume_gib", "discount"};

Settings settings_of(const cost::PriceEntry& entry) {
  Settings set;
  set[0] = entry.core || entry.node_hour;
  set[1] = entry.memory_gib || entry.node_hour;
  set[2] = entry.gpu || entry.node_hour;
  set[3] = entry.ephemeral_gib.has_value();
  set[4] = entry.volume_gib.has_value();
  set[5] = entry.discount.has_value();
  return set;
}

bool overlap(const cost::PriceEntry& a, const cost::PriceEntry& b) {
  return (!a.valid_until || !b.valid_from || *b.valid_from < *a.valid_until) &&
         (!b.valid_until || !a.valid_from || *a.valid_from < *b.valid_until);
}

/// Two prices for the same thing at the same time: one of them is a mistake, and which one nobody knows.
class Overlaps {
 public:
  void check(YamlReader& reader, const cost::PriceEntry& entry) {
    auto& same = seen_[{entry.instance_type, entry.region, entry.capacity, entry.gpu_kind}];
    for (const auto& [index, other] : same) {
      const Settings both = settings_of(entry) & settings_of(other);
      if (both.none() || !overlap(entry, other)) continue;
      std::size_t first = 0;
      while (!both[first]) ++first;
      reader.refuse("sets " + std::string(kSettings.at(first)) + " for what prices[" + std::to_string(index) +
                    "] sets it for, at the same time (valid_from, valid_until)");
    }
    same.emplace_back(count_++, entry);
  }

 private:
  std::map<std::array<std::string, 4>, std::vector<std::pair<std::size_t, cost::PriceEntry>>> seen_;
  std::size_t count_ = 0;
};

cost::PriceEntry read_entry(YamlReader& reader) {
  cost::PriceEntry entry;
  take_pattern(reader, "instance_type", entry.instance_type);
  take_plain(reader, "region", entry.region);
  take_capacity(reader, entry.capacity);
  take_pattern(reader, "gpu_kind", entry.gpu_kind);
  entry.valid_from = take_time(reader, "valid_from");
  entry.valid_until = take_time(reader, "valid_until");
  if (entry.valid_from && entry.valid_until && *entry.valid_until <= *entry.valid_from) {
    reader.refuse("valid_until", "is not after valid_from");
  }
  reader.take_number("core", entry.core, 0, kMostMoney);
  reader.take_number("memory_gib", entry.memory_gib, 0, kMostMoney);
  reader.take_number("gpu", entry.gpu, 0, kMostMoney);
  reader.take_number("ephemeral_gib", entry.ephemeral_gib, 0, kMostMoney);
  reader.take_number("volume_gib", entry.volume_gib, 0, kMostMoney);
  reader.take_number("node_hour", entry.node_hour, 0, kMostMoney);
  reader.take_number("discount", entry.discount, 0, 1);
  reader.take_number("node_cores", entry.node_cores, 0, kMostUnits);
  reader.take_number("node_memory_gib", entry.node_memory_gib, 0, kMostUnits);
  reader.take_number("node_gpus", entry.node_gpus, 0, kMostUnits);
  reader.finish();
  if (settings_of(entry).none()) reader.refuse("sets no price (core, memory_gib, gpu, node_hour, ... or discount)");
  return entry;
}

cost::Budget read_budget(YamlReader reader) {
  cost::Budget budget;
  reader.take_text("job", budget.job, is_job, "app or namespace/app, with a star at most at its end");
  reader.take_number("amount", budget.amount, 0, cost::kLargestBudget);
  std::string period{cost::to_string(budget.period)};
  reader.take_text(
      "period", period, [](std::string_view word) { return cost::parse_budget_period(word).has_value(); },
      "run, day, week or month");
  budget.period = cost::parse_budget_period(period).value_or(budget.period);
  if (budget.amount == 0) reader.refuse("amount", "must be more than 0");
  reader.finish();
  if (budget.job.empty() || budget.amount == 0) reader.refuse("a budget needs both job and amount");
  return budget;
}

cost::NodeWeights read_weights(YamlReader reader) {
  cost::NodeWeights weights;
  reader.take_number("core", weights.core, 0, kMostWeight);
  reader.take_number("memory_gib", weights.memory_gib, 0, kMostWeight);
  reader.take_number("gpu", weights.gpu, 0, kMostWeight);
  reader.finish();
  if (weights.core + weights.memory_gib <= 0) reader.refuse("core and memory_gib are both worth nothing");
  return weights;
}

void read_node(YamlReader reader, cost::NodeTraits& node) {
  take_plain(reader, "instance_type", node.instance_type);
  take_plain(reader, "region", node.region);
  take_capacity(reader, node.capacity);
  take_plain(reader, "gpu_kind", node.gpu_kind);
  reader.finish();
}

}  // namespace

void read_cost(YamlReader reader, Config& config) {
  std::string currency = config.prices.currency();
  reader.take_text("currency", currency, cost::is_currency, "three capital letters, as of ISO 4217");
  const auto weights = read_weights(reader.section("weights"));
  std::vector<cost::PriceEntry> entries;
  Overlaps overlaps;
  for (YamlReader& entry : reader.sections("prices", kMostEntries)) {
    entries.push_back(read_entry(entry));
    overlaps.check(entry, entries.back());
  }
  for (auto& budget : reader.sections("budgets", kMostBudgets)) {
    config.budgets.push_back(read_budget(std::move(budget)));
  }
  int groups = static_cast<int>(config.group_limit);
  reader.take_int("groups", groups, 0, kMostGroups);
  config.group_limit = static_cast<std::size_t>(groups);
  read_node(reader.section("default_node"), config.default_node);
  reader.finish();
  config.prices = cost::PriceBook(std::move(currency), weights, std::move(entries));
}

}  // namespace spark_exporter::config
