#include "exporter/delivery/courier.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "exporter/common/log.hpp"
#include "exporter/kubernetes/timing.hpp"

namespace spark_exporter::delivery {
namespace {

using Clock = std::chrono::steady_clock;

/// Another try would be answered the same.
bool is_final(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUnauthorized:
    case ErrorKind::kForbidden:
    case ErrorKind::kNotFound:
    case ErrorKind::kTooLarge:
    case ErrorKind::kMalformed: return true;
    default: return false;
  }
}

Result<void> try_once(Channel& channel, const outcome::LastWordsMessage& message) {
  try {
    return channel.deliver(message);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kMalformed, std::string("unexpected: ") + error.what()};
  }
}

}  // namespace

class Courier::Impl {
 public:
  Impl(std::vector<std::unique_ptr<Channel>> channels, CourierTuning tuning);
  ~Impl();

  void send(const outcome::LastWordsMessage& message);
  bool done() const;
  std::map<Name, Counts> counts() const;

 private:
  struct Worker {
    explicit Worker(std::unique_ptr<Channel> by, const CourierTuning& tuning)
        : channel(std::move(by)), pauses(tuning.first_pause, tuning.most_pause) {}

    const std::unique_ptr<Channel> channel;
    kubernetes::Backoff pauses;
    std::uint64_t taken = 0;               ///< number of the message that was tried last
    std::uint64_t settled = 0;             ///< that was delivered or given up last
    std::optional<Clock::time_point> due;  ///< when to try it again
    Counts counts;
    std::thread thread;
  };

  void run(Worker& worker);
  bool wait_for_work(std::unique_lock<std::mutex>& lock, const Worker& worker);
  void book(Worker& worker, const Result<void>& result, std::chrono::milliseconds repeat);
  void tell(const Worker& worker, const Result<void>& result);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::uint64_t newest_ = 0;  ///< number of `message_`; 0: there is none
  std::shared_ptr<const outcome::LastWordsMessage> message_;
  std::minstd_rand chance_{std::random_device{}()};
  log::RateLimited log_limit_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

Courier::Impl::Impl(std::vector<std::unique_ptr<Channel>> channels, CourierTuning tuning) {
  for (auto& channel : channels) workers_.push_back(std::make_unique<Worker>(std::move(channel), tuning));
  for (auto& worker : workers_) worker->thread = std::thread([this, &worker = *worker] { run(worker); });
}

Courier::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (auto& worker : workers_) worker->channel->cancel();
  for (auto& worker : workers_) worker->thread.join();
}

void Courier::Impl::send(const outcome::LastWordsMessage& message) {
  auto copy = std::make_shared<const outcome::LastWordsMessage>(message);
  {
    const std::lock_guard lock(mutex_);
    message_ = std::move(copy);
    ++newest_;
  }
  changed_.notify_all();
}

bool Courier::Impl::done() const {
  const std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) {
    if (worker->settled != newest_) return false;
  }
  return true;
}

std::map<Name, Counts> Courier::Impl::counts() const {
  const std::lock_guard lock(mutex_);
  std::map<Name, Counts> counts;
  for (const auto& worker : workers_) {
    Counts& sum = counts[worker->channel->name()];
    sum.delivered += worker->counts.delivered;
    sum.failed += worker->counts.failed;
  }
  return counts;
}

/// False: the end. Else there is a new message, or it is time to try the old one again.
bool Courier::Impl::wait_for_work(std::unique_lock<std::mutex>& lock, const Worker& worker) {
  const auto called = [&] { return stop_ || newest_ != worker.taken; };
  if (worker.due) {
    changed_.wait_until(lock, *worker.due, called);
  } else {
    changed_.wait(lock, called);
  }
  return !stop_;
}

void Courier::Impl::run(Worker& worker) {
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock, worker)) {
    if (worker.taken != newest_) {
      worker.taken = newest_;
      worker.pauses.reset();
    }
    const auto message = message_;
    lock.unlock();
    const auto result = try_once(*worker.channel, *message);
    const auto repeat = worker.channel->repeat();
    if (result || result.error().kind != ErrorKind::kCancelled) tell(worker, result);
    lock.lock();
    book(worker, result, repeat);
  }
}

void Courier::Impl::book(Worker& worker, const Result<void>& result, std::chrono::milliseconds repeat) {
  worker.due.reset();
  if (result) {
    ++worker.counts.delivered;
    worker.settled = worker.taken;
    worker.pauses.reset();
    if (repeat > std::chrono::milliseconds::zero()) worker.due = Clock::now() + repeat;
    return;
  }
  if (stop_ && result.error().kind == ErrorKind::kCancelled) return;  // our own doing
  ++worker.counts.failed;
  if (is_final(result.error().kind)) {
    worker.settled = worker.taken;
    return;
  }
  constexpr auto kRange = static_cast<double>(std::minstd_rand::max() - std::minstd_rand::min()) + 1;
  const double random = static_cast<double>(chance_() - std::minstd_rand::min()) / kRange;
  worker.due = Clock::now() + worker.pauses.next(random);
}

void Courier::Impl::tell(const Worker& worker, const Result<void>& result) {
  const std::string channel(to_string(worker.channel->name()));
  const bool given_up = !result && is_final(result.error().kind);
  const char* event = result     ? "last words delivered"
                      : given_up ? "last words not delivered, given up"
                                 : "last words not delivered yet";
  std::uint64_t held_back = 0;
  if (!log_limit_.admit(channel + event, Clock::now(), held_back)) return;
  if (result) {
    log::info(event, {{"channel", channel}});
  } else {
    log::warn(event, {{"channel", channel}, {"error", result.error().what}, {"held_back", std::to_string(held_back)}});
  }
}

Courier::Courier(std::vector<std::unique_ptr<Channel>> channels, CourierTuning tuning)
    : impl_(std::make_unique<Impl>(std::move(channels), tuning)) {}
Courier::~Courier() = default;

void Courier::send(const outcome::LastWordsMessage& message) { impl_->send(message); }
bool Courier::done() const { return impl_->done(); }
std::map<Name, Counts> Courier::counts() const { return impl_->counts(); }

}  // namespace spark_exporter::delivery
