#include "exporter/kubernetes/timing.hpp"

#include <algorithm>
#include <condition_variable>
#include <random>

namespace spark_exporter::kubernetes {
namespace {

class SystemTiming final : public Timing {
 public:
  Instant now() override { return std::chrono::steady_clock::now(); }

  bool sleep(Millis span) override {
    std::unique_lock lock(mutex_);
    return !woken_cv_.wait_for(lock, span, [this] { return woken_; });
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
  std::erase_if(booked_, [&](Instant at) { return at + window_ <= now; });
  // Only bookings less than a window away can share one with the new one.
  for (Instant at = std::max(earliest, now);;) {
    Instant first = Instant::max();
    std::size_t near = 0;
    for (const Instant other : booked_) {
      if (other + window_ <= at || at + window_ <= other) continue;
      first = std::min(first, other);
      ++near;
    }
    if (near < tries_) {
      booked_.push_back(at);
      return at;
    }
    at = first + window_;
  }
}

}  // namespace spark_exporter::kubernetes
