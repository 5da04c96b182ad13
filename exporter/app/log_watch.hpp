#pragma once
// All logs of a run that are followed, and what they say together: the driver's, from a file or through the API, and
// its executors'. docs/logs.md.
//
// Thread-safety: one thread (the sidecar's); `news` is called on others.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exporter/app/log_follower.hpp"
#include "exporter/app/log_source.hpp"
#include "exporter/logs/tally.hpp"
#include "exporter/outcome/evidence.hpp"

namespace spark_exporter::app {

class LogWatch {
 public:
  /// `news`: the driver's log says more of how it failed.
  explicit LogWatch(std::function<void()> news) : news_(std::move(news)) {}
  ~LogWatch();
  LogWatch(const LogWatch&) = delete;
  LogWatch& operator=(const LogWatch&) = delete;

  void follow_file(const std::string& path);
  void follow_driver(const kubernetes::Cluster& cluster, const LoggedContainer& container);
  /// Those that are not followed yet; at most limits::kLogExecutors at a time, one more is left out and counted.
  void follow_executors(const kubernetes::Cluster& cluster, const std::vector<LoggedContainer>& containers);
  bool any() const { return !drivers_.empty(); }

  /// Which run is spoken of, from now on: another one's counts begin at 0.
  void set_run(const std::string& identity);
  /// The driver has ended: its last line may lack a newline.
  void finish();

  std::map<logs::Component, logs::Tally> tallies() const;
  outcome::Clues clues() const;
  /// The source "logs": up while each driver's log is read.
  model::SourceHealth health() const;

  /// Counts and positions, as compact JSON, and back: before the first follow. False: it is no such text, and nothing
  /// was taken.
  std::string save() const;
  bool restore(const std::string& json);

 private:
  using Followers = std::map<std::string, std::unique_ptr<LogFollower>>;
  struct Counted {
    std::map<logs::Component, logs::Tally> tallies;
    std::map<std::string, LogPosition> positions;
  };
  Counted counted() const;
  LogPosition saved_position(const std::string& key) const;
  void retire();

  const std::function<void()> news_;
  Followers drivers_;               ///< by path, or "namespace/pod"
  Followers executors_;             ///< by "namespace/pod"
  std::set<std::string> done_;      ///< executors that were read to their end
  std::set<std::string> left_out_;  ///< executors for which there was no room when they came
  bool executors_wanted_ = false;
  std::map<logs::Component, logs::Tally> past_;  ///< counted by followers that are gone, or before a restart
  std::array<std::uint64_t, kErrorKinds> past_errors_{};
  std::map<std::string, LogPosition> saved_;  ///< before a restart
  std::string identity_;
};

}  // namespace spark_exporter::app
