#pragma once
// Civetweb on a loopback port: the HTTP server behind the front. It answers 403 to whoever does not know the secret.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/web/gate.hpp"
#include "exporter/web/server.hpp"

namespace spark_exporter::web {

struct BackendOptions {
  std::string secret;          ///< not empty
  std::shared_ptr<Gate> gate;  ///< null: everybody is answered
  int threads = 8;             ///< requests that are worked on at once; one thread each
  /// Longest wait for a byte from or to the front. Has to be longer than the front's own deadlines, which judge the
  /// real peer; what connects here past the front is in this pod.
  std::chrono::milliseconds io_timeout{5'000};
};

class Backend {
 public:
  virtual ~Backend() = default;  ///< waits for running handlers
  virtual std::uint16_t port() const = 0;
};

/// Error kIo with civetweb's reason.
Result<std::unique_ptr<Backend>> start_backend(const BackendOptions& options, std::vector<Route> routes);

}  // namespace spark_exporter::web
