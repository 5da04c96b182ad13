#include "exporter/config/web_file.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <utility>

#include "exporter/common/file.hpp"
#include "exporter/common/limits.hpp"
#include "exporter/config/duration.hpp"
#include "exporter/config/yaml_reader.hpp"
#include "exporter/web/passwords.hpp"

namespace spark_exporter::config {
namespace {

using web::ClientAuth;
using web::TlsVersion;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMostNames = 100;
constexpr std::size_t kMostSans = 1'000;
constexpr std::size_t kHeaderBytes = 4'096;
constexpr int kMostBurst = 1'000'000;

template <class Value, std::size_t Size>
using Choices = std::array<std::pair<std::string_view, Value>, Size>;

constexpr Choices<ClientAuth, 6> kClientAuth{{{"NoClientCert", ClientAuth::kNone},
                                              {"RequestClientCert", ClientAuth::kRequest},
                                              {"RequireAnyClientCert", ClientAuth::kRequireAny},
                                              {"RequireClientCert", ClientAuth::kRequireAny},
                                              {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
                                              {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerify}}};
constexpr Choices<TlsVersion, 4> kVersions{
    {{"TLS10", TlsVersion::k10}, {"TLS11", TlsVersion::k11}, {"TLS12", TlsVersion::k12}, {"TLS13", TlsVersion::k13}}};

/// Whether the key is there with a value of the list.
template <class Value, std::size_t Size>
bool take_choice(YamlReader& reader, std::string_view key, const Choices<Value, Size>& choices, Value& out) {
  std::string allowed = "one of ";
  for (const auto& [name, value] : choices) allowed += (name == choices[0].first ? "" : ", ") + std::string(name);
  const auto find = [&choices](std::string_view text) {
    return std::find_if(choices.begin(), choices.end(), [text](const auto& choice) { return choice.first == text; });
  };
  std::string text;
  reader.take_text(
      key, text, [&](std::string_view name) { return name.empty() || find(name) != choices.end(); }, allowed);
  if (text.empty()) return false;
  out = find(text)->second;
  return true;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 256 &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// `key` or `key`_file; both is an error.
void take_pem(YamlReader& reader, const std::string& key, const std::string& folder, web::Pem& out) {
  reader.take_secret(key, out.text);
  const std::string file_key = key + "_file";
  reader.take_text(
      file_key, out.file, [](std::string_view path) { return path.empty() || is_word(path); }, "a path");
  if (!out.text.empty() && !out.file.empty()) reader.refuse(file_key, key + " is given as well (only one of them)");
  if (!out.file.empty()) out.file = (std::filesystem::path(folder) / out.file).string();
}

void read_tls(YamlReader reader, const std::string& folder, web::WebConfig& config) {
  web::TlsSettings tls;
  take_pem(reader, "cert", folder, tls.certificate);
  take_pem(reader, "key", folder, tls.key);
  take_pem(reader, "client_ca", folder, tls.client_ca);
  const bool has_auth = take_choice(reader, "client_auth_type", kClientAuth, tls.client_auth);
  reader.take_texts("client_allowed_sans", tls.client_allowed_sans, kMostSans, is_word, "a name");
  take_choice(reader, "min_version", kVersions, tls.min_version);
  take_choice(reader, "max_version", kVersions, tls.max_version);
  reader.take_texts("cipher_suites", tls.cipher_suites, kMostNames, is_word, "a cipher suite's name");
  reader.take_texts("curve_preferences", tls.curves, kMostNames, is_word, "a curve's name");
  tls.prefer_server_cipher_suites = reader.take_bool("prefer_server_cipher_suites").value_or(true);
  reader.finish();

  const bool wanted = tls.certificate.given() || tls.key.given() || tls.client_ca.given() || has_auth ||
                      !tls.client_allowed_sans.empty();
  if (!wanted) return;
  const bool requires_one =
      tls.client_auth == ClientAuth::kRequireAny || tls.client_auth == ClientAuth::kRequireAndVerify;
  if (!tls.certificate.given()) {
    reader.refuse("needs cert_file (or cert)");
  } else if (!tls.key.given()) {
    reader.refuse("needs key_file (or key)");
  } else if (tls.client_ca.given() && tls.client_auth == ClientAuth::kNone) {
    reader.refuse("has client CAs, but no client_auth_type that asks for certificates");
  } else if (!tls.client_allowed_sans.empty() && !requires_one) {
    reader.refuse("client_allowed_sans needs client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert");
  } else if (tls.max_version < tls.min_version) {
    reader.refuse("max_version is below min_version");
  }
  config.tls = std::move(tls);
}

/// The five that the format knows, with the values that it allows.
bool is_header(std::string_view name, std::string_view value) {
  const bool safe = value.size() <= kHeaderBytes && std::none_of(value.begin(), value.end(), [](char c) {
                      const auto code = static_cast<unsigned char>(c);
                      return code < 0x20 || code == 0x7F;
                    });
  if (name == "X-Frame-Options") return value == "deny" || value == "sameorigin";
  if (name == "X-Content-Type-Options") return value == "nosniff";
  return safe &&
         (name == "Strict-Transport-Security" || name == "X-XSS-Protection" || name == "Content-Security-Policy");
}

void read_http(YamlReader reader, web::WebConfig& config) {
  (void)reader.take_bool("http2");
  Pairs headers;
  reader.take_pairs("headers", headers, kMostNames, is_header,
                    "Content-Security-Policy, Strict-Transport-Security, X-XSS-Protection, X-Content-Type-Options: "
                    "nosniff, X-Frame-Options: deny or sameorigin");
  reader.finish();
  for (auto& [name, value] : headers) {
    // Every answer has that one anyway.
    if (name != "X-Content-Type-Options" && !value.empty()) config.headers.emplace_back(name, value);
  }
}

void read_users(YamlReader& root, web::WebConfig& config) {
  Pairs users;
  root.take_pairs(
      "basic_auth_users", users, limits::kWebUsers,
      [](std::string_view name, std::string_view hash) {
        return is_word(name) && name.find(':') == std::string_view::npos && web::is_bcrypt_hash(hash);
      },
      "a user's name without a colon, and a bcrypt hash as of htpasswd -nBC 10, of cost 4 to 18");
  for (auto& [name, hash] : users) config.users.emplace(name, hash);
}

void read_rate_limit(YamlReader reader, web::WebConfig& config) {
  std::string interval;
  web::RateLimit limit;
  const auto read = [](std::string_view text) {
    return text == "0" ? std::chrono::milliseconds{0} : parse_duration(text);
  };
  reader.take_text(
      "interval", interval, [&read](std::string_view text) { return read(text).has_value(); },
      "a duration such as 1s, from 1ms; 0: no limit");
  reader.take_int("burst", limit.burst, 0, kMostBurst);
  reader.finish();
  if (const auto value = read(interval)) limit.interval = *value;
  if (limit.interval.count() > 0) config.rate_limit = limit;
}

Result<web::WebConfig> read_config(std::string_view text, const std::string& name, const std::string& folder) {
  const Result<YamlNode> document = parse_yaml(text, name);
  if (!document) return document.error();
  web::WebConfig config;
  YamlProblems problems(name);
  YamlReader root(*document, "", problems);
  read_tls(root.section("tls_server_config"), folder, config);
  read_http(root.section("http_server_config"), config);
  read_users(root, config);
  read_rate_limit(root.section("rate_limit"), config);
  root.finish();
  if (problems.first()) return *problems.first();
  return config;
}

}  // namespace

Result<web::WebConfig> parse_web_config(std::string_view text, const std::string& name,
                                        const std::string& folder) noexcept {
  try {
    return read_config(text, name, folder);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kMalformed, name + ":1:1: cannot be read: " + error.what()};
  }
}

Result<web::WebConfig> load_web_config(const std::string& path) noexcept {
  try {
    const auto text = read_whole(path, limits::kConfigFileBytes);
    if (!text) return text.error();
    return parse_web_config(*text, path, std::filesystem::path(path).parent_path().string());
  } catch (const std::exception& error) {
    return Error{ErrorKind::kIo, path + ": " + error.what()};
  }
}

}  // namespace spark_exporter::config
