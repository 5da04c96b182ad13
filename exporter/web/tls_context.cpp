#include "exporter/web/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <filesystem>
#include <optional>
#include <string_view>

#include "exporter/common/file.hpp"
#include "exporter/common/limits.hpp"

namespace spark_exporter::web {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

struct Named {
  std::string_view go;
  std::string_view openssl;  ///< "": every context has it (TLS 1.3)
};

// Go's tls.CipherSuites(), and the four that it called secure until 1.22.
constexpr std::array kCiphers{
    Named{"TLS_AES_128_GCM_SHA256", ""},
    Named{"TLS_AES_256_GCM_SHA384", ""},
    Named{"TLS_CHACHA20_POLY1305_SHA256", ""},
    Named{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    Named{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    Named{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    Named{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    Named{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    Named{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    Named{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    Named{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    Named{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    Named{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    Named{"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    Named{"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    Named{"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    Named{"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
};
constexpr std::array kCurves{Named{"X25519", "X25519"}, Named{"CurveP256", "P-256"}, Named{"CurveP384", "P-384"},
                             Named{"CurveP521", "P-521"}};

template <std::size_t Size>
std::optional<std::string_view> openssl_name(const std::array<Named, Size>& names, std::string_view go) {
  for (const Named& name : names) {
    if (name.go == go) return name.openssl;
  }
  return std::nullopt;
}

/// OpenSSL's names with colons between; an error names the first that is unknown.
template <std::size_t Size>
Result<std::string> openssl_list(const std::array<Named, Size>& names, const std::vector<std::string>& wanted,
                                 const std::string& setting) {
  std::string list;
  for (const std::string& go : wanted) {
    const auto name = openssl_name(names, go);
    if (!name) return Error{ErrorKind::kTls, setting + ": unknown name " + go};
    if (name->empty()) continue;
    if (!list.empty()) list += ':';
    list += *name;
  }
  return list;
}

int number_of(TlsVersion version) {
  switch (version) {
    case TlsVersion::k10: return TLS1_VERSION;
    case TlsVersion::k11: return TLS1_1_VERSION;
    case TlsVersion::k12: return TLS1_2_VERSION;
    case TlsVersion::k13: return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

/// What `cert_file (PATH)` or `cert` is, for error texts.
std::string name_of(const Pem& pem, const std::string& setting) {
  return pem.file.empty() ? setting : setting + "_file (" + pem.file + ')';
}

Error bad(const std::string& name, const error_code& error) {
  return Error{ErrorKind::kTls, name + ": " + error.message()};
}

Result<std::string> text_of(const Pem& pem, const std::string& setting) {
  if (pem.file.empty()) return pem.text;
  std::error_code error;
  if (const auto status = std::filesystem::status(pem.file, error); !error && !is_regular_file(status)) {
    return Error{ErrorKind::kIo, name_of(pem, setting) + ": no regular file"};
  }
  auto text = read_whole(pem.file, limits::kPemFileBytes);
  if (!text) return Error{text.error().kind, setting + "_file: " + text.error().what};
  return text;
}

/// OpenSSL would ask the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::string text_of(const ASN1_STRING& string) {
  const int length = ASN1_STRING_length(&string);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)), length < 0 ? 0U : static_cast<size_t>(length)};
}

/// A subject alternative name as client_allowed_sans spells it; "" for other kinds.
std::string san_text(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS: return text_of(*name.d.dNSName);
    case GEN_EMAIL: return text_of(*name.d.rfc822Name);
    case GEN_URI: return text_of(*name.d.uniformResourceIdentifier);
    case GEN_IPADD: break;
    default: return {};
  }
  const std::string bytes = text_of(*name.d.iPAddress);
  if (bytes.size() == 4) {
    boost::asio::ip::address_v4::bytes_type v4;
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return boost::asio::ip::address_v4(v4).to_string();
  }
  if (bytes.size() != 16) return {};
  boost::asio::ip::address_v6::bytes_type v6;
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return boost::asio::ip::address_v6(v6).to_string();
}

bool has_san(const X509& certificate, const std::vector<std::string>& allowed) {
  auto* const names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; ++i) {
    const std::string san = san_text(*sk_GENERAL_NAME_value(names, i));
    found = !san.empty() && std::find(allowed.begin(), allowed.end(), san) != allowed.end();
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::make(const TlsSettings& settings) {
  try {
    auto made = std::make_shared<TlsContext>(settings);
    const auto done = made->set_up(settings);
    ERR_clear_error();
    if (done.has_error()) return done.error();
    return made;
  } catch (const boost::system::system_error& error) {
    return Error{ErrorKind::kTls, std::string("TLS: ") + error.what()};
  }
}

TlsContext::TlsContext(const TlsSettings& settings)
    : context_(ssl::context::tls_server), allowed_sans_(settings.client_allowed_sans) {}

Result<void> TlsContext::set_up(const TlsSettings& settings) {
  SSL_CTX* const raw = context_.native_handle();
  // Every answer ends its connection, and a resumed session would outlive the client's certificate.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 0);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  if (auto done = set_protocol(settings); done.has_error()) return done;
  if (auto done = set_identity(settings); done.has_error()) return done;
  return set_client_auth(settings);
}

Result<void> TlsContext::set_protocol(const TlsSettings& settings) {
  SSL_CTX* const raw = context_.native_handle();
  SSL_CTX_set_min_proto_version(raw, number_of(settings.min_version));
  SSL_CTX_set_max_proto_version(raw, number_of(settings.max_version));
  if (settings.prefer_server_cipher_suites) SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE);
  const auto ciphers = openssl_list(kCiphers, settings.cipher_suites, "cipher_suites");
  if (!ciphers) return ciphers.error();
  if (!ciphers->empty()) {
    if (SSL_CTX_set_cipher_list(raw, ciphers->c_str()) != 1) {
      return Error{ErrorKind::kTls, "cipher_suites: OpenSSL has none of them"};
    }
  } else if (!settings.cipher_suites.empty()) {
    // Only suites of TLS 1.3 are named: nothing is left for older versions.
    if (settings.max_version != TlsVersion::k13) return Error{ErrorKind::kTls, "cipher_suites: none for max_version"};
    SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  }
  const auto curves = openssl_list(kCurves, settings.curves, "curve_preferences");
  if (!curves) return curves.error();
  if (!curves->empty() && SSL_CTX_set1_groups_list(raw, curves->c_str()) != 1) {
    return Error{ErrorKind::kTls, "curve_preferences: OpenSSL takes them not"};
  }
  return {};
}

Result<void> TlsContext::set_identity(const TlsSettings& settings) {
  SSL_CTX* const raw = context_.native_handle();
  const auto certificate = text_of(settings.certificate, "cert");
  if (!certificate) return certificate.error();
  const auto key = text_of(settings.key, "key");
  if (!key) return key.error();
  SSL_CTX_set_default_passwd_cb(raw, &no_password);
  error_code error;
  context_.use_certificate_chain(boost::asio::buffer(*certificate), error);
  if (error) return bad(name_of(settings.certificate, "cert"), error);
  context_.use_private_key(boost::asio::buffer(*key), ssl::context::pem, error);
  if (error) return bad(name_of(settings.key, "key"), error);
  if (SSL_CTX_check_private_key(raw) != 1) {
    return Error{ErrorKind::kTls,
                 name_of(settings.key, "key") + ": is not the key of " + name_of(settings.certificate, "cert")};
  }
  return {};
}

Result<void> TlsContext::set_client_auth(const TlsSettings& settings) {
  SSL_CTX* const raw = context_.native_handle();
  const ClientAuth auth = settings.client_auth;
  if (settings.client_ca.given()) {
    const auto authorities = text_of(settings.client_ca, "client_ca");
    if (!authorities) return authorities.error();
    error_code error;
    context_.add_certificate_authority(boost::asio::buffer(*authorities), error);
    X509_STORE* const store = SSL_CTX_get_cert_store(raw);
    STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(store);
    if (error) return bad(name_of(settings.client_ca, "client_ca"), error);
    if (sk_X509_OBJECT_num(objects) == 0) {
      return Error{ErrorKind::kTls, name_of(settings.client_ca, "client_ca") + ": has no certificate"};
    }
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
      if (X509* const authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i))) {
        SSL_CTX_add_client_CA(raw, authority);
      }
    }
  }
  if (auth == ClientAuth::kNone) return {};
  verifies_ = auth == ClientAuth::kVerifyIfGiven || auth == ClientAuth::kRequireAndVerify;
  if (verifies_ && !settings.client_ca.given()) SSL_CTX_set_default_verify_paths(raw);
  int mode = SSL_VERIFY_PEER;
  if (auth == ClientAuth::kRequireAny || auth == ClientAuth::kRequireAndVerify) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(raw, mode, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, &TlsContext::on_verify, this);
  return {};
}

bool TlsContext::admits(X509_STORE_CTX& presented) const {
  if (verifies_ && X509_verify_cert(&presented) != 1) return false;
  const X509* const certificate = X509_STORE_CTX_get0_cert(&presented);
  if (allowed_sans_.empty() || (certificate != nullptr && has_san(*certificate, allowed_sans_))) return true;
  X509_STORE_CTX_set_error(&presented, X509_V_ERR_APPLICATION_VERIFICATION);
  return false;
}

int TlsContext::on_verify(X509_STORE_CTX* presented, void* self) noexcept {
  try {
    const bool good = static_cast<const TlsContext*>(self)->admits(*presented);
    if (good) X509_STORE_CTX_set_error(presented, X509_V_OK);
    return good ? 1 : 0;
  } catch (...) {
    return 0;  // out of memory: nobody is let in
  }
}

Result<void> check_web_config(const WebConfig& config) {
  if (!config.tls) return {};
  const auto made = TlsContext::make(*config.tls);
  if (made.has_error()) return made.error();
  return {};
}

}  // namespace spark_exporter::web
