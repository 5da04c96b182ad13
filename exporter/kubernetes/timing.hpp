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

/// Bounds the tries after failures of all watches of a process together. Thread-safe.
class RetryBudget {
 public:
  explicit RetryBudget(std::size_t tries = 9, Millis window = std::chrono::minutes{1})
      : tries_(tries), window_(window) {}

  /// Books and returns the first instant, not before `earliest`, with which no window has more than `tries` of them.
  Instant reserve(Instant earliest, Instant now);

 private:
  const std::size_t tries_;
  const Millis window_;
  std::mutex mutex_;
  std::vector<Instant> booked_;
};

}  // namespace spark_exporter::kubernetes
