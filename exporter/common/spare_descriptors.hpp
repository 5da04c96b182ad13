#pragma once
// File descriptors kept back for who asks us: while a request is answered, some are free whatever else the process has
// open, even if its limit (RLIMIT_NOFILE) was lowered meanwhile. Made before all else opens many, they have low
// numbers, which any limit leaves.
//
// Of one thread, but low(). Another thread may take what is lent before the answer does, so whoever opens connections
// that last asks low() first.

#include <array>
#include <atomic>
#include <cstddef>

namespace spark_exporter {

class SpareDescriptors {
 public:
  static constexpr std::size_t kCount = 16;
  /// Of a request: two ends of the connection to its handler, what the handler opens, and one for another thread.
  static constexpr std::size_t kPerRequest = 4;

  SpareDescriptors() { refill(); }
  SpareDescriptors(const SpareDescriptors&) = delete;
  SpareDescriptors& operator=(const SpareDescriptors&) = delete;
  ~SpareDescriptors();

  /// Frees a request's share for as long as it lives.
  class Loan {
   public:
    explicit Loan(SpareDescriptors& spares) : spares_(spares) { spares_.begin_loan(); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { spares_.end_loan(); }

   private:
    SpareDescriptors& spares_;
  };
  Loan lend() { return Loan(*this); }

  /// Frees one, to accept a connection with; false: the rest is needed to answer those that are there.
  bool lend_one();
  /// Takes back what there is.
  void refill();

  /// Fewer than half are left and no more can be had. Any thread.
  static bool low() noexcept { return low_.load(std::memory_order_relaxed); }

 private:
  void begin_loan();
  void end_loan();
  void close_one();

  std::array<int, kCount> fds_{};
  std::size_t held_ = 0;
  std::size_t lent_ = 0;
  static inline std::atomic<bool> low_{false};  ///< of the process, as its limit is
};

}  // namespace spark_exporter
