#include "exporter/kubernetes/timing.hpp"

#include <algorithm>
#include <condition_variable>
#include <random>

namespace spark_exporter::kubernetes {
namespace {

/// A try counts for so many intervals.
constexpr int kRemembered = 5;

class SystemTiming final : public Timing {
 public:
  Instant now() override { return std::chrono::steady_clock::now(); }

  bool sleep(Millis span) override {
    std::unique_lock lock(mutex_);
    woken_cv_.wait_for(lock, span, [this] { return woken_ || interrupted_; });
    interrupted_ = false;
    return !woken_;
  }

  void interrupt() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      interrupted_ = true;
    }
    woken_cv_.notify_all();
  }

  void wake() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    woken_cv_.notify_all();
  }

  double random() override {
    const std::lock_guard lock(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(engine_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable woken_cv_;
  bool woken_ = false;
  bool interrupted_ = false;
  std::minstd_rand engine_{std::random_device{}()};
};

}  // namespace

std::unique_ptr<Timing> make_timing() { return std::make_unique<SystemTiming>(); }

Millis Backoff::next(double random) {
  constexpr double kSpread = 0.5;
  const Millis step = step_;
  step_ = std::min(step_ * 2, most_);
  return std::chrono::duration_cast<Millis>(step * (1 - kSpread / 2 + kSpread * random));
}

Instant RetryBudget::reserve(Instant earliest, Instant now) {
  const std::lock_guard lock(mutex_);
  return book(earliest, now);
}

void RetryBudget::sleep(Timing& timing, Millis span) {
  const Instant now = timing.now();
  Instant until = now;
  {
    const std::lock_guard lock(mutex_);
    until = book(now + span, now);
    sleepers_.push_back(&timing);
  }
  if (until > now) timing.sleep(std::chrono::ceil<Millis>(until - now));
  const Instant awake = timing.now();
  const std::lock_guard lock(mutex_);
  std::erase(sleepers_, &timing);
  // Woken early: its turn is another's.
  const auto turn = awake < until ? std::find(booked_.begin(), booked_.end(), until) : booked_.end();
  if (turn != booked_.end()) booked_.erase(turn);
}

void RetryBudget::answered() {
  const std::lock_guard lock(mutex_);
  for (Timing* const sleeper : sleepers_) sleeper->interrupt();
}

/// No i intervals may have more than the burst and i - 1.
Instant RetryBudget::book(Instant earliest, Instant now) {
  std::erase_if(booked_, [&](Instant at) { return at + kRemembered * interval_ <= now; });
  Instant at = std::max(earliest, now);
  for (int intervals = 1; intervals <= kRemembered;) {
    // Only bookings less than a window away can share one with the new one.
    const auto window = intervals * interval_;
    Instant first = Instant::max();
    std::size_t near = 0;
    for (const Instant other : booked_) {
      if (other + window <= at || at + window <= other) continue;
      first = std::min(first, other);
      ++near;
    }
    if (near < burst_ + static_cast<std::size_t>(intervals) - 1) {
      ++intervals;
      continue;
    }
    at = first + window;
    intervals = 1;
  }
  booked_.push_back(at);
  return at;
}

}  // namespace spark_exporter::kubernetes
