#pragma once
// Prices: what a core, a GiB, a GPU cost for an hour, on which node, when. Read from YAML by config/price_file.
//
// Entries are tried in the file's order, the last that matches wins, member by member; the defaults are the entry that
// matches everything. A node's own price (its annotation, or an entry's `node_hour`) is split over its cores, memory
// and GPUs by the book's weights; an entry's node_hour therefore sets core, memory and GPU at once, as if it had said
// them.
//
// Which source goes first: the node's annotation, then OpenCost, then the book. A node's price whose size is not known
// cannot be split and says nothing.

#include <optional>
#include <string>
#include <vector>

#include "exporter/cost/money.hpp"

namespace spark_exporter::cost {

/// What is known of the machine under a pod. Empty and 0: not known.
struct NodeTraits {
  std::string name;
  std::string instance_type;
  std::string region;
  std::string capacity;  ///< "on-demand", "spot", "reserved"
  std::string gpu_kind;
  double cores = 0;
  double memory_bytes = 0;
  double gpus = 0;
  std::optional<double> node_hour;  ///< its price as annotation spark-exporter.io/node-hourly-cost says
  /// OpenCost's node_cpu_hourly_cost (a core), node_ram_hourly_cost (a GiB), node_gpu_hourly_cost (a GPU).
  std::optional<double> opencost_core_hour, opencost_gib_hour, opencost_gpu_hour;
  bool operator==(const NodeTraits&) const = default;
};

/// Money for one hour of one unit, discounts taken off.
struct UnitPrices {
  double core = 0;
  double memory_gib = 0;
  double gpu = 0;
  double ephemeral_gib = 0;                         ///< not said: in the node's price
  std::optional<double> volume_gib = std::nullopt;  ///< of a volume, which no node's price has in it
  /// A guess: the book prices instance types and none of its entries names this one, or nothing at all prices its
  /// cores, memory or GPUs (which are then 0). Not set where another source prices the node.
  bool is_default = false;
  bool operator==(const UnitPrices&) const = default;
};

struct PriceSpan {
  TimePoint from;
  UnitPrices prices;
  bool operator==(const PriceSpan&) const = default;
};

struct PriceEntry {
  // What it matches; empty: anything. `instance_type` and `gpu_kind` may end in '*'.
  std::string instance_type, region, capacity, gpu_kind;
  std::optional<TimePoint> valid_from;   ///< inclusive
  std::optional<TimePoint> valid_until;  ///< exclusive
  // What it sets, for an hour.
  std::optional<double> core, memory_gib, gpu, ephemeral_gib, volume_gib;
  std::optional<double> node_hour;
  std::optional<double> discount;  ///< share taken off all of the above but storage, 0 to 1; other sources: as they are
  /// Size of the node, for node_hour where the node's own is not known.
  double node_cores = 0, node_memory_gib = 0, node_gpus = 0;
  bool operator==(const PriceEntry&) const = default;
};

struct NodeWeights {
  // Relative worth of a core, a GiB and a GPU in a node's price.
  double core = 0.031611;
  double memory_gib = 0.004237;
  double gpu = 0.95;
  bool operator==(const NodeWeights&) const = default;
};

class PriceBook {
 public:
  PriceBook() = default;  ///< no prices: cost is not known and not shown
  PriceBook(std::string currency, NodeWeights weights, std::vector<PriceEntry> entries);

  bool empty() const { return entries_.empty(); }
  const std::string& currency() const { return currency_; }  ///< ISO 4217
  const std::vector<PriceEntry>& entries() const { return entries_; }

  /// Prices on that node from `from` on: the first span starts at `from`, each further one where a validity begins or
  /// ends. Never empty.
  std::vector<PriceSpan> prices(const NodeTraits& node, TimePoint from) const;

  bool operator==(const PriceBook&) const = default;

 private:
  UnitPrices at_time(const std::vector<const PriceEntry*>& matching, const NodeTraits& node, TimePoint when) const;
  bool names_types() const;

  std::string currency_ = "USD";
  NodeWeights weights_;
  std::vector<PriceEntry> entries_;
};

}  // namespace spark_exporter::cost
