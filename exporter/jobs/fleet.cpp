#include "exporter/jobs/fleet.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "exporter/common/limits.hpp"
#include "exporter/jobs/fleet_state.hpp"
#include "exporter/jobs/fleet_view.hpp"
#include "exporter/jobs/roster.hpp"

namespace spark_exporter::jobs {

class Fleet::Impl {
 public:
  explicit Impl(FleetOptions options) : roster(std::move(options)) {}

  mutable std::mutex mutex;
  Roster roster;
  std::uint64_t saved_changes = 0;

  class Pods final : public kubernetes::Store<kubernetes::Pod> {
   public:
    explicit Pods(Impl& impl) : impl_(impl) {}
    void begin_list() override {
      locked([](Roster& roster) { roster.begin_pods(); });
    }
    void put(kubernetes::Pod&& pod) override {
      locked([&](Roster& roster) { roster.put(pod); });
    }
    void remove(kubernetes::Pod&& pod) override {
      locked([&](Roster& roster) { roster.remove(pod); });
    }
    void end_list() override {
      locked([](Roster& roster) { roster.end_pods(); });
    }

   private:
    template <class Do>
    void locked(Do what) {
      const std::lock_guard lock(impl_.mutex);
      what(impl_.roster);
    }
    Impl& impl_;
  };

  class Applications final : public kubernetes::Store<kubernetes::SparkApplication> {
   public:
    explicit Applications(Impl& impl) : impl_(impl) {}
    void begin_list() override {
      locked([](Roster& roster) { roster.begin_applications(); });
    }
    void put(kubernetes::SparkApplication&& application) override {
      locked([&](Roster& roster) { roster.put(std::move(application)); });
    }
    void remove(kubernetes::SparkApplication&& application) override {
      locked([&](Roster& roster) { roster.remove(std::move(application)); });
    }
    void end_list() override {
      locked([](Roster& roster) { roster.end_applications(); });
    }

   private:
    template <class Do>
    void locked(Do what) {
      const std::lock_guard lock(impl_.mutex);
      what(impl_.roster);
    }
    Impl& impl_;
  };

  class Schedules final : public kubernetes::Store<kubernetes::ScheduledSparkApplication> {
   public:
    explicit Schedules(Impl& impl) : impl_(impl) {}
    void begin_list() override {
      locked([](Roster& roster) { roster.begin_schedules(); });
    }
    void put(kubernetes::ScheduledSparkApplication&& schedule) override {
      locked([&](Roster& roster) { roster.put(std::move(schedule)); });
    }
    void remove(kubernetes::ScheduledSparkApplication&& schedule) override {
      locked([&](Roster& roster) { roster.remove(schedule); });
    }
    void end_list() override {
      locked([](Roster& roster) { roster.end_schedules(); });
    }

   private:
    template <class Do>
    void locked(Do what) {
      const std::lock_guard lock(impl_.mutex);
      what(impl_.roster);
    }
    Impl& impl_;
  };

  Pods pods{*this};
  Applications applications{*this};
  Schedules schedules{*this};
};

Fleet::Fleet(FleetOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Fleet::~Fleet() = default;

kubernetes::Store<kubernetes::Pod>& Fleet::pods() { return impl_->pods; }
kubernetes::Store<kubernetes::SparkApplication>& Fleet::applications() { return impl_->applications; }
kubernetes::Store<kubernetes::ScheduledSparkApplication>& Fleet::scheduled() { return impl_->schedules; }

void Fleet::own_pod(const std::string& kubernetes_namespace, const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.own_pod(kubernetes_namespace, name);
}

void Fleet::rest_says(const RestFacts& facts, TimePoint now) {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.rest_says(facts, now);
  if (impl_->roster.options().single_run) impl_->roster.pass(now);
}

Result<void> Fleet::take(const outcome::LastWordsMessage& message, TimePoint now) {
  const std::lock_guard lock(impl_->mutex);
  auto taken = impl_->roster.take(message);
  if (taken) impl_->roster.pass(now);
  return taken;
}

Result<std::size_t> Fleet::take_quality(const PodIdentity& pod, const std::vector<quality::QualityResult>& results,
                                        TimePoint now) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->roster.take_quality(pod, results, now);
}

Result<std::size_t> Fleet::take_quality(const std::string& kubernetes_namespace, const std::string& app,
                                        const std::vector<quality::QualityResult>& results, TimePoint now) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->roster.take_quality(kubernetes_namespace, app, results, now);
}

void Fleet::run_cost(const cost::Final& cost) {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.run_cost(cost);
}

void Fleet::set_synced() {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.set_synced();
}

outcome::View Fleet::view(TimePoint now) {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.pass(now);
  return make_view(impl_->roster, now);
}

outcome::Verdict Fleet::verdict(TimePoint now) {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.pass(now);
  const auto& runs = impl_->roster.runs();
  if (!runs.empty()) return runs.begin()->second->verdict;
  outcome::Verdict nothing_yet;
  nothing_yet.state = outcome::State::kPending;
  return nothing_yet;
}

void Fleet::set_job_labels(std::vector<std::string> labels) {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.set_job_labels(std::move(labels));
}

std::vector<Fleet::DatasetWriter> Fleet::dataset_writers() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<DatasetWriter> writers;
  for (const auto& [key, job] : impl_->roster.jobs()) {
    if (job->datasets.empty()) continue;
    DatasetWriter writer{job->kubernetes_namespace, job->app, job->datasets, {}, job->first_seen, false};
    for (const auto& run : job->good) writer.written.push_back(run.ended);
    // Of more runs than are kept the older ones may have ended since.
    if (job->good.size() >= limits::kBaselineRuns && writer.known_since) {
      writer.known_since = std::max(*writer.known_since, writer.written.front());
    }
    writer.is_endless = std::any_of(job->members.begin(), job->members.end(),
                                    [](const auto* run) { return outcome::is_endless(run->kind()) && !run->counted; });
    writers.push_back(std::move(writer));
  }
  return writers;
}

std::vector<Fleet::DriverPod> Fleet::running_drivers() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<DriverPod> drivers;
  for (const auto& [key, run] : impl_->roster.runs()) {
    const bool is_mine = run->job != nullptr && run->job->mine;
    const bool runs = run->presence == outcome::Presence::kPresent && run->evidence && run->evidence->pod &&
                      run->evidence->pod->running;
    if (!is_mine || !runs) continue;
    drivers.push_back({run->kubernetes_namespace, run->pod_name, run->uid(), run->ip, run->app_id, run->has_sidecar});
  }
  return drivers;
}

std::string Fleet::save(TimePoint now) {
  const std::lock_guard lock(impl_->mutex);
  impl_->roster.pass(now);
  impl_->saved_changes = impl_->roster.changes();
  return save_state(impl_->roster);
}

bool Fleet::changed_since_save() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->roster.changes() != impl_->saved_changes;
}

Result<void> Fleet::restore(std::string_view json, TimePoint) {
  const std::lock_guard lock(impl_->mutex);
  return restore_state(json, impl_->roster);
}

std::uint64_t Fleet::left_out() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->roster.left_out();
}

}  // namespace spark_exporter::jobs
