#include "exporter/cost/node_traits.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <string>
#include <system_error>

namespace spark_exporter::cost {
namespace {

constexpr double kMostMoney = 1e6;

struct Meaning {
  const char* label;
  std::string_view value;  ///< as the label's owner spells it
  std::string_view capacity;
};

/// In this order: Karpenter knows best what it asked for.
constexpr std::array<Meaning, 17> kCapacities{{
    // karpenter.sh/docs/concepts/scheduling, well-known labels
    {"karpenter.sh/capacity-type", "on-demand", "on-demand"},
    {"karpenter.sh/capacity-type", "spot", "spot"},
    {"karpenter.sh/capacity-type", "reserved", "reserved"},
    // EKS managed node groups: CapacityTypes of the API
    {"eks.amazonaws.com/capacityType", "ON_DEMAND", "on-demand"},
    {"eks.amazonaws.com/capacityType", "SPOT", "spot"},
    {"eks.amazonaws.com/capacityType", "CAPACITY_BLOCK", "reserved"},
    // GKE: Spot VMs, and the older preemptible ones, which cost the same
    {"cloud.google.com/gke-spot", "true", "spot"},
    {"cloud.google.com/gke-preemptible", "true", "spot"},
    {"cloud.google.com/gke-provisioning", "spot", "spot"},
    {"cloud.google.com/gke-provisioning", "preemptible", "spot"},
    {"cloud.google.com/gke-provisioning", "standard", "on-demand"},
    // AKS
    {"kubernetes.azure.com/scalesetpriority", "spot", "spot"},
    {"kubernetes.azure.com/scalesetpriority", "regular", "on-demand"},
    {"kubernetes.azure.com/priority", "spot", "spot"},
    {"kubernetes.azure.com/priority", "regular", "on-demand"},
    // what others write by convention
    {"node.kubernetes.io/lifecycle", "spot", "spot"},
    {"node.kubernetes.io/lifecycle", "normal", "on-demand"},
}};

constexpr std::array kInstanceTypes{"node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"};
constexpr std::array kRegions{"topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"};
/// GPU feature discovery's own name first: it is there whoever made the node.
constexpr std::array kGpuKinds{"nvidia.com/gpu.product", "cloud.google.com/gke-accelerator",
                               "karpenter.k8s.aws/instance-gpu-name", "karpenter.azure.com/sku-gpu-name",
                               "k8s.amazonaws.com/accelerator"};
constexpr std::array kOnDemandPools{"cloud.google.com/gke-nodepool", "kubernetes.azure.com/agentpool"};

std::string first_label(const kubernetes::Node& node, std::span<const char* const> keys) {
  for (const char* key : keys) {
    if (const auto value = node.label(key); !value.empty()) return std::string(value);
  }
  return {};
}

std::string capacity_of(const kubernetes::Node& node) {
  for (const Meaning& meaning : kCapacities) {
    if (node.label(meaning.label) == meaning.value) return std::string(meaning.capacity);
  }
  return first_label(node, kOnDemandPools).empty() ? "" : "on-demand";
}

/// A node's price is that of all of it, also of what the system keeps for itself.
double size_of(const std::optional<double>& capacity, const std::optional<double>& allocatable) {
  const double size = capacity ? *capacity : allocatable.value_or(0);
  return std::isfinite(size) && size > 0 ? size : 0;
}

}  // namespace

std::optional<double> parse_node_cost(std::string_view annotation) {
  double cost = 0;
  const char* const last = annotation.data() + annotation.size();
  const auto [end, error] = std::from_chars(annotation.data(), last, cost, std::chars_format::fixed);
  if (error != std::errc{} || end != last || !std::isfinite(cost) || cost < 0 || cost > kMostMoney) return std::nullopt;
  return std::abs(cost);  // no -0
}

NodeTraits node_traits(const kubernetes::Node& node) {
  NodeTraits traits;
  traits.name = node.name;
  traits.instance_type = first_label(node, kInstanceTypes);
  traits.region = first_label(node, kRegions);
  traits.capacity = capacity_of(node);
  traits.gpu_kind = first_label(node, kGpuKinds);
  traits.cores = size_of(node.capacity.cpu, node.allocatable.cpu);
  traits.memory_bytes = size_of(node.capacity.memory, node.allocatable.memory);
  traits.gpus = size_of(node.capacity.gpu, node.allocatable.gpu);
  if (const auto found = node.annotations.find(kNodeCostAnnotation); found != node.annotations.end()) {
    traits.node_hour = parse_node_cost(found->second);
  }
  return traits;
}

}  // namespace spark_exporter::cost
