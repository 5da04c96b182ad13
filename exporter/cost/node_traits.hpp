#pragma once
// What a node's labels and annotations say that its price depends on.

#include <optional>
#include <string_view>

#include "exporter/cost/price_book.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::cost {

/// The node's price for an hour, in the price book's currency.
inline constexpr char kNodeCostAnnotation[] = "spark-exporter.io/node-hourly-cost";

/// All but OpenCost's prices. What no label says stays empty, with one exception: GKE and AKS label only nodes that can
/// be taken away, so one of theirs without such a label is "on-demand". docs/configuration.md lists the labels.
NodeTraits node_traits(const kubernetes::Node& node);

/// A decimal number from 0 to 1,000,000; nothing for anything else.
std::optional<double> parse_node_cost(std::string_view annotation);

}  // namespace spark_exporter::cost
