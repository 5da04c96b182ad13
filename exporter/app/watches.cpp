#include "exporter/app/watches.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "exporter/common/version.hpp"
#include "exporter/kubernetes/api_client.hpp"
#include "exporter/kubernetes/feed.hpp"
#include "exporter/kubernetes/timing.hpp"

namespace spark_exporter::app {
namespace {

using kubernetes::WatchCondition;

/// Hands everything on, and says when there is something new to see: after a whole list, or after an event.
template <class Object>
class NotifyingStore final : public kubernetes::Store<Object> {
 public:
  NotifyingStore(kubernetes::Store<Object>& store, std::function<void()> changed)
      : store_(store), changed_(std::move(changed)) {}

  void begin_list() override {
    listing_ = true;
    store_.begin_list();
  }
  void put(Object&& object) override {
    store_.put(std::move(object));
    if (!listing_) tell();
  }
  void remove(Object&& object) override {
    store_.remove(std::move(object));
    tell();
  }
  void end_list() override {
    listing_ = false;
    store_.end_list();
    tell();
  }

 private:
  void tell() const {
    if (changed_) changed_();
  }

  kubernetes::Store<Object>& store_;
  const std::function<void()> changed_;
  bool listing_ = false;
};

template <class Object>
class NotifyingFeed final : public kubernetes::Feed {
 public:
  NotifyingFeed(kubernetes::Store<Object>& store, std::function<void()> changed)
      : store_(store, std::move(changed)), feed_(store_) {}

  void begin_list() override { feed_.begin_list(); }
  Result<json::DecodeReport> page(std::istream& body, kubernetes::ListHead& head) override {
    return feed_.page(body, head);
  }
  void end_list() override { feed_.end_list(); }
  Result<json::DecodeReport> event(kubernetes::EventType type, std::string_view line) override {
    return feed_.event(type, line);
  }

 private:
  NotifyingStore<Object> store_;
  kubernetes::StoreFeed<Object> feed_;
};

/// One kind of object: everything that its thread uses.
class Watch {
 public:
  Watch(const kubernetes::Cluster& cluster, const kubernetes::Selection& selection,
        std::unique_ptr<kubernetes::Feed> feed, kubernetes::RetryBudget& budget, const kubernetes::WatchTuning& tuning)
      : plural_(selection.resource.plural),
        api_(kubernetes::make_api_client(cluster, std::string("spark_exporter/") + kVersion)),
        feed_(std::move(feed)),
        timing_(kubernetes::make_timing()),
        list_watch_(*api_, selection, *feed_, *timing_, budget, tuning),
        thread_([this] { list_watch_.run(); }) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    stop();
    thread_.join();
  }

  void stop() noexcept { list_watch_.stop(); }
  const std::string& plural() const { return plural_; }
  kubernetes::WatchStatus status() const { return list_watch_.status(); }
  kubernetes::Instant now() const { return timing_->now(); }

 private:
  const std::string plural_;
  const std::unique_ptr<kubernetes::ApiClient> api_;
  const std::unique_ptr<kubernetes::Feed> feed_;
  const std::unique_ptr<kubernetes::Timing> timing_;
  kubernetes::ListWatch list_watch_;
  std::thread thread_;
};

bool is_refused(WatchCondition condition) {
  return condition == WatchCondition::kForbidden || condition == WatchCondition::kAbsent;
}

}  // namespace

class Watches::Impl {
 public:
  Impl(kubernetes::Cluster cluster, kubernetes::WatchTuning tuning) : cluster_(std::move(cluster)), tuning_(tuning) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    // All at once, so that the last one joined has not waited for the others.
    for (const auto& watch : watches_) watch->stop();
  }

  void add(const kubernetes::Selection& selection, std::unique_ptr<kubernetes::Feed> feed) {
    auto watch = std::make_unique<Watch>(cluster_, selection, std::move(feed), budget_, tuning_);
    const std::lock_guard lock(mutex_);
    watches_.push_back(std::move(watch));
  }

  bool ready() const {
    const std::lock_guard lock(mutex_);
    return std::all_of(watches_.begin(), watches_.end(), [](const auto& watch) { return watch->status().ready; });
  }

  bool readable(std::string_view plural) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(watches_.begin(), watches_.end(), [plural](const auto& watch) {
      if (watch->plural() != plural) return false;
      const auto status = watch->status();
      return status.lists > 0 && !is_refused(status.condition);
    });
  }

  model::SourceHealth health(kubernetes::TimePoint now) const {
    const std::lock_guard lock(mutex_);
    model::SourceHealth health;
    bool any = false;
    bool all = true;
    for (const auto& watch : watches_) {
      const auto status = watch->status();
      any = any || status.condition == WatchCondition::kSynced;
      all = all && (status.condition == WatchCondition::kSynced || is_refused(status.condition));
      for (std::size_t kind = 0; kind < status.errors.size(); ++kind) health.errors[kind] += status.errors[kind];
      health.errors[static_cast<std::size_t>(ErrorKind::kWrongType)] += status.wrong_types;
      if (!status.last_heard) continue;
      const auto ago = std::chrono::duration_cast<kubernetes::Millis>(watch->now() - *status.last_heard);
      const auto at = std::chrono::time_point_cast<spark::TimePoint::duration>(now - ago);
      health.last_success = std::max(health.last_success, std::optional(at));
    }
    health.up = any && all;
    return health;
  }

 private:
  const kubernetes::Cluster cluster_;
  const kubernetes::WatchTuning tuning_;
  kubernetes::RetryBudget budget_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Watch>> watches_;
};

Watches::Watches(kubernetes::Cluster cluster, kubernetes::WatchTuning tuning)
    : impl_(std::make_unique<Impl>(std::move(cluster), tuning)) {}
Watches::~Watches() = default;

template <class Object>
void Watches::add(kubernetes::Selection selection, kubernetes::Store<Object>& store, std::function<void()> changed) {
  impl_->add(selection, std::make_unique<NotifyingFeed<Object>>(store, std::move(changed)));
}

template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::Pod>&, std::function<void()>);
template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::SparkApplication>&,
                           std::function<void()>);
template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::ScheduledSparkApplication>&,
                           std::function<void()>);
template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::CronJob>&, std::function<void()>);
template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::Job>&, std::function<void()>);
template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::Node>&, std::function<void()>);
template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::VeleroSchedule>&,
                           std::function<void()>);
template void Watches::add(kubernetes::Selection, kubernetes::Store<kubernetes::VeleroBackup>&, std::function<void()>);

bool Watches::ready() const { return impl_->ready(); }
bool Watches::readable(std::string_view plural) const { return impl_->readable(plural); }
model::SourceHealth Watches::health(kubernetes::TimePoint now) const { return impl_->health(now); }

}  // namespace spark_exporter::app
