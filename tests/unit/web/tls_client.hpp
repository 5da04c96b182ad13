#pragma once
// One HTTPS request with OpenSSL's blocking calls.

#include <string>

#include "tests/support/identity.hpp"
#include "tests/unit/web/socket_client.hpp"

namespace spark_exporter::web {

struct TlsAnswer {
  Answer answer;         ///< status 0: none
  std::string peer;      ///< PEM of the server's certificate, "" without a handshake
  std::string version;   ///< "TLSv1.3"
  std::string cipher;    ///< OpenSSL's name
  bool goodbye = false;  ///< the server said close_notify
};

struct TlsAsk {
  const test::Identity* identity = nullptr;  ///< the client's
  int version = 0;                           ///< OpenSSL's number, 0: any
};

/// `address` as Server::addresses() has it. The server's certificate is not verified.
TlsAnswer ask_tls(const std::string& address, const std::string& request, const TlsAsk& how = {});
TlsAnswer get_tls(const std::string& address, const std::string& path, const TlsAsk& how = {});

}  // namespace spark_exporter::web
