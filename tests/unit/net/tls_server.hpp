#pragma once
// The smallest TLS server that can fail a client: OpenSSL's blocking calls in a thread, one connection after another.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/identity.hpp"

namespace spark_exporter::net {

/// A directory that goes with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

using test::Identity;
using test::make_identity;

void write_file(const std::string& path, const std::string& content);

enum class TlsEnd {
  kKeep,      ///< next request
  kNotify,    ///< close_notify, then close
  kTruncate,  ///< close without it, as a man in the middle could
};

class TlsServer {
 public:
  /// Answers every request with these bytes.
  TlsServer(const Identity& identity, std::string answer, TlsEnd end = TlsEnd::kKeep);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::uint16_t port() const;
  /// The SNI of the last handshake.
  std::string server_name() const;
  /// From the next handshake on.
  void use(const Identity& identity);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark_exporter::net
