#include "exporter/jobs/executor_pods.hpp"

#include "exporter/outcome/diagnosis.hpp"

namespace spark_exporter::jobs {
namespace {

std::string_view app_id_of(const kubernetes::Pod& pod) { return pod.label("spark-app-selector"); }

}  // namespace

std::string ExecutorPods::group_name(std::string_view kubernetes_namespace, std::string_view app_id) {
  return std::string(kubernetes_namespace) + '/' + std::string(app_id);
}

Uid ExecutorPods::uid_of(const kubernetes::Pod& pod) {
  return to_uid(pod.uid.empty() ? pod.namespace_name + '/' + pod.name : pod.uid);
}

bool ExecutorPods::put(const kubernetes::Pod& pod) {
  const Uid uid = uid_of(pod);
  auto found = pods_.find(uid);
  if (found == pods_.end()) {
    if (pods_.size() >= most_) return false;
    auto& group = *groups_.try_emplace(group_name(pod.namespace_name, app_id_of(pod))).first;
    found = pods_.emplace(uid, Record{}).first;
    found->second.group = &group;
    ++group.second.records;
  }
  auto& record = found->second;
  record.mark = mark_;
  if (record.deleted) return true;
  record.age = 0;
  const auto seen = outcome::observe(pod, outcome::kExecutorContainer);
  const auto waiting = outcome::waiting_reason(seen);
  const auto ended = outcome::termination_reason(seen, false);
  record.on_loss = static_cast<std::int8_t>(*outcome::termination_reason(seen, true));
  show(record, true, static_cast<int>(pod.phase), waiting ? static_cast<int>(*waiting) : -1);
  if (ended) count(record, static_cast<int>(*ended));
  return true;
}

void ExecutorPods::remove(const kubernetes::Pod& pod) {
  if (!put(pod)) return;
  auto& record = pods_.find(uid_of(pod))->second;
  if (record.deleted) return;
  record.deleted = true;
  count(record, record.on_loss);
  show(record, false, -1, -1);
  record.age = 1;
}

void ExecutorPods::end_list() {
  for (auto& [uid, record] : pods_) {
    if (record.mark == mark_ || record.age > 0) continue;
    count(record, record.on_loss);
    show(record, false, -1, -1);
    record.age = 1;
  }
}

/// Takes what the record showed before out of the counts, and what it shows now in.
void ExecutorPods::show(Record& record, bool present, int phase, int waiting) {
  auto& counts = record.group->second.counts;
  const auto is_alive = [](int value) {
    return value >= 0 && value != static_cast<int>(kubernetes::Phase::kSucceeded) &&
           value != static_cast<int>(kubernetes::Phase::kFailed);
  };
  if (record.phase >= 0) --counts.pods[static_cast<std::size_t>(record.phase)];
  if (record.waiting >= 0) --counts.waiting[static_cast<std::size_t>(record.waiting)];
  if (is_alive(record.phase)) --counts.alive;
  record.phase = static_cast<std::int8_t>(present ? phase : -1);
  record.waiting = static_cast<std::int8_t>(waiting);
  if (record.phase >= 0) ++counts.pods[static_cast<std::size_t>(record.phase)];
  if (record.waiting >= 0) ++counts.waiting[static_cast<std::size_t>(record.waiting)];
  if (is_alive(record.phase)) ++counts.alive;
}

void ExecutorPods::count(Record& record, int termination) {
  if (record.counted) return;
  record.counted = true;
  ++record.group->second.counts.terminations[static_cast<std::size_t>(termination)];
  ++terminations_;
}

const ExecutorCounts* ExecutorPods::hold(const std::string& name) {
  auto& group = groups_[name];
  ++group.holders;
  return &group.counts;
}

void ExecutorPods::release(const std::string& group) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  if (found->second.holders > 0) --found->second.holders;
  drop_if_unused(*found);
}

void ExecutorPods::forget_gone() {
  constexpr std::uint8_t kOld = 3;
  for (auto at = pods_.begin(); at != pods_.end();) {
    auto& record = at->second;
    if (record.age == 0 || ++record.age < kOld) {
      ++at;
      continue;
    }
    auto& group = *record.group;
    at = pods_.erase(at);
    --group.second.records;
    drop_if_unused(group);
  }
}

void ExecutorPods::drop_if_unused(Groups::value_type& group) {
  if (group.second.records == 0 && group.second.holders == 0) groups_.erase(groups_.find(group.first));
}

std::unordered_map<const ExecutorCounts*, std::vector<Uid>> ExecutorPods::counted() const {
  std::unordered_map<const ExecutorCounts*, std::vector<Uid>> counted;
  for (const auto& [uid, record] : pods_) {
    if (record.counted && record.group->second.holders > 0) counted[&record.group->second.counts].push_back(uid);
  }
  return counted;
}

void ExecutorPods::restore(const std::string& name, const Saved& saved) {
  auto& group = *groups_.try_emplace(name).first;
  group.second.counts.terminations = saved.terminations;
  for (const auto& uid : saved.counted) {
    if (pods_.size() >= most_) return;
    const auto [at, fresh] = pods_.emplace(uid, Record{});
    if (!fresh) continue;
    at->second.group = &group;
    at->second.counted = true;
    ++group.second.records;
  }
}

}  // namespace spark_exporter::jobs
