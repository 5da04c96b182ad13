#pragma once
// A small HTTP/1.1 client for one origin (a Spark driver, a Kubernetes API server): keep-alive, gzip,
// TLS, a deadline for every step, bounded sizes, streamed bodies.
//
// Thread-safety: one thread calls get() at a time (one request in flight for each client); cancel() may
// be called from any thread. No Asio, Beast or OpenSSL header is needed to use it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exporter/common/limits.hpp"
#include "exporter/common/result.hpp"

namespace spark_exporter::net {

struct Url {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< name or address, an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string path;  ///< without a trailing slash, "" for the root

  /// "scheme://host:port" plus path, IPv6 bracketed; never has credentials.
  std::string to_string() const;
  bool operator==(const Url&) const = default;
};

/// Parses an absolute http(s) URL. Errors: kProtocol with the text that does not fit. User info, a query and a fragment
/// are refused: cut them off first where they may be, as in a Location.
Result<Url> parse_url(std::string_view text);

struct TlsOptions {
  std::string ca_file;      ///< PEM; empty: the system's store
  std::string server_name;  ///< SNI and name to verify; empty: the URL's host
  bool insecure = false;    ///< no verification at all
};

struct ClientOptions {
  Url base;
  TlsOptions tls;
  std::string user_agent = "spark_exporter";
  std::chrono::milliseconds connect_timeout{3'000};  ///< resolve, connect and handshake, each
};

struct Request {
  std::string method = "GET";
  std::string target;  ///< path and query below the base's path, starting with '/'
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// From sending to the last byte of the body. Zero: no total limit (a watch), only `idle_timeout`.
  std::chrono::milliseconds timeout{10'000};
  /// Longest silence between two reads. Zero: `timeout` alone.
  std::chrono::milliseconds idle_timeout{0};
  std::uint64_t body_limit = limits::kSmallBodyBytes;  ///< decoded bytes; zero: none (a watch)
};

struct ResponseHead {
  unsigned status = 0;
  std::string content_type;  ///< lower case, without parameters
  std::string location;      ///< as sent
  std::uint64_t retry_after_seconds = 0;
};

/// Reads the body as it arrives. Whatever it leaves unread is drained (if little) or the connection dropped.
/// If reading fails in mid-body the stream ends early and get() returns that failure, whatever the consumer said.
using Consumer = std::function<Result<void>(const ResponseHead&, std::istream& body)>;

/// Totals since construction; for the self metrics, tests and benchmarks.
struct ClientStats {
  std::uint64_t requests = 0;
  std::uint64_t connections = 0;
  std::uint64_t bytes_received = 0;  ///< on the wire, heads included
  std::uint64_t body_bytes = 0;      ///< after gzip
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// One exchange. Redirects are not followed, statuses not judged: the consumer sees them.
  /// A request that fails on a reused connection before any byte of the answer is tried once more on a new one.
  /// Errors: kResolve, kConnect, kTimeout, kReset, kTls, kProtocol, kTooLarge, kCancelled, kIo (no descriptor, memory
  /// or port is left to us: nothing that the peer is to blame for), or the consumer's.
  virtual Result<void> get(const Request& request, const Consumer& consume) = 0;

  /// Makes a running get() and every later one return kCancelled soon.
  virtual void cancel() noexcept = 0;

  virtual ClientStats stats() const = 0;
};

std::unique_ptr<HttpClient> make_http_client(ClientOptions options);

}  // namespace spark_exporter::net
