#pragma once
// A cluster for tests: objects as the API would show them, and what a fleet shows of them.

#include <optional>
#include <string>
#include <vector>

#include "exporter/jobs/fleet.hpp"
#include "exporter/kubernetes/facts.hpp"

namespace spark_exporter::jobs::test {

/// Seconds after an arbitrary instant.
inline TimePoint at(int seconds) {
  return TimePoint{std::chrono::hours{24 * 365 * 50}} + std::chrono::seconds{seconds};
}

/// A driver pod of namespace "etl".
struct DriverPod {
  std::string name;
  std::string uid;
  std::string app_id;
  std::string job;  ///< label spark-exporter.io/job
  int created = 0;
  std::optional<int> runs_since = {};
  std::optional<int> ended = {};
  std::int64_t exit_code = 0;
  std::optional<int> deletion_asked = {};
  std::string application = {};  ///< its owner's name; the uid is the name with "uid-"
  std::string submission = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  std::vector<std::pair<std::string, std::string>> annotations = {};
  std::string last_words = {};  ///< termination message of its sidecar

  kubernetes::Pod pod() const;
};

kubernetes::Pod executor(const std::string& uid, const std::string& app_id, kubernetes::Phase phase,
                         std::optional<std::int64_t> exit_code = {}, const std::string& reason = "Error");

kubernetes::SparkApplication application(const std::string& name, const std::string& state,
                                         const std::string& submission, std::int64_t attempts = 1,
                                         const std::string& restart = "Never", std::int64_t retries = 0);

outcome::LastWordsMessage words(const DriverPod& pod, outcome::State state,
                                outcome::Reason reason = outcome::Reason::kNone);

/// tests/fixtures/kubernetes/<path>
kubernetes::Pod recorded_pod(const std::string& path);

/// Puts all, as a list.
template <class Object>
void list(kubernetes::Store<Object>& store, std::vector<Object> objects) {
  store.begin_list();
  for (auto& object : objects) store.put(std::move(object));
  store.end_list();
}

/// "app_id state", of each run shown.
std::vector<std::string> shown(const outcome::View& view);
/// The job's, or a blank one.
outcome::JobView job_of(const outcome::View& view, const std::string& app);
/// The run's of that application id; fails the test if it is not shown.
outcome::RunView run_of(const outcome::View& view, const std::string& app_id);

using Strings = std::vector<std::string>;
/// succeeded, failed, cancelled, unknown
using Counts = std::array<std::uint64_t, 4>;

}  // namespace spark_exporter::jobs::test
