#pragma once
// Takes a run's last words to all channels side by side, with retries.

#include <map>
#include <memory>
#include <vector>

#include "exporter/delivery/channel.hpp"

namespace spark_exporter::delivery {

struct CourierTuning {
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds most_pause{15'000};
};

class Courier {
 public:
  explicit Courier(std::vector<std::unique_ptr<Channel>> channels, CourierTuning tuning = {});
  /// Ends all tries.
  ~Courier();

  /// Replaces what is to be delivered: tries of an older message end, a channel that has delivered it delivers the new
  /// one. Returns at once. Any thread.
  void send(const outcome::LastWordsMessage& message);
  /// Whether every channel has delivered the newest message or has given up. True before the first send().
  bool done() const;
  /// By channel, for the metric; channels that are not switched on are not there.
  std::map<Name, Counts> counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::delivery
