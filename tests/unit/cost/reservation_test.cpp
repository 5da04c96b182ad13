#include "exporter/cost/reservation.hpp"

#include <gtest/gtest.h>

namespace spark_exporter::cost {

constexpr double kMiB = 1024.0 * 1024.0;

inline void PrintTo(const Reservation& r, std::ostream* out) {
  *out << r.cores << " cores, " << r.memory_bytes / kMiB << " MiB, " << r.gpus << " GPUs, " << r.ephemeral_bytes / kMiB
       << " MiB of the node's disk, " << r.volume_bytes / kMiB << " MiB of volumes";
}

namespace {

struct Case {
  const char* what;
  Properties properties;
  std::int64_t told_cores;
  Reservation expected;
};

TEST(ExecutorReservation, IsWhatSparkAsksForOrItsWorkerGives) {
  const Case cases[] = {
      {"nothing set, nothing told", {}, 0, {1, 1024 * kMiB, 0}},
      {"Kubernetes adds the overhead", {{"spark.master", "k8s://https://api"}}, 1, {1, 1408 * kMiB, 0}},
      {"request.cores goes before the cores that Spark counts",
       {{"spark.master", "k8s://https://api"},
        {"spark.executor.cores", "4"},
        {"spark.kubernetes.executor.request.cores", "3500m"}},
       4,
       {3.5, 1408 * kMiB, 0}},
      {"request.cores says nothing elsewhere",
       {{"spark.master", "spark://host:7077"}, {"spark.kubernetes.executor.request.cores", "3500m"}},
       8,
       {8, 1024 * kMiB, 0}},
      {"no overhead outside containers",
       {{"spark.master", "local-cluster[2,2,1024]"}, {"spark.executor.memory", "512m"}},
       2,
       {2, 512 * kMiB, 0}},
      {"YARN adds the overhead",
       {{"spark.master", "yarn"}, {"spark.executor.memory", "8g"}, {"spark.executor.cores", "4"}},
       0,
       {4, (8192 + 819) * kMiB, 0}},
      {"off-heap where it is enabled, Python, GPUs",
       {{"spark.master", "spark://host:7077"},
        {"spark.memory.offHeap.enabled", "true"},
        {"spark.memory.offHeap.size", "1g"},
        {"spark.executor.pyspark.memory", "256m"},
        {"spark.executor.resource.gpu.amount", "2"}},
       4,
       {4, (1024 + 1024 + 256) * kMiB, 2}},
      {"off-heap where it is not enabled", {{"spark.memory.offHeap.size", "1g"}}, 1, {1, 1024 * kMiB, 0}},
      {"claims that Spark makes on demand, of executors only",
       {{"spark.master", "k8s://https://api"},
        {"spark.kubernetes.driver.volumes.persistentVolumeClaim.d.options.claimName", "OnDemand"},
        {"spark.kubernetes.driver.volumes.persistentVolumeClaim.d.options.sizeLimit", "9Gi"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.a.options.claimName", "OnDemand"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.a.options.sizeLimit", "100Mi"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.b.options.claimName", "OnDemand"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.b.options.sizeLimit", "28Mi"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.c.options.claimName", "datasets"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.c.options.sizeLimit", "5Ti"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.e.options.claimName", "OnDemand"},
        {"spark.kubernetes.executor.volumes.persistentVolumeClaim.e.options.sizeLimit", "lots"}},
       1,
       {1, 1408 * kMiB, 0, 0, 128 * kMiB}},
      {"what cannot be read is not counted",
       {{"spark.executor.memory", "much"}, {"spark.executor.cores", "-3"}, {"spark.executor.resource.gpu.amount", "x"}},
       0,
       {1, 0, 0}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(executor_reservation(c.properties, c.told_cores), c.expected) << c.what;
  }
}

TEST(DriverReservation, IsHeapAndOverheadAndInLocalModeAllThereIs) {
  const Case cases[] = {
      {"nothing set", {}, 0, {1, 1024 * kMiB, 0}},
      {"local: its slots are its cores", {{"spark.master", "local[4]"}}, 4, {4, 1024 * kMiB, 0}},
      {"local uses memory off the heap",
       {{"spark.master", "local[*]"},
        {"spark.driver.memory", "2g"},
        {"spark.memory.offHeap.enabled", "true"},
        {"spark.memory.offHeap.size", "512m"}},
       2,
       {2, 2560 * kMiB, 0}},
      {"a driver in a cluster does not",
       {{"spark.master", "local-cluster[2,2,1024]"},
        {"spark.memory.offHeap.enabled", "true"},
        {"spark.memory.offHeap.size", "512m"}},
       0,
       {1, 1024 * kMiB, 0}},
      {"Kubernetes",
       {{"spark.master", "k8s://https://api"},
        {"spark.driver.memory", "4g"},
        {"spark.driver.cores", "2"},
        {"spark.driver.resource.gpu.amount", "1"}},
       0,
       {2, (4096 + 409) * kMiB, 1}},
      {"Kubernetes, Python, request",
       {{"spark.master", "k8s://https://api"},
        {"spark.kubernetes.resource.type", "python"},
        {"spark.driver.memory", "4g"},
        {"spark.kubernetes.driver.request.cores", "0.5"}},
       0,
       {0.5, (4096 + 1638) * kMiB, 0}},
      {"YARN's client mode starts the driver by itself",
       {{"spark.master", "yarn"}, {"spark.submit.deployMode", "client"}},
       0,
       {1, 1024 * kMiB, 0}},
      {"YARN's cluster mode does not",
       {{"spark.master", "yarn"}, {"spark.submit.deployMode", "cluster"}, {"spark.driver.memoryOverhead", "100m"}},
       0,
       {1, 1124 * kMiB, 0}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(driver_reservation(c.properties, c.told_cores), c.expected) << c.what;
  }
}

kubernetes::ContainerSpec container(std::optional<double> cpu, std::optional<double> memory, bool is_sidecar = false) {
  kubernetes::ContainerSpec spec;
  spec.requests.cpu = cpu;
  spec.requests.memory = memory;
  if (is_sidecar) spec.restart_policy = "Always";
  return spec;
}

TEST(PodReservation, AddsUpWhatRunsTogether) {
  kubernetes::Pod pod;
  EXPECT_EQ(pod_reservation(pod), Reservation{});
  pod.containers = {container(2, 1000), container(0.5, 100)};
  EXPECT_EQ(pod_reservation(pod), (Reservation{2.5, 1100, 0}));
  // An init container runs before them: only what it needs more counts, resource by resource.
  pod.init_containers = {container(1, 5000)};
  EXPECT_EQ(pod_reservation(pod), (Reservation{2.5, 5000, 0}));
  // A sidecar runs with all that come after it.
  pod.init_containers = {container(0.25, 50, true), container(1, 5000), container(0.25, 50, true)};
  EXPECT_EQ(pod_reservation(pod), (Reservation{3, 5050, 0}));
}

TEST(PodReservation, HasStorageOfTheNodeAndVolumesOfItsOwn) {
  kubernetes::Pod pod;
  pod.containers = {container(1, 1000), container(1, 1000)};
  pod.containers[0].requests.ephemeral_storage = 100;
  pod.containers[1].limits.ephemeral_storage = 20;
  pod.ephemeral_volumes = 5000;
  EXPECT_EQ(pod_reservation(pod), (Reservation{2, 2000, 0, 120, 5000}));
  pod.ephemeral_volumes = 1e300;
  EXPECT_EQ(pod_reservation(pod).volume_bytes, 1e18);
}

TEST(PodReservation, TakesTheLimitWhereThereIsNoRequest) {
  kubernetes::Pod pod;
  pod.containers = {container(1, std::nullopt)};
  pod.containers[0].limits = {4, 2000, 1, 7};
  EXPECT_EQ(pod_reservation(pod), (Reservation{1, 2000, 1, 7}));
  pod.containers[0].limits = {4, -5, 1e300, std::nullopt};
  EXPECT_EQ(pod_reservation(pod), (Reservation{1, 0, 1e6}));
}

}  // namespace
}  // namespace spark_exporter::cost
