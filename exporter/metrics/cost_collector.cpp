// What a run costs, and what the money bought (docs/cost.md). Shown where prices are known.

#include <vector>

#include "exporter/metrics/collectors.hpp"
#include "exporter/outcome/view.hpp"

namespace spark_exporter::metrics {
namespace {

using Runs = std::vector<const model::RunView*>;

constexpr std::string_view kUnattributed = "unattributed";

template <std::size_t N, class Add>
void for_each_resource(const std::array<double, N>& paid, Add add) {
  for (std::size_t i = 0; i < N; ++i) {
    const auto resource = static_cast<cost::Resource>(i);
    // Volumes are not metered: nothing says that there are none.
    if (resource == cost::Resource::kStorage && !(paid[i] > 0)) continue;
    add(cost::to_string(resource), paid[i]);
  }
}

void collect_paid(const Runs& runs, Families& families) {
  families.counter("spark_job_cost_total",
                   "Money paid for what the run's pods reserve, as long as a node holds them. "
                   "From pods' requests or the Spark properties, and the price book.",
                   {"component", "resource", "currency"});
  for (const auto* view : runs) {
    const auto& paid = view->cost->totals.paid;
    for (std::size_t i = 0; i < paid.size(); ++i) {
      const auto component = outcome::to_string(static_cast<outcome::Component>(i));
      for_each_resource(paid[i], [&](std::string_view resource, double money) {
        families.add(*view, {component, resource, view->cost->currency}, money);
      });
    }
  }
}

void collect_uses(const Runs& runs, Families& families) {
  families.counter("spark_job_cost_use_total",
                   "The same money by what it bought, booked once, when it is settled. "
                   "From GET /applications/ID/executors, /stages and their tasks.",
                   {"use", "currency"});
  for (const auto* view : runs) {
    const auto& used = view->cost->totals.used;
    for (std::size_t i = 0; i < used.size(); ++i) {
      families.add(*view, {cost::to_string(static_cast<cost::Use>(i)), view->cost->currency}, used[i]);
    }
  }
  families.counter(
      "spark_job_cost_group_total",
      "The same money by job group, streaming query or SQL description, in proportion to executor run time. "
      "From GET /applications/ID/jobs and /stages, executorRunTime.",
      {"group", "currency"});
  for (const auto* view : runs) {
    // A server's descriptions are its users' statements.
    if (view->run->kind() == outcome::Kind::kServer) continue;
    for (const auto& [group, money] : view->cost->totals.groups) {
      families.add(*view, {group.empty() ? kUnattributed : std::string_view(group), view->cost->currency}, money);
    }
  }
}

void collect_now(const Runs& runs, Families& families) {
  const auto each = [&](const auto& value_of) {
    for (const auto* view : runs) {
      const std::optional<double> value = value_of(*view->cost);
      if (value) families.add(*view, {view->cost->currency}, *value);
    }
  };
  families.gauge("spark_job_cost_unsettled",
                 "Paid and not booked to a use yet: what runs now. 0 at the end. Sum of spark_job_cost_total less "
                 "spark_job_cost_use_total.",
                 {"currency"});
  each([](const cost::View& cost) { return std::optional(cost.totals.unsettled); });
  families.gauge("spark_job_cost_per_hour", "What the run costs an hour now. From what is held and its prices.",
                 {"currency"});
  each([](const cost::View& cost) { return std::optional(cost.per_hour); });
  families.gauge("spark_job_cost_projected",
                 "What the run will have cost at its end, by the share of its tasks that is done.", {"currency"});
  each([](const cost::View& cost) { return cost.projected; });
  families.gauge("spark_job_cost_budget",
                 "What it may cost. From the configuration, cost.budgets, or the pod's annotation.", {"currency"});
  each([](const cost::View& cost) { return cost.budget; });
  families.gauge("spark_job_cost_memory_unused",
                 "Money for memory that executors held and never used, by their highest peak; no part of the sum. "
                 "From GET /applications/ID/executors, peakMemoryMetrics.",
                 {"currency"});
  each([](const cost::View& cost) { return cost.memory_unused; });
}

}  // namespace

void collect_cost(const model::Snapshot& snapshot, Families& families) {
  Runs runs = shown_runs(snapshot);
  std::erase_if(runs, [](const model::RunView* view) { return view->cost == nullptr; });
  collect_paid(runs, families);
  collect_uses(runs, families);
  std::erase_if(runs, [](const model::RunView* view) { return !view->fresh && !view->cost->final; });
  collect_now(runs, families);
  families.gauge("spark_price_per_hour",
                 "Price in use, of a core, a GiB of memory or a GPU for an hour. From the price book, the node's "
                 "annotation or OpenCost.",
                 {"resource", "instance_type", "capacity", "currency"});
  for (const auto* view : runs) {
    for (const auto& price : view->cost->prices) {
      families.add(*view, {price.resource, price.instance_type, price.capacity, view->cost->currency}, price.per_hour);
    }
  }
}

}  // namespace spark_exporter::metrics
