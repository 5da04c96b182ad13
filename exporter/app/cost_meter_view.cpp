// What is shown of a run's cost.

#include <algorithm>
#include <chrono>
#include <tuple>

#include "exporter/app/cost_meter.hpp"
#include "exporter/cost/projection.hpp"

namespace spark_exporter::app {
namespace {

constexpr std::size_t kHoldersShown = 200;
constexpr std::size_t kQueriesShown = 3;

double seconds(spark::Millis millis) { return static_cast<double>(millis.count()) / 1000; }

/// Money of slot time in which tasks ran.
double task_money(const cost::Totals& totals) {
  using cost::Use;
  const auto of = [&](Use use) { return cost::at(totals.used, use); };
  return of(Use::kTaskOk) + of(Use::kGc) + of(Use::kTaskFailed) + of(Use::kStageRetry) + of(Use::kSpeculation) +
         of(Use::kKilled);
}

std::vector<cost::QueryView> queries(const model::WorkLedger& ledger, const cost::Totals& totals) {
  double run_time = 0;
  for (const auto& [group, time] : ledger.data().groups) run_time += seconds(time);
  std::vector<cost::QueryView> out;
  if (run_time <= 0) return out;
  const double money = task_money(totals);
  for (const auto& query : ledger.top_queries()) {
    if (out.size() == kQueriesShown) break;
    const double share = std::min(seconds(query.run_time) / run_time, 1.0);
    out.push_back({query.id, query.description, query.run_time, money * share});
  }
  return out;
}

/// Tasks that succeeded of all tasks of the stages known so far.
std::optional<double> work_done(const model::Run& run) {
  std::int64_t open = 0;
  for (const auto& [key, stage] : run.stages().live()) {
    open += std::max<std::int64_t>(stage.tasks - stage.completed_indices, 0);
  }
  const auto done = run.stages().totals().tasks_completed;
  if (done <= 0) return std::nullopt;
  return static_cast<double>(done) / (static_cast<double>(done) + static_cast<double>(open));
}

std::optional<double> projected(const CostFacts& facts, const cost::View& view) {
  const auto& run = *facts.run;
  if (outcome::is_endless(run.kind())) return std::nullopt;
  cost::Outlook outlook;
  outlook.paid = view.totals.paid_total();
  outlook.per_hour = view.per_hour;
  outlook.ended = view.final;
  outlook.work_done = work_done(run);
  const auto started = run.application().start_time.value_or(run.first_seen());
  outlook.elapsed_seconds = std::max(seconds(*run.executors().as_of() - started), 0.0);
  if (facts.baseline) {
    outlook.baseline_runs = facts.baseline->runs;
    outlook.baseline_duration_seconds = facts.baseline->duration_seconds;
    if (facts.baseline->currency == view.currency) outlook.baseline_cost = facts.baseline->cost;
  }
  return cost::project(outlook);
}

}  // namespace

void CostMeter::show_holders(cost::View& view) const {
  std::vector<const Tracked*> order;
  order.reserve(tracked_.size());
  for (const auto& [id, tracked] : tracked_) order.push_back(&tracked);
  const auto older = [](const Tracked* a, const Tracked* b) {
    return std::tie(a->holder.held_from, a->holder.id) < std::tie(b->holder.held_from, b->holder.id);
  };
  const auto shown = std::min(order.size(), kHoldersShown);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(), older);
  order.resize(shown);
  for (const Tracked* const tracked : order) {
    const auto& holder = tracked->holder;
    cost::HolderView one;
    one.id = holder.id;
    one.component = holder.component;
    one.held_from = holder.held_from;
    one.work_from = holder.work_from;
    one.ended = holder.released ? holder.released : holder.work_until;
    one.cores = tracked->reservation.cores;
    one.memory_bytes = tracked->reservation.memory_bytes;
    one.gpus = tracked->reservation.gpus;
    one.paid = ledger_.paid(holder.id);
    if (tracked->node != nullptr) {
      one.instance_type = tracked->node->instance_type;
      one.capacity = tracked->node->capacity;
    }
    view.holders.push_back(std::move(one));
  }
}

void CostMeter::show_prices(cost::View& view, const CostSettings& settings, spark::TimePoint now) const {
  std::vector<const cost::NodeTraits*> nodes;
  for (const auto& [id, tracked] : tracked_) {
    const auto& node = node_of(tracked, settings);
    const auto same = [&](const cost::NodeTraits* known) {
      return known->instance_type == node.instance_type && known->capacity == node.capacity;
    };
    if (std::none_of(nodes.begin(), nodes.end(), same)) nodes.push_back(&node);
  }
  for (const auto* const node : nodes) {
    const auto prices = settings.prices.prices(*node, now).front().prices;
    const auto add = [&](const char* resource, double per_hour, bool always) {
      if (always || per_hour > 0) view.prices.push_back({resource, node->instance_type, node->capacity, per_hour});
    };
    add("cpu", prices.core, true);
    add("memory", prices.memory_gib, true);
    add("gpu", prices.gpu, false);
    add("ephemeral", prices.ephemeral_gib, false);
    add("volume", prices.volume_gib.value_or(0), false);
  }
}

void CostMeter::show(const CostFacts& facts, const CostSettings& settings) {
  cost::View view;
  view.currency = settings.prices.currency();
  view.totals = ledger_.totals();
  view.final = closed_;
  const auto known_until = facts.pods ? facts.now : *facts.run->executors().as_of();
  view.per_hour = ledger_.rate(known_until) * 3600;
  view.projected = projected(facts, view);
  const HeldPod* const pod = pod_of("driver");
  const auto* const budget = pod != nullptr && pod->budget
                                 ? &*pod->budget
                                 : cost::find_budget(settings.budgets, facts.kubernetes_namespace, facts.app);
  // A budget for days or months is that of the job over its runs, not of this one.
  if (budget != nullptr && budget->period == cost::BudgetPeriod::kRun) view.budget = budget->amount;
  view.queries = queries(facts.run->work(), view.totals);
  show_holders(view);
  show_prices(view, settings, facts.now);
  for (const auto& [id, tracked] : tracked_) {
    if (tracked.holder.component != outcome::Component::kExecutor || !tracked.peak_bytes) continue;
    const double held = tracked.reservation.memory_bytes;
    const double unused = held > 0 ? std::max(1 - *tracked.peak_bytes / held, 0.0) : 0;
    view.memory_unused = view.memory_unused.value_or(0) + ledger_.paid(id) * tracked.memory_share * unused;
  }
  view_ = std::move(view);
}

}  // namespace spark_exporter::app
