#pragma once
// The HTTP side of the exporter: civetweb behind a small Asio front.
//
// The front owns the listening sockets (IPv4 and IPv6; TLS), waits for a whole request head without
// spending a thread, hands the bytes to civetweb on a loopback port, and passes the peer's address on under a
// secret made at start. Civetweb answers nothing without that secret. One request for each connection.
//
// Thread-safety: handlers run on civetweb's threads, several at once; they must not block on the network.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/result.hpp"
#include "exporter/web/config_watch.hpp"
#include "exporter/web/web_config.hpp"

namespace spark_exporter::web {

struct HttpRequest {
  std::string method;  ///< "GET", "HEAD", "POST"
  std::string path;    ///< decoded, without query
  std::string query;   ///< raw
  std::string peer;    ///< address of the real peer, "127.0.0.1" or "::1" for loopback
  bool peer_is_loopback = false;
  bool accepts_gzip = false;  ///< by Accept-Encoding with its q-values
  bool accepts_html = false;  ///< a browser
  std::string authorization;  ///< the header as sent, "" if there is none; nobody has checked it
  std::string body;           ///< of a POST, at most kRequestBodyBytes
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string content_encoding;  ///< "" or "gzip"
  /// What the body looks like hangs on Accept-Encoding: the answer says so (Vary), whichever form it has.
  bool negotiated = false;
  /// The body is one of the two: `shared` (kept alive while it is sent) wins where it is set.
  std::string body;
  std::shared_ptr<const void> keep_alive;
  std::string_view shared;
  std::vector<std::pair<std::string, std::string>> headers;
};

using Handler = std::function<HttpResponse(const HttpRequest&)>;

struct Route {
  std::string path;     ///< exact match
  std::string methods;  ///< "GET" (HEAD is answered too) or "POST"
  Handler handler;
  /// Asks no password: health checks, and handlers that check on their own who asks.
  bool open = false;
};

struct ServerOptions {
  /// "host:port", ":port" (all addresses, both families where the kernel has them), "[::1]:port"; port 0: any.
  std::vector<std::string> listen_addresses;
  int max_requests = limits::kDefaultMaxRequests;  ///< in flight at once; one more is answered 503
  WebConfigSource web_config;                      ///< TLS, passwords, headers, rate limit
};

class Server {
 public:
  virtual ~Server() = default;
  /// The bound addresses, "127.0.0.1:9817", "[::]:9817".
  virtual std::vector<std::string> addresses() const = 0;
  /// Requests that were refused or broken off: over the cap, head too large or too slow, slow readers.
  virtual std::uint64_t refused() const = 0;
  /// Of ServerOptions::web_config.
  virtual const ConfigWatch& web_config() const = 0;
};

/// Listens and serves until destroyed. Error kIo names the address and the reason ("address already in use"); errors
/// of the web configuration as ConfigWatch::open().
Result<std::unique_ptr<Server>> start_server(const ServerOptions& options, std::vector<Route> routes);

}  // namespace spark_exporter::web
