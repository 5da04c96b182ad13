#pragma once
// What `--web.config.file` says: the format that Prometheus' own exporters share (exporter-toolkit). Read by
// config/web_file.

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exporter/common/result.hpp"
#include "exporter/web/http_text.hpp"

namespace spark_exporter::web {

/// Go's names without "Client" and "Cert": NoClientCert, RequestClientCert, RequireAnyClientCert, ...
enum class ClientAuth { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };
enum class TlsVersion { k10, k11, k12, k13 };

/// PEM text, or the file that has it.
struct Pem {
  std::string text;
  std::string file;
  bool given() const { return !text.empty() || !file.empty(); }
};

struct TlsSettings {
  Pem certificate, key, client_ca;
  ClientAuth client_auth = ClientAuth::kNone;
  std::vector<std::string> client_allowed_sans;  ///< DNS names, addresses, e-mail addresses, URIs; empty: any
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  std::vector<std::string> cipher_suites;  ///< Go's names; empty: OpenSSL's choice
  bool prefer_server_cipher_suites = true;
  std::vector<std::string> curves;  ///< Go's names, most wanted first; empty: OpenSSL's choice
};

/// A token bucket: `burst` requests at once, one more each `interval`.
struct RateLimit {
  std::chrono::milliseconds interval{0};
  int burst = 0;
  bool operator==(const RateLimit&) const = default;
};

struct WebConfig {
  std::optional<TlsSettings> tls;                         ///< plain HTTP without
  HeaderList headers;                                     ///< added to every answer
  std::map<std::string, std::string, std::less<>> users;  ///< name to bcrypt hash; empty: no passwords
  std::optional<RateLimit> rate_limit;
};

/// Where a WebConfig comes from. `file` is "" for none: everything is open.
struct WebConfigSource {
  std::string file;
  std::function<Result<WebConfig>()> load;
};

/// Whether OpenSSL takes certificate, key, client CAs, cipher suites and curves. Errors name the setting and its file.
Result<void> check_web_config(const WebConfig& config);

}  // namespace spark_exporter::web
