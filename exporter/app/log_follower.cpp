#include "exporter/app/log_follower.hpp"

#include <exception>
#include <utility>

#include "exporter/common/log.hpp"
#include "exporter/common/text.hpp"
#include "exporter/spark/poller.hpp"

namespace spark_exporter::app {

LogFollower::LogFollower(std::string name, std::unique_ptr<LogSource> source, bool ends, std::function<void()> news,
                         const LogFollowTuning& tuning)
    : name_(std::move(name)),
      source_(std::move(source)),
      ends_(ends),
      news_(std::move(news)),
      tuning_(tuning),
      timing_(kubernetes::make_timing()),
      backoff_(tuning.first_pause, tuning.most_pause),
      refused_backoff_(tuning.first_refused_pause, tuning.refused_pause) {
  status_.position = source_->position();
  thread_ = std::thread([this] { run(); });
}

LogFollower::~LogFollower() {
  stop();
  thread_.join();
}

void LogFollower::stop() noexcept {
  stopped_ = true;
  source_->cancel();
  timing_->wake();
}

LogStatus LogFollower::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void LogFollower::forget_counts() {
  const std::lock_guard lock(mutex_);
  status_.tally = {};
  status_.failure = {};
}

void LogFollower::run() noexcept {
  while (!stopped_) {
    kubernetes::Millis pause{0};
    try {
      pause = step();
    } catch (const std::exception& failure) {
      pause = after_error({ErrorKind::kIo, name_ + ": " + quoted(failure.what(), 200)});
    } catch (...) {
      pause = after_error({ErrorKind::kIo, name_ + ": an unknown exception"});
    }
    {
      const std::lock_guard lock(mutex_);
      if (status_.done) return;
    }
    if (pause.count() > 0) timing_->sleep(pause);
  }
}

kubernetes::Millis LogFollower::step() {
  progress_ = false;
  const auto done = source_->read([this] { told(); });
  if (stopped_) return {};
  if (progress_) backoff_.reset();
  return done ? after(*done) : after_error(done.error());
}

/// What was read since the last time, for others to see.
void LogFollower::told() {
  auto& reader = source_->reader();
  const auto counted = reader.take();
  progress_ = progress_ || counted != logs::Tally{};
  const bool news = reader.take_news();
  {
    const std::lock_guard lock(mutex_);
    status_.tally += counted;
    status_.position = source_->position();
    if (news) status_.failure = reader.failure();
    status_.health.up = true;
    status_.health.last_success = spark::Clock::system().wall();
  }
  if (news && news_) news_();
}

kubernetes::Millis LogFollower::after(LogStep step) {
  if (step == LogStep::kNotYet) return tuning_.first_pause;
  refused_backoff_.reset();
  if (trouble_) log::info("reading " + name_ + " again", {{"source", "logs"}});
  trouble_.reset();
  if (step == LogStep::kMore) return {};
  // Asked twice: the connection may have ended for another reason.
  const bool over = step == LogStep::kEnded && ends_ && std::exchange(ended_, true);
  if (over || finish_) {
    source_->reader().end();
    told();
  }
  if (over) {
    const std::lock_guard lock(mutex_);
    status_.done = true;
  }
  return step == LogStep::kIdle ? tuning_.idle_pause : backoff_.next(timing_->random());
}

kubernetes::Millis LogFollower::after_error(const Error& error) {
  if (error.kind == ErrorKind::kCancelled) return tuning_.first_pause;
  if (error.kind == ErrorKind::kNotFound && ends_) {
    source_->reader().end();
    told();
    const std::lock_guard lock(mutex_);
    status_.done = true;
    return {};
  }
  {
    const std::lock_guard lock(mutex_);
    status_.health.up = false;
    ++status_.health.errors[static_cast<std::size_t>(error.kind)];
  }
  // Once for each kind of trouble: the texts differ with each try.
  if (trouble_ != error.kind) log::warn("cannot read " + name_, {{"source", "logs"}, {"error", error.what}});
  trouble_ = error.kind;
  const bool refused = error.kind == ErrorKind::kForbidden;
  return (refused ? refused_backoff_ : backoff_).next(timing_->random());
}

}  // namespace spark_exporter::app
