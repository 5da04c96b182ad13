#include "exporter/common/wall_clock.hpp"

namespace spark_exporter {

WallClock::Wall WallClock::now(Wall system, Steady steady) {
  const std::lock_guard lock(mutex_);
  const std::chrono::nanoseconds since_boot = steady.time_since_epoch();
  const std::chrono::nanoseconds offset = system.time_since_epoch() - since_boot;
  const auto away = offset_ ? std::chrono::abs(offset - *offset_) : std::chrono::nanoseconds{0};
  if (!offset_ || away < kStep) {
    offset_ = offset;
    away_since_.reset();
  } else if (!away_since_) {
    away_since_ = steady;
  } else if (steady - *away_since_ >= kPatience) {
    offset_ = offset;
    away_since_.reset();
  }
  return Wall(since_boot + *offset_);
}

}  // namespace spark_exporter
