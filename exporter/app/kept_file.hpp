#pragma once
// A state file of the observer: read once at start, written after changes, seldom enough for any disk. For one thread.

#include <chrono>
#include <string>

#include "exporter/common/log.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::app {

/// `Kept` has restore(json, now), save(now) and changed_since_save() as jobs::Fleet has them.
template <class Kept>
class KeptFile {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// `path` "": there is none, and nothing is done.
  KeptFile(std::string path, std::chrono::milliseconds pause) : path_(std::move(path)), pause_(pause) {}

  /// Before the first fact. A file that does not read is logged, moved aside to `path`.bad, and as good as absent.
  void restore(Kept& kept, kubernetes::TimePoint now);
  /// Writes what changed, unless it was written less than the pause ago. A failure is logged and tried again.
  void save_if_due(Kept& kept, kubernetes::TimePoint now, Instant steady);
  void save(Kept& kept, kubernetes::TimePoint now, Instant steady);

 private:
  const std::string path_;
  const std::chrono::milliseconds pause_;
  Instant written_{};
  bool failed_ = false;  ///< what changed is not in the file
  log::RateLimited log_limit_;
};

}  // namespace spark_exporter::app
