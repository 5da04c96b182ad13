#pragma once
// The front: one thread that owns the listening sockets and every client's connection, and relays whole requests to
// the backend on loopback. A connection that waits, trickles or reads slowly costs a socket and a small buffer here,
// not a thread of the backend's.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/result.hpp"
#include "exporter/web/config_watch.hpp"

namespace spark_exporter::web {

/// Deadlines and bounds; tests shorten them.
struct FrontTuning {
  std::chrono::milliseconds head_timeout = limits::kRequestHeadTimeout;
  std::chrono::milliseconds write_idle_timeout = limits::kWriteIdleTimeout;
  std::chrono::milliseconds response_timeout = limits::kResponseTimeout;
  /// After the answer, for what the client still sends: closing at once could take the answer from it.
  std::chrono::milliseconds linger{1'000};
  std::size_t open_connections = limits::kOpenConnections;
};

struct FrontOptions {
  std::vector<std::string> listen_addresses;
  int max_requests = limits::kDefaultMaxRequests;
  std::uint16_t backend_port = 0;
  std::string secret;
  /// Says whether connections are TLS, and with which certificate.
  std::shared_ptr<ConfigWatch> watch = std::make_shared<ConfigWatch>(WebConfigSource{});
  FrontTuning tuning;
};

class Front {
 public:
  virtual ~Front() = default;  ///< breaks off what is under way
  virtual std::vector<std::string> addresses() const = 0;
  virtual std::uint64_t refused() const = 0;
};

/// Error kIo names the address and the reason.
Result<std::unique_ptr<Front>> start_front(FrontOptions options);

}  // namespace spark_exporter::web
