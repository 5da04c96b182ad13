#pragma once
// An API server with one driver pod in it, over real sockets: its list, and a watch that tells each change at once.

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fault_server.hpp"

namespace spark_exporter::app {

using Json = nlohmann::json;

class PodApi {
 public:
  explicit PodApi(Json pod);
  ~PodApi();

  /// The pod as it is from now on.
  void set(Json pod);
  void forbid();
  /// What its driver's container has written, as the API tells it: each line after its time.
  void set_log(std::string text);
  /// As if the server had been switched off.
  void stop();
  std::string url() const { return server_.url(); }
  std::vector<test::ReceivedRequest> requests() const { return server_.requests(); }

 private:
  test::Reply answer(const test::ReceivedRequest& request);
  std::string next_line(std::size_t& seen);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Json> states_;
  std::string log_;
  bool forbidden_ = false;
  bool stopped_ = false;
  test::FaultServer server_;
};

/// A driver pod that runs, with the exporter as a native sidecar or a classic container.
Json running_pod(bool native, int grace_seconds);
/// Its driver container ended.
Json with_driver_end(Json pod, int exit_code, const std::string& reason);
/// Its deletion was asked for, at the second in which its containers ended.
Json being_deleted(Json pod);

}  // namespace spark_exporter::app
