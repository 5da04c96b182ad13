#include "exporter/cost/node_traits.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace spark_exporter::cost {
namespace {

using Labels = std::map<std::string, std::string>;

kubernetes::Node labelled(const Labels& labels) {
  kubernetes::Node node;
  node.name = "n1";
  node.labels = labels;
  return node;
}

TEST(NodeTraits, ReadsTypeRegionAndSize) {
  kubernetes::Node node = labelled({{"node.kubernetes.io/instance-type", "m5.xlarge"},
                                    {"beta.kubernetes.io/instance-type", "old"},
                                    {"topology.kubernetes.io/region", "eu-west-1"},
                                    {"failure-domain.beta.kubernetes.io/region", "old"}});
  node.capacity = {4, 16e9, 1, 100e9};
  node.allocatable = {3.9, 15e9, 0, 90e9};
  NodeTraits expected;
  expected.name = "n1";
  expected.instance_type = "m5.xlarge";
  expected.region = "eu-west-1";
  expected.cores = 4;
  expected.memory_bytes = 16e9;
  expected.gpus = 1;
  EXPECT_EQ(node_traits(node), expected);
}

TEST(NodeTraits, FallsBackToOlderLabelsAndAllocatable) {
  kubernetes::Node node = labelled(
      {{"beta.kubernetes.io/instance-type", "n2-standard-4"}, {"failure-domain.beta.kubernetes.io/region", "us-c1"}});
  node.allocatable = {3.9, 15e9, std::nullopt, std::nullopt};
  const NodeTraits traits = node_traits(node);
  EXPECT_EQ(traits.instance_type, "n2-standard-4");
  EXPECT_EQ(traits.region, "us-c1");
  EXPECT_EQ(traits.cores, 3.9);
  EXPECT_EQ(traits.memory_bytes, 15e9);
  EXPECT_EQ(traits.gpus, 0);
}

TEST(NodeTraits, KnowsNothingOfABareNode) {
  NodeTraits expected;
  expected.name = "n1";
  EXPECT_EQ(node_traits(labelled({})), expected);
}

TEST(NodeTraits, ReadsTheCapacityAsEachProviderSpellsIt) {
  const std::vector<std::pair<Labels, std::string>> cases{
      {{{"karpenter.sh/capacity-type", "spot"}}, "spot"},
      {{{"karpenter.sh/capacity-type", "on-demand"}}, "on-demand"},
      {{{"karpenter.sh/capacity-type", "reserved"}}, "reserved"},
      {{{"karpenter.sh/capacity-type", "SPOT"}}, ""},
      {{{"eks.amazonaws.com/capacityType", "SPOT"}}, "spot"},
      {{{"eks.amazonaws.com/capacityType", "ON_DEMAND"}}, "on-demand"},
      {{{"eks.amazonaws.com/capacityType", "CAPACITY_BLOCK"}}, "reserved"},
      {{{"cloud.google.com/gke-spot", "true"}, {"cloud.google.com/gke-nodepool", "p"}}, "spot"},
      {{{"cloud.google.com/gke-preemptible", "true"}, {"cloud.google.com/gke-nodepool", "p"}}, "spot"},
      {{{"cloud.google.com/gke-provisioning", "spot"}}, "spot"},
      {{{"cloud.google.com/gke-provisioning", "preemptible"}}, "spot"},
      {{{"cloud.google.com/gke-provisioning", "standard"}}, "on-demand"},
      {{{"cloud.google.com/gke-nodepool", "p"}}, "on-demand"},
      {{{"cloud.google.com/gke-spot", "false"}}, ""},
      {{{"kubernetes.azure.com/scalesetpriority", "spot"}, {"kubernetes.azure.com/agentpool", "p"}}, "spot"},
      {{{"kubernetes.azure.com/scalesetpriority", "regular"}}, "on-demand"},
      {{{"kubernetes.azure.com/priority", "spot"}}, "spot"},
      {{{"kubernetes.azure.com/priority", "regular"}}, "on-demand"},
      {{{"kubernetes.azure.com/agentpool", "p"}}, "on-demand"},
      {{{"node.kubernetes.io/lifecycle", "spot"}}, "spot"},
      {{{"node.kubernetes.io/lifecycle", "normal"}}, "on-demand"},
      {{{"karpenter.sh/capacity-type", "on-demand"}, {"node.kubernetes.io/lifecycle", "spot"}}, "on-demand"},
  };
  for (const auto& [labels, capacity] : cases) {
    EXPECT_EQ(node_traits(labelled(labels)).capacity, capacity) << labels.begin()->first << labels.begin()->second;
  }
}

TEST(NodeTraits, ReadsTheKindOfItsGpus) {
  for (const char* key :
       {"nvidia.com/gpu.product", "cloud.google.com/gke-accelerator", "karpenter.k8s.aws/instance-gpu-name",
        "karpenter.azure.com/sku-gpu-name", "k8s.amazonaws.com/accelerator"}) {
    EXPECT_EQ(node_traits(labelled({{key, "a100"}})).gpu_kind, "a100") << key;
  }
  EXPECT_EQ(
      node_traits(labelled({{"nvidia.com/gpu.product", "Tesla-T4"}, {"k8s.amazonaws.com/accelerator", "t4"}})).gpu_kind,
      "Tesla-T4");
}

TEST(NodeTraits, ReadsItsPriceFromItsAnnotation) {
  kubernetes::Node node = labelled({});
  EXPECT_FALSE(node_traits(node).node_hour);
  node.annotations["spark-exporter.io/node-hourly-cost"] = "0.192";
  EXPECT_EQ(node_traits(node).node_hour, 0.192);
  EXPECT_TRUE(kubernetes::kept_annotation(kNodeCostAnnotation));
  EXPECT_EQ(parse_node_cost("0"), 0);
  EXPECT_EQ(parse_node_cost("1000000"), 1e6);
  for (const char* bad : {"", "free", "-1", "1000000.1", "0.1 USD", " 1", "1e3", "nan", "inf", "1,5", "$2", "0x10"}) {
    EXPECT_FALSE(parse_node_cost(bad)) << bad;
    node.annotations["spark-exporter.io/node-hourly-cost"] = bad;
    EXPECT_FALSE(node_traits(node).node_hour) << bad;
  }
}

}  // namespace
}  // namespace spark_exporter::cost
