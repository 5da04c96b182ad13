#pragma once
// Lines that begin with the time at which their container wrote them (GET .../pods/NAME/log?timestamps=true), so that
// one that comes again after a connection broke is known: the API takes whole seconds of `sinceTime` only.

#include <cstdint>
#include <string>
#include <string_view>

namespace spark_exporter::logs {

/// How far a log was read: the stamp of the last line, and how many lines with that very stamp.
struct StampPosition {
  std::string stamp;  ///< RFC 3339 as it came, "" before the first line
  std::uint64_t lines = 0;

  bool operator==(const StampPosition&) const = default;
};

class StampGate {
 public:
  /// A connection begins, with lines from the position's second on.
  void reconnected();
  void restore(StampPosition position);
  /// Takes the stamp off; false: this line was read before. A line without a stamp is not the container's but the
  /// kubelet's: it passes, but for those of a connection that still repeats.
  bool pass(std::string_view& line);
  const StampPosition& position() const { return position_; }

 private:
  StampPosition position_;
  bool repeating_ = false;
  std::uint64_t repeated_ = 0;  ///< lines of the position's own stamp
};

/// Below 0 if `left` is the earlier, 0 if they are the same, above 0 otherwise; to the nanosecond, whatever the zone.
/// What is no stamp is later than any.
int compare_stamps(std::string_view left, std::string_view right);

}  // namespace spark_exporter::logs
