#include "exporter/cost/reservation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "exporter/kubernetes/text.hpp"
#include "exporter/model/executor_memory.hpp"

namespace spark_exporter::cost {
namespace {

/// No machine has more.
constexpr double kMostCores = 1e6;
constexpr double kMostBytes = 1e18;

double sane(double amount, double most) { return std::isfinite(amount) ? std::clamp(amount, 0.0, most) : 0; }

/// A whole number of units, above 0.
std::optional<double> count_of(const Properties& properties, const std::string& key) {
  const auto at = properties.find(key);
  if (at == properties.end()) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = at->second.data() + at->second.size();
  const auto [stop, error] = std::from_chars(at->second.data(), end, number);
  if (error != std::errc{} || stop != end || number <= 0) return std::nullopt;
  return sane(static_cast<double>(number), kMostCores);
}

/// spark.kubernetes.executor.request.cores is a Kubernetes quantity: "500m".
std::optional<double> requested_cores(const Properties& properties, const std::string& role) {
  if (!model::is_on_kubernetes(properties)) return std::nullopt;
  const auto at = properties.find("spark.kubernetes." + role + ".request.cores");
  if (at == properties.end()) return std::nullopt;
  const auto cores = kubernetes::parse_quantity(at->second);
  return cores && *cores > 0 ? std::optional(sane(*cores, kMostCores)) : std::nullopt;
}

/// Claims that Spark makes with each pod of that role: spark.kubernetes.<role>.volumes.persistentVolumeClaim.<name>
/// .options.claimName OnDemand, .sizeLimit. One that is there before and after the run is not the run's.
double on_demand_claims(const Properties& properties, const std::string& role) {
  if (!model::is_on_kubernetes(properties)) return 0;
  const std::string prefix = "spark.kubernetes." + role + ".volumes.persistentVolumeClaim.";
  constexpr std::string_view kName = ".options.claimName";
  double sum = 0;
  for (auto at = properties.lower_bound(prefix); at != properties.end() && at->first.starts_with(prefix); ++at) {
    const std::string_view key = at->first;
    if (!key.ends_with(kName) || at->second.find("OnDemand") == std::string::npos) continue;
    const auto size = properties.find(std::string(key.substr(0, key.size() - kName.size())) + ".options.sizeLimit");
    const auto amount = size == properties.end() ? std::nullopt : kubernetes::parse_quantity(size->second);
    sum += sane(amount.value_or(0), kMostBytes);
  }
  return sane(sum, kMostBytes);
}

double bytes(std::optional<std::int64_t> amount) { return sane(static_cast<double>(amount.value_or(0)), kMostBytes); }

// --- pods --------------------------------------------------------------------------------------

Reservation of(const kubernetes::ContainerSpec& container) {
  const auto one = [](std::optional<double> request, std::optional<double> limit, double most) {
    return sane(request ? *request : limit.value_or(0), most);
  };
  const auto& requests = container.requests;
  const auto& limits = container.limits;
  return {one(requests.cpu, limits.cpu, kMostCores), one(requests.memory, limits.memory, kMostBytes),
          one(requests.gpu, limits.gpu, kMostCores),
          one(requests.ephemeral_storage, limits.ephemeral_storage, kMostBytes), 0};
}

Reservation sum(const Reservation& a, const Reservation& b) {
  return {a.cores + b.cores, a.memory_bytes + b.memory_bytes, a.gpus + b.gpus, a.ephemeral_bytes + b.ephemeral_bytes,
          a.volume_bytes + b.volume_bytes};
}

Reservation larger(const Reservation& a, const Reservation& b) {
  return {std::max(a.cores, b.cores), std::max(a.memory_bytes, b.memory_bytes), std::max(a.gpus, b.gpus),
          std::max(a.ephemeral_bytes, b.ephemeral_bytes), std::max(a.volume_bytes, b.volume_bytes)};
}

}  // namespace

Reservation executor_reservation(const Properties& properties, std::int64_t told_cores) {
  Reservation out;
  if (const auto requested = requested_cores(properties, "executor")) {
    out.cores = *requested;
  } else if (told_cores > 0) {
    out.cores = sane(static_cast<double>(told_cores), kMostCores);
  } else {
    out.cores = count_of(properties, "spark.executor.cores").value_or(1);
  }
  out.memory_bytes = bytes(model::executor_memory(properties));
  out.gpus = count_of(properties, "spark.executor.resource.gpu.amount").value_or(0);
  out.volume_bytes = on_demand_claims(properties, "executor");
  return out;
}

Reservation driver_reservation(const Properties& properties, std::int64_t told_cores) {
  Reservation out;
  if (const auto requested = requested_cores(properties, "driver")) {
    out.cores = *requested;
  } else if (told_cores > 0) {
    out.cores = sane(static_cast<double>(told_cores), kMostCores);
  } else {
    out.cores = count_of(properties, "spark.driver.cores").value_or(1);
  }
  out.memory_bytes = bytes(model::driver_memory(properties));
  out.gpus = count_of(properties, "spark.driver.resource.gpu.amount").value_or(0);
  out.volume_bytes = on_demand_claims(properties, "driver");
  return out;
}

// kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers and
// .../sidecar-containers/#resource-sharing-within-containers: what runs together adds up, an init container runs with
// the sidecars that were started before it.
Reservation pod_reservation(const kubernetes::Pod& pod) {
  Reservation sidecars;
  Reservation highest_init;
  for (const auto& container : pod.init_containers) {
    const Reservation with_it = sum(sidecars, of(container));
    highest_init = larger(highest_init, with_it);
    if (container.restart_policy == "Always") sidecars = with_it;
  }
  Reservation together = sidecars;
  for (const auto& container : pod.containers) together = sum(together, of(container));
  Reservation out = larger(together, highest_init);
  out.volume_bytes = sane(pod.ephemeral_volumes, kMostBytes);
  return out;
}

}  // namespace spark_exporter::cost
