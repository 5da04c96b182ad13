#pragma once
// What OpenCost says nodes cost: node_cpu_hourly_cost, node_ram_hourly_cost and node_gpu_hourly_cost of its /metrics,
// in Prometheus' text format, each for one core, GiB and GPU (opencost/opencost, pkg/costmodel/metrics.go).

#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <string>

#include "exporter/common/result.hpp"
#include "exporter/cost/price_book.hpp"

namespace spark_exporter::cost {

struct OpenCostNode {
  std::optional<double> core_hour, gib_hour, gpu_hour;
  bool operator==(const OpenCostNode&) const = default;
};

using OpenCostNodes = std::map<std::string, OpenCostNode, std::less<>>;  ///< by the node's name

/// Reads as it streams; other families are passed over. Of two samples for a node (it was made anew under its old name)
/// the later one holds. A price that is none (below 0, above a million, not finite) is left out. Errors: kMalformed
/// with the line's number, kTooLarge (nodes), kNotFound: not one node's price in it, so that it is hardly OpenCost.
Result<OpenCostNodes> parse_opencost(std::istream& in);

/// Puts in what is known of the node by its name, and takes out what was known before.
void apply_opencost(NodeTraits& node, const OpenCostNodes& prices);

}  // namespace spark_exporter::cost
