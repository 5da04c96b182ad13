#pragma once
// One TCP or TLS connection at a time, blocking for its caller, with a deadline for each step.
// All of Asio and OpenSSL is behind this header.
//
// Thread-safety: one thread uses it; cancel() and bytes_received() may be called from any.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "exporter/common/result.hpp"
#include "exporter/net/deadline.hpp"

namespace spark_exporter::net {

/// How to speak TLS with the peer. `ca_file` is read anew for each connection, so that it can be rotated.
struct TlsPeer {
  std::string name;     ///< to verify, and SNI unless it is an address
  std::string ca_file;  ///< PEM; empty: the system's store
  bool verify = true;
};

/// The errors' texts name the cause only; the caller knows the URL.
class Wire {
 public:
  Wire();
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Connects to a numeric address; what was open before is closed. Errors: kConnect, kTimeout, kCancelled.
  Result<void> connect(const std::string& address, std::uint16_t port, TimePoint deadline);
  /// Right after connect(). Errors: kTls, kTimeout, kCancelled.
  Result<void> handshake(const TlsPeer& peer, TimePoint deadline);
  /// Errors: kReset, kTls, kTimeout, kCancelled.
  Result<void> write(std::string_view bytes, TimePoint deadline);
  /// Waits for at least one byte; 0 is the peer's orderly end. Errors as write().
  Result<std::size_t> read_some(std::span<char> out, TimePoint deadline);

  /// After any error the connection is of no use any more and is closed.
  bool is_open() const;
  /// Whether nothing has come since the last answer: neither the peer's end nor bytes nobody asked for.
  bool is_quiet() const;
  void close() noexcept;

  /// Ends a running step and makes every later one return kCancelled.
  void cancel() noexcept;
  bool cancelled() const noexcept;

  /// Since construction, TLS records and all.
  std::uint64_t bytes_received() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::net
