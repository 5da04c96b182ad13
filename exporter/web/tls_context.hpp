#pragma once
// TlsSettings as OpenSSL has them. Included by the files that speak TLS alone.

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/web/web_config.hpp"

namespace spark_exporter::web {

/// Must outlive the connections made from it: they judge client certificates by its members.
class TlsContext {
 public:
  /// Error kTls or kIo names the setting ("key_file (PATH)") and what is wrong with it; never shows a key.
  static Result<std::shared_ptr<TlsContext>> make(const TlsSettings& settings);

  explicit TlsContext(const TlsSettings& settings);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  boost::asio::ssl::context& context() { return context_; }

 private:
  Result<void> set_up(const TlsSettings& settings);
  Result<void> set_identity(const TlsSettings& settings);
  Result<void> set_client_auth(const TlsSettings& settings);
  Result<void> set_protocol(const TlsSettings& settings);
  bool admits(X509_STORE_CTX& presented) const;
  static int on_verify(X509_STORE_CTX* presented, void* self) noexcept;

  boost::asio::ssl::context context_;
  bool verifies_ = false;  ///< the chain, not only the names
  std::vector<std::string> allowed_sans_;
};

}  // namespace spark_exporter::web
