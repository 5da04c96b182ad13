#include "exporter/app/driver_polls.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "exporter/app/rest_facts.hpp"
#include "exporter/common/version.hpp"
#include "exporter/model/naming.hpp"

namespace spark_exporter::app {
namespace {

constexpr int kFreshIntervals = 3;

void add(model::SourceHealth& sum, const model::SourceHealth& health) {
  for (std::size_t kind = 0; kind < sum.errors.size(); ++kind) sum.errors[kind] += health.errors[kind];
  sum.last_success = std::max(sum.last_success, health.last_success);
}

}  // namespace

model::RunView PolledRun::view(spark::TimePoint now) const {
  model::RunView view;
  view.run = &run;
  view.kubernetes_namespace = pod.kubernetes_namespace;
  view.app = app;
  view.app_from = app_from;
  view.app_id = run.application().id;
  view.driver_pod = pod.name;
  view.fresh = fresh && now <= fresh_until;
  view.over = over;
  return view;
}

DriverPolls::DriverPolls(const config::Options& options, Says says, DriverPollTuning tuning)
    : options_(options), says_(std::move(says)), tuning_(tuning) {
  for (int i = 0; i < tuning_.threads; ++i) threads_.emplace_back([this] { work(); });
}

DriverPolls::~DriverPolls() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    for (const auto& [uid, driver] : drivers_) driver->poller->cancel();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::unique_ptr<spark::Poller> DriverPolls::make_poller(const jobs::Fleet::DriverPod& pod) const {
  const net::Url url{"http", pod.ip, tuning_.port, ""};
  const auto client = [tls = options_.spark_tls](const net::Url& at) -> std::shared_ptr<net::HttpClient> {
    net::ClientOptions options;
    options.base = at;
    options.tls = tls;
    options.user_agent = std::string("spark_exporter/") + kVersion;
    return net::make_http_client(std::move(options));
  };
  spark::PollerOptions poller{{url, pod.app_id, options_.spark_timeout}, options_.spark_interval};
  poller.haste = false;  // hundreds of drivers may start at once
  poller.side_by_side = static_cast<std::size_t>(tuning_.threads);
  return std::make_unique<spark::Poller>(std::move(poller), client, spark::Clock::system(),
                                         [](const spark::Application&) { return std::nullopt; });
}

void DriverPolls::follow(const std::vector<jobs::Fleet::DriverPod>& drivers) {
  std::set<std::string> wanted;
  for (const auto& pod : drivers) {
    if (!pod.has_sidecar && !pod.ip.empty() && !pod.uid.empty()) wanted.insert(pod.uid);
  }
  const auto now = std::chrono::steady_clock::now();
  std::size_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = drivers_.begin(); at != drivers_.end();) {
      if (wanted.contains(at->first)) {
        ++at;
        continue;
      }
      at->second->poller->cancel();
      add(past_, at->second->health);
      at = drivers_.erase(at);
    }
    for (const auto& pod : drivers) {
      if (!wanted.contains(pod.uid) || drivers_.contains(pod.uid)) continue;
      if (drivers_.size() >= tuning_.drivers) {
        ++left_out;
        continue;
      }
      drivers_.emplace(pod.uid, std::make_shared<Driver>(pod, make_poller(pod), now));
    }
  }
  changed_.notify_all();
  std::uint64_t held_back = 0;
  if (left_out > 0 && log_limit_.admit("left out", now, held_back)) {
    log::warn("more drivers without a sidecar than are polled",
              {{"polled", std::to_string(tuning_.drivers)}, {"left_out", std::to_string(left_out)}});
  }
}

/// The driver that is due first, marked as being polled, once it is due; null: stopped.
std::shared_ptr<DriverPolls::Driver> DriverPolls::next_due(std::unique_lock<std::mutex>& lock) {
  while (!stop_) {
    const auto first = std::min_element(drivers_.begin(), drivers_.end(),
                                        [](const auto& a, const auto& b) { return a.second->due < b.second->due; });
    if (first == drivers_.end() || first->second->due == Instant::max()) {
      changed_.wait(lock);
    } else if (first->second->due > std::chrono::steady_clock::now()) {
      const Instant due = first->second->due;
      changed_.wait_until(lock, due);
    } else {
      first->second->due = Instant::max();
      return first->second;
    }
  }
  return nullptr;
}

void DriverPolls::work() {
  std::unique_lock lock(mutex_);
  while (const auto driver = next_due(lock)) {
    lock.unlock();
    std::chrono::milliseconds delay = options_.spark_interval;
    auto polled = driver->latest;
    try {
      polled = poll(*driver, delay);
    } catch (const std::exception& failure) {  // out of memory or descriptors: what was known stays
      driver->poller->broke_off();
      std::uint64_t held_back = 0;
      if (log_limit_.admit("broke off", std::chrono::steady_clock::now(), held_back)) {
        log::error("a poll broke off", {{"error", failure.what()}, {"held_back", std::to_string(held_back)}});
      }
    }
    const auto health = driver->poller->health();
    lock.lock();
    const bool followed = drivers_.contains(driver->pod.uid);
    driver->latest = std::move(polled);
    // One that is gone was counted as it was before this poll: what ended it is no failure.
    if (followed) driver->health = health;
    driver->due = std::chrono::steady_clock::now() + delay;
    changed_.notify_one();
  }
}

std::shared_ptr<const PolledRun> DriverPolls::poll(const Driver& driver, std::chrono::milliseconds& delay) {
  auto& poller = *driver.poller;
  poller.poll();
  poller.drop_previous();
  delay = poller.next_delay();
  if (poller.current() == nullptr) return nullptr;
  poller.current()->executors().forget_scraped(scrapes_.load());
  const auto& run = *poller.current();
  const auto labels =
      run.environment() ? model::driver_labels(run.environment()->properties) : std::map<std::string, std::string>{};
  auto name = model::job_name({"", options_.job_name_label, labels, run.application().name});
  const auto now = spark::Clock::system().wall();
  auto polled = std::make_shared<const PolledRun>(
      PolledRun{run, driver.pod, std::move(name.app), std::move(name.from), poller.fresh(), poller.over(),
                now + kFreshIntervals * std::max(delay, options_.spark_interval)});
  says_(rest_facts(polled->view(now)));
  return polled;
}

std::vector<std::shared_ptr<const PolledRun>> DriverPolls::latest() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const PolledRun>> runs;
  for (const auto& [uid, driver] : drivers_) {
    if (driver->latest != nullptr) runs.push_back(driver->latest);
  }
  return runs;
}

model::SourceHealth DriverPolls::health() const {
  const std::lock_guard lock(mutex_);
  model::SourceHealth sum = past_;
  sum.up = true;
  for (const auto& [uid, driver] : drivers_) {
    add(sum, driver->health);
    sum.up = sum.up && driver->health.up;
  }
  return sum;
}

}  // namespace spark_exporter::app
