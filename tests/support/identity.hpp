#pragma once
// Certificates of a test's own.

#include <string>

namespace spark_exporter::test {

/// A new key and a certificate signed by it, its own CA, valid now.
struct Identity {
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM
};
/// `names` as in openssl.cnf: "DNS:localhost,IP:127.0.0.1".
Identity make_identity(const std::string& names);

}  // namespace spark_exporter::test
