#include "exporter/spark/poller.hpp"

#include <algorithm>

#include "exporter/common/limits.hpp"
#include "exporter/common/wall_clock.hpp"
#include "exporter/spark/held_bytes.hpp"

namespace spark_exporter::spark {
namespace {

constexpr auto kSearchDelay = std::chrono::milliseconds{2'000};  // while no driver was found: it is about to start
constexpr auto kLongestDelay = std::chrono::milliseconds{60'000};
constexpr auto kShortestDelay = std::chrono::milliseconds{1'000};
constexpr std::size_t kBusyStages = 250;  // a quarter of what Spark retains by default, ended within one interval
constexpr int kRefusedUntilOver = 2;
constexpr auto kYoung = std::chrono::seconds{30};    // since the application's start
constexpr auto kNearEnd = std::chrono::seconds{30};  // frequent polls in one idle stretch: it may last for hours
constexpr auto kHurried = std::chrono::milliseconds{1'000};
constexpr auto kMostHurried = std::chrono::milliseconds{500};
constexpr int kFreshIntervals = 3;

/// What a driver that is not there yet, or just starting, looks like: no error, and no noise.
bool is_waiting(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConnect:
    case ErrorKind::kStarting:
    case ErrorKind::kTimeout:
    case ErrorKind::kReset:
    case ErrorKind::kNotFound:
    case ErrorKind::kCancelled: return true;
    default: return false;
  }
}

}  // namespace

Clock Clock::system() {
  static WallClock wall;  // one for all: each sees the same steps
  return {
      [] {
        return std::chrono::floor<Millis>(wall.now(std::chrono::system_clock::now(), std::chrono::steady_clock::now()));
      },
      [] { return std::chrono::steady_clock::now(); }};
}

Poller::Poller(PollerOptions options, ClientFactory make_client, Clock clock, Restore restore)
    : options_(std::move(options)),
      make_client_(std::move(make_client)),
      clock_(std::move(clock)),
      restore_(std::move(restore)),
      searching_since_(clock_.steady()),
      delay_(options_.interval) {}

void Poller::cancel() noexcept {
  cancelled_ = true;
  const std::lock_guard lock(client_mutex_);
  if (http_) http_->cancel();
}

void Poller::adopt(std::shared_ptr<net::HttpClient> http) {
  const std::lock_guard lock(client_mutex_);
  http_ = std::move(http);
  if (http_ && cancelled_) http_->cancel();
}

void Poller::count(const Error& error) {
  ++health_.errors[static_cast<std::size_t>(error.kind)];
  std::uint64_t held_back = 0;
  if (!log_limit_.admit(std::string(to_string(error.kind)), clock_.steady(), held_back)) return;
  log::warn(
      "Spark poll failed",
      {{"kind", std::string(to_string(error.kind))}, {"error", error.what}, {"held_back", std::to_string(held_back)}});
}

void Poller::failed(const Error& error) {
  if (error.kind == ErrorKind::kCancelled) return;
  const bool waiting = !connected_ && is_waiting(error.kind);
  if (!waiting) count(error);
  health_.up = false;
  hurry_ = false;
  refused_ = error.kind == ErrorKind::kConnect ? refused_ + 1 : 0;
  identify_ = true;
  if (connected_ && refused_ >= kRefusedUntilOver) {
    log::info("Spark UI is gone", {{"app_id", run_ ? run_->application().id : ""}});
    over_ = true;
    forget_driver();
  }
  // The next poll begins with one small question, so it need not wait for long: whatever broke may be over.
  delay_ = std::max(options_.interval - last_duration_, options_.interval / 4);
}

void Poller::forget_driver() {
  connected_ = false;
  reader_.reset();
  rest_.reset();
  adopt(nullptr);
  searching_since_ = clock_.steady();
  warned_no_ui_ = true;  // the hint is for drivers that never showed one
}

void Poller::warn_if_no_ui() {
  if (warned_no_ui_ || clock_.steady() - searching_since_ < limits::kNoUiWarning) return;
  warned_no_ui_ = true;
  log::warn("no Spark UI found for 120 s: has the driver not started, or is spark.ui.enabled=false?",
            {{"url", options_.driver.url.to_string()}});
}

void Poller::start_run(const Application& application) {
  if (run_ && run_->is(application)) {
    over_ = false;
  } else {
    if (run_ && run_->application().id != application.id) previous_ = std::move(run_);
    run_.reset();
    if (auto restored = restore_(application)) {
      run_.emplace(std::move(*restored));
      log::info("continuing a run", {{"app_id", application.id}});
    } else {
      run_.emplace(application, clock_.wall());
      log::info("watching a run", {{"app_id", application.id}, {"name", application.name}});
    }
    over_ = false;
  }
  run_->set_group_limit(options_.group_limit);
  last_jobs_.reset();
  jobs_seen_ = 0;
  reader_ = std::make_unique<RunReader>(*rest_, *run_, [this](const Error& error) { count(error); });
  if (options_.sql_writes) reader_->read_plans();
}

Result<void> Poller::find() {
  const ClientFactory make = [this](const net::Url& url) {
    auto http = make_client_(url);
    adopt(http);
    return http;
  };
  auto found = find_driver(options_.driver, make);
  if (found.has_error()) {
    adopt(nullptr);
    return found.error();
  }
  adopt(found->http);
  rest_ = std::make_unique<RestClient>(
      *http_, options_.driver.timeout,
      [this](const std::string& target, const DecodeReport& report) {
        health_.errors[static_cast<std::size_t>(ErrorKind::kWrongType)] += report.wrong_types - 1;
        count({ErrorKind::kWrongType, target + ": " + report.first});
      },
      list_bytes(allowed_memory()) / options_.side_by_side);
  connected_ = true;
  refused_ = 0;
  log::info("found the Spark driver", {{"url", found->url.to_string()}, {"app_id", found->application.id}});
  start_run(found->application);
  return boost::system::in_place_value;
}

/// Only a new connection, or a failure, can mean another SparkContext: its UI has a server of its own.
Result<void> Poller::check_identity() {
  if (!identify_ && http_->stats().connections == connections_) return boost::system::in_place_value;
  auto application = identify(*http_, options_.driver);
  if (application.has_error()) return application.error();
  if (!run_->is(*application)) start_run(*application);
  identify_ = false;
  return boost::system::in_place_value;
}

Result<void> Poller::attempt() {
  if (!connected_) {
    if (auto found = find(); found.has_error()) return found;
    identify_ = false;
  } else if (auto same = check_identity(); same.has_error()) {
    if (same.error().kind == ErrorKind::kWrongApplication || same.error().kind == ErrorKind::kRedirect) {
      // A redirect may be a login page before it for a moment: no sign that the run is over.
      over_ = over_ || same.error().kind == ErrorKind::kWrongApplication;
      forget_driver();
    }
    return same;
  }
  connections_ = http_->stats().connections;
  const auto now = clock_.steady();
  const bool cheap = hurry_ && last_whole_ && now - *last_whole_ < options_.interval;
  if (!cheap) last_whole_ = now;
  return reader_->poll(clock_.wall(), now, cheap ? RunReader::Depth::kCheap : RunReader::Depth::kWhole);
}

std::chrono::milliseconds Poller::hurried_delay() const {
  return std::min(options_.interval, std::max(kMostHurried, std::min(kHurried, options_.interval / 4)));
}

bool Poller::hurry(std::chrono::steady_clock::time_point now) {
  const auto& jobs = run_->jobs().data();
  const auto seen = static_cast<std::uint64_t>(jobs.next_id) + jobs.succeeded + jobs.failed + jobs.unknown;
  if (!jobs.running.empty() || seen != jobs_seen_) last_jobs_ = now;
  jobs_seen_ = seen;
  // A driver that takes its time is not asked more often.
  if (!options_.haste || last_duration_ > hurried_delay() / 2) return false;
  const auto age = clock_.wall() - run_->application().start_time.value_or(run_->first_seen());
  if (age < kYoung && age > -kYoung) return true;
  // Streams and servers wait for work, not for their end.
  if (!last_jobs_ || run_->kind() != outcome::Kind::kBatch) return false;
  const auto idle = now - *last_jobs_;
  return idle >= options_.interval && idle < options_.interval + kNearEnd;
}

void Poller::poll() {
  if (cancelled_) return;
  const auto start = clock_.steady();
  const auto done = attempt();
  last_duration_ = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - start);
  health_.duration_seconds = std::chrono::duration<double>(clock_.steady() - start).count();
  if (done.has_error()) {
    failed(done.error());
    if (!connected_) warn_if_no_ui();
    return;
  }
  refused_ = 0;
  if (connected_ && reader_->complete()) {
    health_.up = true;
    health_.last_success = clock_.wall();
  } else {
    health_.up = false;
  }
  // A driver that is slow has at least half of its time without us.
  delay_ = std::clamp(last_duration_, options_.interval, std::max(options_.interval, kLongestDelay));
  if (reader_->stages_ended() > kBusyStages) {
    delay_ = std::min(options_.interval, std::max(kShortestDelay, options_.interval / 4));
    hurry_ = false;  // what is about to be forgotten must be read, all of it
    return;
  }
  hurry_ = hurry(start);
}

std::chrono::milliseconds Poller::next_delay() {
  if (!connected_) return std::min(options_.interval, kSearchDelay);
  if (hurry_) return std::min(delay_, hurried_delay());
  if (delay_ <= options_.interval) return delay_;
  std::uniform_int_distribution<long> spread(-100, 100);
  return delay_ + delay_ * spread(random_) / 1000;
}

bool Poller::fresh() const {
  if (!health_.last_success || over_) return false;
  return clock_.wall() - *health_.last_success <= std::max(delay_, options_.interval) * kFreshIntervals;
}

}  // namespace spark_exporter::spark
