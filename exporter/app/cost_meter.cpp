#include "exporter/app/cost_meter.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>

#include "exporter/common/in_order.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::app {

using cost::Resource;
using std::chrono::seconds;

namespace {

constexpr char kDriver[] = "driver";
/// How long the watch may be behind Spark with an executor's pod.
constexpr seconds kPodPatience{30};
/// How long the last counts of a dead executor wait for its lost tasks to be read.
constexpr seconds kLostPatience{60};
/// An executor's row may not show the start of a task before its next heartbeat (spark.executor.heartbeatInterval, 10
/// s) and a flush (spark.ui.liveUpdate.minFlushPeriod, 1 s): AppStatusListener.maybeUpdate.
constexpr seconds kRowAge{12};
/// Answers that wait to be told: one a second for as long as a row may be late, and then some.
constexpr std::size_t kMostMoments = 64;
constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

const cost::Properties& properties_of(const model::Run& run) {
  static const cost::Properties none;
  return run.environment() ? run.environment()->properties : none;
}

model::LostTasks lost_of(const model::WorkLedger::Data& work, const std::string& id) {
  const auto at = work.lost.find(id);
  return at == work.lost.end() ? model::LostTasks{} : at->second;
}

std::optional<double> peak_of(const spark::Executor& executor) {
  if (!executor.peak) return std::nullopt;
  const auto& peak = *executor.peak;
  const double tree = static_cast<double>(peak.process_tree_jvm_rss) +
                      static_cast<double>(peak.process_tree_python_rss) +
                      static_cast<double>(peak.process_tree_other_rss);
  if (tree > 0) return tree;
  const double jvm = static_cast<double>(peak.jvm_heap_memory) + static_cast<double>(peak.jvm_off_heap_memory);
  return jvm > 0 ? std::optional(jvm) : std::nullopt;
}

/// A row without a task: while jobs run, one that started of late may not be shown yet.
void take_active(cost::Holder& holder, std::int64_t active_tasks, bool jobs_run) {
  holder.active_tasks = active_tasks;
  holder.oldest_task.reset();
  if (!jobs_run || active_tasks > 0) return;
  holder.active_tasks = holder.slots;
  holder.oldest_task = *holder.as_of - kRowAge;
}

/// No prices of any kind: there is nothing to show.
bool has_prices(const CostFacts& facts, const CostSettings& settings) {
  if (!settings.prices.empty()) return true;
  return std::any_of(facts.nodes.begin(), facts.nodes.end(), [](const auto& entry) {
    const auto& node = entry.second;
    return node.node_hour || node.opencost_core_hour || node.opencost_gib_hour || node.opencost_gpu_hour;
  });
}

}  // namespace

// --- which run ---------------------------------------------------------------------------------

bool CostMeter::is_of(const spark::Application& application) const {
  return app_id_ == application.id && started_ == application.start_time;
}

void CostMeter::begin(const spark::Application& application) {
  first_run_ = app_id_.empty();
  app_id_ = application.id;
  started_ = application.start_time;
  closed_ = false;
  ledger_ = cost::Ledger();
  tracked_.clear();
  moments_.clear();
  view_.reset();
}

void CostMeter::feed(const CostFacts& facts, const CostSettings& settings) {
  if (facts.run == nullptr) return;
  const auto& run = *facts.run;
  if (!is_of(run.application())) begin(run.application());
  // Before, nobody knows whether the driver has slots.
  if (!run.executors().as_of() || !run.environment()) return;
  if (!has_prices(facts, settings)) {
    view_.reset();
    return;
  }
  const auto& work = run.work().data();
  if (!facts.ui_over && !facts.run_over) take_back_ends();
  index_pods(facts);
  share_nodes(facts);
  take_driver(facts, work);
  take_executors(facts, work);
  take_unregistered(facts);
  tell(facts, settings, work);
  if (facts.run_over) close(facts);
  // Who was released is known up to the watch's time, or Spark's. Nothing is held after the end that nobody watches.
  if (facts.pods) {
    ledger_.advance(facts.now);
  } else if (!closed_) {
    ledger_.advance(*run.executors().as_of());
  }
  show(facts, settings);
  pods_.clear();
  by_cores_.clear();
}

/// A driver that refused connections for a while answers again: it and its executors had not ended.
void CostMeter::take_back_ends() {
  const auto driver = tracked_.find(kDriver);
  if (!closed_ && (driver == tracked_.end() || !driver->second.holder.work_until)) return;
  closed_ = false;
  for (auto& [id, tracked] : tracked_) {
    if (tracked.ended) continue;
    tracked.holder.work_until.reset();
    tracked.holder.released.reset();
    tracked.holder.end_is_guess = false;
    resumed_.push_back(&tracked.holder);
  }
}

void CostMeter::guess_end(const CostFacts& facts, Tracked& tracked, const HeldPod* pod) const {
  if (!facts.ui_over && !facts.run_over) return;
  auto& holder = tracked.holder;
  holder.end_is_guess = true;
  if (!holder.work_until) holder.work_until = end_of_work(facts);
  if (pod == nullptr && facts.run_over) holder.released = holder.work_until;
}

void CostMeter::index_pods(const CostFacts& facts) {
  pods_.clear();
  if (!facts.pods) return;
  pods_.reserve(facts.pods->size());
  for (const auto& pod : *facts.pods) pods_.insert_or_assign(pod.id, &pod);
}

/// A node that changed is another one to the pods on it.
void CostMeter::share_nodes(const CostFacts& facts) {
  std::erase_if(nodes_, [&](const auto& entry) { return !facts.nodes.contains(entry.first); });
  for (const auto& [name, traits] : facts.nodes) {
    auto& known = nodes_[name];
    if (known == nullptr || !(*known == traits)) known = std::make_shared<const cost::NodeTraits>(traits);
  }
}

const HeldPod* CostMeter::pod_of(const std::string& id) const {
  const auto at = pods_.find(id);
  return at == pods_.end() ? nullptr : at->second;
}

// --- who holds what ----------------------------------------------------------------------------

CostMeter::Tracked* CostMeter::track(const std::string& id, outcome::Component component, spark::TimePoint held_from) {
  auto at = tracked_.find(id);
  if (at == tracked_.end()) {
    if (tracked_.size() >= limits::kHolders) return nullptr;
    at = tracked_.emplace(id, Tracked{}).first;
    at->second.holder.id = id;
    at->second.holder.component = component;
    at->second.holder.held_from = held_from;
  }
  return &at->second;
}

const cost::Reservation& CostMeter::executor_by_conf(const CostFacts& facts, std::int64_t told_cores) {
  const auto [at, is_new] = by_cores_.try_emplace(told_cores);
  if (is_new) at->second = cost::executor_reservation(properties_of(*facts.run), told_cores);
  return at->second;
}

void CostMeter::reserve(Tracked& tracked, const HeldPod* pod, const cost::Reservation& by_conf) {
  cost::Reservation reservation = pod != nullptr ? pod->reservation : by_conf;
  // A pod without requests reserves nothing, but something it does use.
  if (reservation.cores <= 0) reservation.cores = by_conf.cores;
  if (reservation.memory_bytes <= 0) reservation.memory_bytes = by_conf.memory_bytes;
  if (pod != nullptr) reservation.volume_bytes += by_conf.volume_bytes;
  if (!(reservation == tracked.reservation)) {
    tracked.reservation = reservation;
    tracked.rates_stale = true;
  }
  if (pod == nullptr) return;
  if (const auto node = nodes_.find(pod->node); node != nodes_.end() && node->second != tracked.node) {
    tracked.node = node->second;
    tracked.rates_stale = true;
  }
  if (pod->released) tracked.holder.released = pod->released;
}

spark::TimePoint CostMeter::end_of_work(const CostFacts& facts) const {
  const HeldPod* const pod = pod_of(kDriver);
  return pod != nullptr && pod->work_until ? *pod->work_until : *facts.run->executors().as_of();
}

void CostMeter::take_driver(const CostFacts& facts, const model::WorkLedger::Data& work) {
  const auto& run = *facts.run;
  const auto& live = run.executors().data().live;
  const auto row = live.find(kDriver);
  const auto started = run.application().start_time.value_or(run.first_seen());
  const HeldPod* const pod = pod_of(kDriver);
  // What the pod did before an earlier context of the same driver is that one's.
  const auto held_from = pod != nullptr && pod->held_from && first_run_ ? std::min(*pod->held_from, started) : started;
  Tracked* const driver = track(kDriver, outcome::Component::kDriver, held_from);
  if (driver == nullptr) return;
  auto& holder = driver->holder;
  holder.work_from = started;
  holder.as_of = run.executors().as_of();
  if (row != live.end() && row->second.max_tasks > 0) {
    holder.slots = row->second.max_tasks;
    // Of the driver's row Spark replaces both sums: by the uptime and by all its collections
    // (AppStatusStore.replaceDriverGcTime). Its tasks are all tasks there are.
    holder.task_time = spark::Millis{run.stages().totals().slot_time_ms};
    holder.gc_time = spark::Millis{run.stages().totals().gc_time_ms};
    take_lost(*driver, lost_of(work, kDriver));
    take_active(holder, row->second.active_tasks, !run.jobs().running().empty());
  }
  if (row != live.end()) driver->peak_bytes = peak_of(row->second);
  reserve(*driver, pod, cost::driver_reservation(properties_of(run), row == live.end() ? 0 : row->second.total_cores));
  guess_end(facts, *driver, pod);
}

void CostMeter::take_executors(const CostFacts& facts, const model::WorkLedger::Data& work) {
  const auto& executors = facts.run->executors();
  InOrder known(tracked_);
  InOrder lost(work.lost);
  for (const auto& [id, executor] : executors.data().live) {
    if (id == kDriver) continue;
    const auto* const lost_here = lost.find(id);
    take_live(facts, executor, known.find(id), lost_here == nullptr ? model::LostTasks{} : *lost_here);
  }
  std::set<std::string_view> told;
  for (const auto& ending : executors.endings()) {
    told.insert(ending.executor.id);
    take_end(facts, ending.executor.id, &ending.executor, work);
  }
  InOrder live(executors.data().live);
  for (const auto& [id, tracked] : tracked_) {
    if (id == kDriver || live.find(id) != nullptr || told.contains(id)) continue;
    if (!tracked.holder.work_from || (tracked.counted_out && tracked.holder.released)) continue;
    // Its end was not among the last ones that are remembered, or it is waited for its lost tasks.
    take_end(facts, id, nullptr, work);
  }
}

/// `tracked`: null if it is new.
void CostMeter::take_live(const CostFacts& facts, const spark::Executor& executor, Tracked* tracked,
                          const model::LostTasks& lost) {
  const auto as_of = *facts.run->executors().as_of();
  const auto added = executor.add_time.value_or(as_of);
  const HeldPod* const pod = pod_of(executor.id);
  if (tracked == nullptr) {
    if (facts.pods && pod == nullptr && !facts.run_over && facts.now < added + kPodPatience) return;
    const auto held_from = pod != nullptr && pod->held_from ? *pod->held_from : added;
    tracked = track(executor.id, outcome::Component::kExecutor, held_from);
    if (tracked == nullptr) return;
  }
  auto& holder = tracked->holder;
  if (!holder.work_from) holder.work_from = added;
  holder.slots = executor.max_tasks;
  auto& counts = tracked->counts;
  if (counts.empty() || counts.back().as_of < as_of) {
    // Tasks are read after rows: what is told now may have ended after this row, and even with the executor.
    tracked->lost_before = tracked->lost_told();
    if (counts.size() > kMostMoments) counts.erase(counts.begin());
    counts.push_back({as_of, executor.total_duration, executor.total_gc_time, executor.active_tasks});
  }
  take_lost(*tracked, lost);
  if (const auto peak = peak_of(executor)) tracked->peak_bytes = peak;
  reserve(*tracked, pod, executor_by_conf(facts, executor.total_cores));
  guess_end(facts, *tracked, pod);
}

CostMeter::Lost CostMeter::Tracked::lost_told() const {
  const auto& time = holder.lost;
  return {time.failed + time.retried + time.speculation + time.killed, lost_tasks};
}

void CostMeter::take_lost(Tracked& tracked, const model::LostTasks& lost) {
  tracked.holder.lost = {lost.failed, lost.retried, lost.speculation, lost.killed};
  tracked.lost_tasks = lost.tasks;
}

/// `last`: null where it was not seen dead; then the last that is known of it counts.
void CostMeter::take_last_row(Tracked& tracked, const spark::Executor* last) {
  auto& holder = tracked.holder;
  tracked.unended = tracked.counts.empty() ? 0 : tracked.counts.back().active_tasks;
  if (last != nullptr) {
    holder.slots = last->max_tasks;
    holder.task_time = last->total_duration;
    holder.gc_time = last->total_gc_time;
    tracked.unended = last->active_tasks;
  } else if (!tracked.counts.empty()) {
    holder.task_time = tracked.counts.back().task_time;
    holder.gc_time = tracked.counts.back().gc_time;
  }
  tracked.counts.clear();
}

void CostMeter::take_end(const CostFacts& facts, const std::string& id, const spark::Executor* last,
                         const model::WorkLedger::Data& work) {
  const auto as_of = *facts.run->executors().as_of();
  const HeldPod* const pod = pod_of(id);
  const auto added = last != nullptr ? last->add_time.value_or(as_of) : as_of;
  Tracked* const tracked =
      track(id, outcome::Component::kExecutor, pod != nullptr && pod->held_from ? *pod->held_from : added);
  if (tracked == nullptr) return;
  auto& holder = tracked->holder;
  if (!tracked->ended) {
    tracked->ended = true;
    tracked->end_seen = as_of;
    holder.end_is_guess = false;
    if (!holder.work_from) holder.work_from = added;
    take_last_row(*tracked, last);
    if (!holder.work_until) holder.work_until = last != nullptr ? last->remove_time.value_or(as_of) : as_of;
    reserve(*tracked, pod, executor_by_conf(facts, last != nullptr ? last->total_cores : 0));
  } else if (pod != nullptr && pod->released) {
    holder.released = pod->released;
  }
  if (pod == nullptr) holder.released = holder.work_until;
  if (tracked->counted_out) return;
  // Booked as idle is what no task is known of: so first what its lost tasks took is waited for.
  holder.as_of.reset();
  take_lost(*tracked, lost_of(work, id));
  // The stages that tell of them may not have heard of its end when it was first seen, and show it as late as rows do.
  const auto shown_by =
      facts.run->jobs().running().empty() ? tracked->end_seen + spark::Millis{1} : tracked->end_seen + kRowAge;
  const bool told = as_of >= shown_by && facts.run->work().owed().empty();
  if (!told && !facts.run_over && as_of < tracked->end_seen + kLostPatience) return;
  if (!tracked->final_at) tracked->final_at = as_of;
}

/// Nothing more will be told of a dead executor.
void CostMeter::count_out(Tracked& tracked) {
  auto& holder = tracked.holder;
  const auto told = tracked.lost_told();
  const auto since = told.tasks - tracked.lost_before.tasks;
  if (tracked.unended > 0 && since > 0) {
    // Which of them had ended is not told: they count alike.
    const double share = std::min(static_cast<double>(tracked.unended) / static_cast<double>(since), 1.0);
    const auto time = std::max(told.time - tracked.lost_before.time, spark::Millis{0});
    holder.task_time += spark::Millis{std::llround(static_cast<double>(time.count()) * share)};
  }
  holder.as_of = holder.work_until;
  holder.active_tasks = 0;
  holder.counts_final = true;
  tracked.counted_out = true;
}

/// Pods that hold a node, but no executor of them has registered.
void CostMeter::take_unregistered(const CostFacts& facts) {
  const auto& executors = facts.run->executors().data();
  for (const auto& [id_text, pod] : pods_) {
    const auto& id = pod->id;
    const auto known = tracked_.find(id);
    const bool registered = known != tracked_.end() && known->second.holder.work_from.has_value();
    if (id == kDriver || registered || !pod->held_from || executors.dead.contains(id)) continue;
    Tracked* const tracked = track(id, outcome::Component::kExecutor, *pod->held_from);
    if (tracked == nullptr) continue;
    tracked->holder.as_of = facts.run->executors().as_of();
    reserve(*tracked, pod, executor_by_conf(facts, 0));
  }
}

// --- to the ledger -----------------------------------------------------------------------------

/// Prices by node for one feed: most pods of a run stand on a few kinds of nodes.
struct CostMeter::Spans {
  std::vector<std::pair<cost::NodeTraits, std::vector<cost::PriceSpan>>> known;

  const std::vector<cost::PriceSpan>& of(const cost::PriceBook& book, const cost::NodeTraits& node) {
    const auto at = std::find_if(known.begin(), known.end(), [&](const auto& entry) { return entry.first == node; });
    if (at != known.end()) return at->second;
    known.emplace_back(node, book.prices(node, spark::TimePoint{}));
    return known.back().second;
  }
};

namespace {

cost::PerResource<double> rate_of(const cost::Reservation& reservation, const cost::UnitPrices& prices) {
  cost::PerResource<double> rate{};
  cost::at(rate, Resource::kCpu) = reservation.cores * prices.core / 3600;
  cost::at(rate, Resource::kMemory) = reservation.memory_bytes / kGiB * prices.memory_gib / 3600;
  cost::at(rate, Resource::kGpu) = reservation.gpus * prices.gpu / 3600;
  const double storage_hour = reservation.ephemeral_bytes / kGiB * prices.ephemeral_gib +
                              reservation.volume_bytes / kGiB * prices.volume_gib.value_or(0);
  cost::at(rate, Resource::kStorage) = storage_hour / 3600;
  return rate;
}

}  // namespace

void CostMeter::price(Tracked& tracked, const CostSettings& settings, Spans& spans) {
  const auto& node = node_of(tracked, settings);
  const auto& prices = spans.of(settings.prices, node);
  auto& rates = tracked.holder.rates;
  rates.clear();
  for (const auto& span : prices) rates.push_back({span.from, rate_of(tracked.reservation, span.prices)});
  const auto now = std::upper_bound(prices.begin(), prices.end(), tracked.holder.held_from,
                                    [](auto time, const auto& span) { return time < span.from; });
  const auto at = now == prices.begin() ? std::size_t{0} : static_cast<std::size_t>(now - prices.begin()) - 1;
  const double all = cost::sum(rates[at].per_second);
  tracked.memory_share = all > 0 ? cost::at(rates[at].per_second, Resource::kMemory) / all : 0;
  const bool volume_missing = tracked.reservation.volume_bytes > 0 && !prices[at].prices.volume_gib;
  if (!tracked.priced && (prices[at].prices.is_default || volume_missing)) ++prices_missing_;
  tracked.priced = true;
  tracked.rates_stale = false;
}

const cost::NodeTraits& CostMeter::node_of(const Tracked& tracked, const CostSettings& settings) {
  return tracked.node == nullptr ? settings.default_node : *tracked.node;
}

/// While jobs run, an answer is told once all that belongs to it can be known. Answers are told one after the other,
/// also where several are due: money that settles goes to the groups whose time grew with it.
void CostMeter::tell(const CostFacts& facts, const CostSettings& settings, const model::WorkLedger::Data& work) {
  if (!resumed_.empty()) ledger_.resume(resumed_);
  resumed_.clear();
  const auto as_of = *facts.run->executors().as_of();
  const bool jobs_run = !facts.ui_over && !facts.run_over && !facts.run->jobs().running().empty();
  const auto driver = tracked_.find(kDriver);
  // In local mode slot time is the stages', as that of groups is, and neither is late.
  const bool is_local = driver != tracked_.end() && driver->second.holder.slots > 0;
  if (moments_.empty() || moments_.back().as_of < as_of) moments_.push_back({as_of, work.groups});
  if (moments_.size() > kMostMoments) moments_.pop_front();
  if (is_local) ledger_.apply_groups(work.groups);
  const auto due = jobs_run ? as_of - kRowAge : as_of;
  bool told = false;
  while (!moments_.empty() && moments_.front().as_of <= due) {
    const auto moment = std::move(moments_.front());
    moments_.pop_front();
    const auto before = task_time();
    tell_counts(moment.as_of, jobs_run || moment.as_of < as_of);
    if (!is_local) ledger_.apply_groups(groups_for(moment, task_time() - before, work));
    tell_holders(settings);
    // The last one is booked with what follows it.
    if (!moments_.empty() && moments_.front().as_of <= due) ledger_.advance(moment.as_of);
    told = true;
  }
  if (!told) tell_holders(settings);
}

/// Of all holders, as it was told.
spark::Millis CostMeter::task_time() const {
  spark::Millis sum{0};
  for (const auto& [id, tracked] : tracked_) sum += tracked.holder.task_time;
  return sum;
}

/// What groups had told at that moment; or later, if that does not nearly reach for what settles: stages may be written
/// up to a heartbeat after the executors that ran them, and wait until their job's group is known. Time that settled
/// before its group told of it would be another group's, and that group's own would take from those that follow.
const std::map<std::string, spark::Millis>& CostMeter::groups_for(const Moment& moment, spark::Millis settles,
                                                                  const model::WorkLedger::Data& work) const {
  constexpr double kNearly = 0.9;    // the way to an executor and back is in its time alone
  constexpr double kNoMatter = 250;  // ms
  const double wanted = kNearly * static_cast<double>(settles.count()) - kNoMatter;
  if (ledger_.unmet(moment.groups) >= wanted) return moment.groups;
  for (const auto& later : moments_) {
    if (ledger_.unmet(later.groups) >= wanted) return later.groups;
  }
  return work.groups;
}

void CostMeter::tell_counts(spark::TimePoint as_of, bool jobs_ran) {
  for (auto& [id, tracked] : tracked_) {
    // With the groups that have what its lost tasks took.
    if (tracked.final_at && !tracked.counted_out && *tracked.final_at <= as_of) count_out(tracked);
    auto& counts = tracked.counts;
    while (counts.size() > 1 && counts[1].as_of <= as_of) counts.erase(counts.begin());
    if (counts.empty() || counts.front().as_of > as_of) continue;
    const auto& told = counts.front();
    auto& holder = tracked.holder;
    holder.as_of = told.as_of;
    holder.task_time = told.task_time;
    holder.gc_time = told.gc_time;
    take_active(holder, told.active_tasks, jobs_ran);
  }
}

void CostMeter::tell_holders(const CostSettings& settings) {
  Spans spans;
  const bool new_prices = !(settings.prices == prices_ && settings.default_node == default_node_);
  if (new_prices) {
    prices_ = settings.prices;
    default_node_ = settings.default_node;
  }
  for (auto& [id, tracked] : tracked_) {
    if (new_prices || tracked.rates_stale) price(tracked, settings, spans);
    ledger_.apply(tracked.holder);
  }
}

void CostMeter::close(const CostFacts& facts) {
  if (closed_) return;
  closed_ = true;
  const auto driver = tracked_.find(kDriver);
  const bool known = driver != tracked_.end() && driver->second.holder.work_until;
  ledger_.close(known ? *driver->second.holder.work_until : *facts.run->executors().as_of());
}

}  // namespace spark_exporter::app
