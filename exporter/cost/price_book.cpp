#include "exporter/cost/price_book.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "exporter/cost/pattern.hpp"

namespace spark_exporter::cost {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

/// No pattern matches anything; any other needs something to match.
bool matches(std::string_view pattern, std::string_view text) {
  return pattern.empty() || (!text.empty() && matches_pattern(pattern, text));
}

bool matches(const PriceEntry& entry, const NodeTraits& node) {
  return matches(entry.instance_type, node.instance_type) && (entry.region.empty() || entry.region == node.region) &&
         (entry.capacity.empty() || entry.capacity == node.capacity) && matches(entry.gpu_kind, node.gpu_kind);
}

bool is_valid_at(const PriceEntry& entry, TimePoint when) {
  return (!entry.valid_from || *entry.valid_from <= when) && (!entry.valid_until || when < *entry.valid_until);
}

/// The price if it is one: what comes from labels and other programs may be anything.
std::optional<double> usable(const std::optional<double>& price) {
  return price && std::isfinite(*price) && *price >= 0 ? price : std::nullopt;
}

/// Prices as far as they are known.
struct Found {
  std::optional<double> core, memory_gib, gpu, ephemeral_gib, volume_gib;
};

struct NodeSize {
  double cores = 0, memory_gib = 0, gpus = 0;
};

NodeSize size_of(const NodeTraits& node) { return {node.cores, node.memory_bytes / kGib, node.gpus}; }

/// The node's own size goes first, all of it or nothing.
NodeSize size_of(const PriceEntry& entry, const NodeTraits& node) {
  if (node.cores > 0 && node.memory_bytes > 0) return size_of(node);
  return {entry.node_cores, entry.node_memory_gib, entry.node_gpus};
}

/// A node's price for one unit of each; false where it cannot be split.
bool split(double node_hour, const NodeSize& size, const NodeWeights& weights, Found& found) {
  if (!(size.cores > 0) || !(size.memory_gib > 0)) return false;
  const double worth =
      size.cores * weights.core + size.memory_gib * weights.memory_gib + std::max(size.gpus, 0.0) * weights.gpu;
  if (!std::isfinite(worth) || !(worth > 0)) return false;
  found.core = node_hour * weights.core / worth;
  found.memory_gib = node_hour * weights.memory_gib / worth;
  if (size.gpus > 0) found.gpu = node_hour * weights.gpu / worth;
  return true;
}

void replace(std::optional<double>& target, const std::optional<double>& value) {
  if (value) target = value;
}

void take_off(std::optional<double>& price, double share) {
  if (price) *price *= 1 - share;
}

/// What the book says; whether an entry for the node's very type said it.
struct BookPrices {
  Found found;
  bool is_named = false;
};

BookPrices read_book(const std::vector<const PriceEntry*>& matching, const NodeTraits& node, const NodeWeights& weights,
                     TimePoint when) {
  BookPrices book;
  double discount = 0;
  for (const PriceEntry* entry : matching) {
    if (!is_valid_at(*entry, when)) continue;
    const bool is_split = entry->node_hour && split(*entry->node_hour, size_of(*entry, node), weights, book.found);
    replace(book.found.core, entry->core);
    replace(book.found.memory_gib, entry->memory_gib);
    replace(book.found.gpu, entry->gpu);
    replace(book.found.ephemeral_gib, entry->ephemeral_gib);
    replace(book.found.volume_gib, entry->volume_gib);
    if (entry->discount) discount = *entry->discount;
    const bool says_nothing = entry->node_hour && !is_split && !entry->core && !entry->memory_gib;
    if (!entry->instance_type.empty() && !says_nothing) book.is_named = true;
  }
  take_off(book.found.core, discount);
  take_off(book.found.memory_gib, discount);
  take_off(book.found.gpu, discount);
  return book;
}

/// Whether another source than the book prices the node's cores and memory.
bool read_other_sources(const NodeTraits& node, const NodeWeights& weights, Found& found) {
  if (const auto node_hour = usable(node.node_hour); node_hour && split(*node_hour, size_of(node), weights, found)) {
    return true;
  }
  const auto core = usable(node.opencost_core_hour);
  const auto memory = usable(node.opencost_gib_hour);
  const auto gpu = usable(node.opencost_gpu_hour);
  replace(found.core, core);
  replace(found.memory_gib, memory);
  // OpenCost says 0 for a node without GPUs as for one whose GPUs it cannot price.
  if (gpu && (*gpu > 0 || node.gpus <= 0)) found.gpu = gpu;
  return core && memory;
}

}  // namespace

PriceBook::PriceBook(std::string currency, NodeWeights weights, std::vector<PriceEntry> entries)
    : currency_(std::move(currency)), weights_(weights), entries_(std::move(entries)) {}

bool PriceBook::names_types() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const PriceEntry& e) { return !e.instance_type.empty(); });
}

UnitPrices PriceBook::at_time(const std::vector<const PriceEntry*>& matching, const NodeTraits& node,
                              TimePoint when) const {
  BookPrices book = read_book(matching, node, weights_, when);
  Found& found = book.found;
  const bool is_priced_elsewhere = read_other_sources(node, weights_, found);
  const bool is_unknown_type = !node.instance_type.empty() && !book.is_named && names_types();
  const bool is_missing = !found.core || !found.memory_gib || (node.gpus > 0 && !found.gpu);
  UnitPrices prices;
  prices.core = found.core.value_or(0);
  prices.memory_gib = found.memory_gib.value_or(0);
  prices.gpu = found.gpu.value_or(0);
  prices.ephemeral_gib = found.ephemeral_gib.value_or(0);
  prices.volume_gib = found.volume_gib;
  prices.is_default = is_missing || (is_unknown_type && !is_priced_elsewhere);
  return prices;
}

std::vector<PriceSpan> PriceBook::prices(const NodeTraits& node, TimePoint from) const {
  std::vector<const PriceEntry*> matching;
  std::set<TimePoint> starts{from};
  for (const PriceEntry& entry : entries_) {
    if (!matches(entry, node)) continue;
    matching.push_back(&entry);
    for (const auto& edge : {entry.valid_from, entry.valid_until}) {
      if (edge && *edge > from) starts.insert(*edge);
    }
  }
  std::vector<PriceSpan> spans;
  for (const TimePoint start : starts) {
    const UnitPrices prices = at_time(matching, node, start);
    if (spans.empty() || spans.back().prices != prices) spans.push_back({start, prices});
  }
  return spans;
}

}  // namespace spark_exporter::cost
