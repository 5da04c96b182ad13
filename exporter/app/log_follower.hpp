#pragma once
// One log that is followed: a thread that reads it and counts, for as long as this lives. Its status is for any thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "exporter/app/log_source.hpp"
#include "exporter/kubernetes/timing.hpp"
#include "exporter/model/snapshot.hpp"

namespace spark_exporter::app {

struct LogStatus {
  logs::Tally tally;
  LogPosition position;  ///< up to which `tally` counts
  logs::Failure failure;
  model::SourceHealth health;
  bool done = false;  ///< no more will come, nobody reads any more
};

struct LogFollowTuning {
  kubernetes::Millis idle_pause{250};  ///< between two looks at a file
  kubernetes::Millis first_pause{1'000};
  kubernetes::Millis most_pause{15'000};
  kubernetes::Millis first_refused_pause{5'000};
  kubernetes::Millis refused_pause{300'000};
};

class LogFollower {
 public:
  /// `ends`: an ended log is done with; else it may go on (a container that is restarted). `news` is called on the
  /// thread when failure has changed.
  LogFollower(std::string name, std::unique_ptr<LogSource> source, bool ends, std::function<void()> news,
              const LogFollowTuning& tuning = {});
  /// Breaks off what is under way.
  ~LogFollower();
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

  /// Ends the thread soon, without waiting for it.
  void stop() noexcept;
  /// The program has ended: what it left without a newline is a line.
  void finish() { finish_ = true; }
  /// What is counted from now on is another run's.
  void forget_counts();
  LogStatus status() const;

 private:
  void run() noexcept;
  kubernetes::Millis step();
  kubernetes::Millis after(LogStep step);
  kubernetes::Millis after_error(const Error& error);
  void told();

  const std::string name_;
  const std::unique_ptr<LogSource> source_;
  const bool ends_;
  const std::function<void()> news_;
  const LogFollowTuning tuning_;
  const std::unique_ptr<kubernetes::Timing> timing_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> finish_{false};

  kubernetes::Backoff backoff_;
  kubernetes::Backoff refused_backoff_;
  std::optional<ErrorKind> trouble_;  ///< that was logged last
  bool ended_ = false;                ///< the last step found it ended
  bool progress_ = false;             ///< the current step has counted something

  mutable std::mutex mutex_;
  LogStatus status_;

  std::thread thread_;
};

}  // namespace spark_exporter::app
