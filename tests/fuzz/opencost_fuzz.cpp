// Any bytes as OpenCost's metrics, as a node's price, and as a budget.

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>

#include "exporter/common/limits.hpp"
#include "exporter/cost/budget.hpp"
#include "exporter/cost/node_traits.hpp"
#include "exporter/cost/opencost.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

void check_price(const std::optional<double>& price) {
  require(!price || (std::isfinite(*price) && *price >= 0 && *price <= 1e6));
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check_price(cost::parse_node_cost(text));
  if (const auto budget = cost::parse_budget(text)) {
    fuzz::require(budget->amount > 0 && budget->amount <= cost::kLargestBudget && budget->job.empty());
  }
  std::istringstream in{std::string(text)};
  const auto nodes = cost::parse_opencost(in);
  if (!nodes) {
    fuzz::require_line(nodes.error().what);
    return 0;
  }
  fuzz::require(!nodes->empty() && nodes->size() <= limits::kOpenCostNodes);
  for (const auto& [name, node] : *nodes) {
    fuzz::require(!name.empty() && name.size() <= limits::kOpenCostLineBytes);
    for (const auto& price : {node.core_hour, node.gib_hour, node.gpu_hour}) fuzz::check_price(price);
    cost::NodeTraits traits;
    traits.name = name;
    cost::apply_opencost(traits, *nodes);
    fuzz::require(traits.opencost_core_hour == node.core_hour && traits.opencost_gpu_hour == node.gpu_hour);
  }
  return 0;
}
