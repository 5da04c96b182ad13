#pragma once
// Time and chance for the watches, replaceable in tests; and how often they may try again.

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace spark_exporter::kubernetes {

using Millis = std::chrono::milliseconds;
using Instant = std::chrono::steady_clock::time_point;

class Timing {
 public:
  virtual ~Timing() = default;
  virtual Instant now() = 0;
  /// Returns early, and false, once wake() has been called.
  virtual bool sleep(Millis span) = 0;
  /// From any thread; for good.
  virtual void wake() noexcept = 0;
  /// Ends the sleep under way, or else the next one, early. From any thread.
  virtual void interrupt() noexcept = 0;
  /// Uniform in [0, 1).
  virtual double random() = 0;
};

std::unique_ptr<Timing> make_timing();

/// The pause before the next try: doubles from `first` to `most`, each a quarter more or less by chance, so that many
/// clients of an API server that restarts do not come back together.
class Backoff {
 public:
  Backoff(Millis first, Millis most) : first_(first), most_(most), step_(first) {}
  Millis next(double random);
  void reset() { step_ = first_; }

 private:
  Millis first_;
  Millis most_;
  Millis step_;
};

/// Bounds the tries after failures of all watches of a process together: a few at once, then one for each interval, so
/// that a minute has nine at most and an outage of any length is noticed to be over within one interval. The first
/// watch that is answered again wakes the others. Thread-safe.
class RetryBudget {
 public:
  explicit RetryBudget(std::size_t burst = 4, Millis interval = std::chrono::seconds{12})
      : burst_(burst), interval_(interval) {}

  /// Books and returns the first instant, not before `earliest`, at which there may be a try.
  Instant reserve(Instant earliest, Instant now);
  /// Sleeps for so long or, where that is too soon for all, longer; or until answered().
  void sleep(Timing& timing, Millis span);
  /// A try succeeded: whatever was away is back.
  void answered();

 private:
  Instant book(Instant earliest, Instant now);

  const std::size_t burst_;
  const Millis interval_;
  std::mutex mutex_;
  std::vector<Instant> booked_;
  std::vector<Timing*> sleepers_;
};

}  // namespace spark_exporter::kubernetes
