// Any bytes as a web configuration file: an error names a place and shows no hash, and what is accepted is as the
// servers want it.

#include <cstdint>
#include <string_view>

#include "exporter/config/web_file.hpp"
#include "exporter/web/http_text.hpp"
#include "exporter/web/passwords.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = config::parse_web_config(text, "web.yml", "/etc/web");
  if (!config) {
    fuzz::require_line(config.error().what);
    fuzz::require(config.error().what.starts_with("web.yml:"));
    fuzz::require(config.error().what.find("$2") == std::string::npos || text.find("$2") == std::string_view::npos ||
                  config.error().what.size() < 1024);
    return 0;
  }
  for (const auto& [user, hash] : config->users) fuzz::require(!user.empty() && web::is_bcrypt_hash(hash));
  for (const auto& [name, value] : config->headers) {
    fuzz::require(web::is_token(name));
    fuzz::require(value.find_first_of("\r\n") == std::string::npos);
  }
  if (config->rate_limit) fuzz::require(config->rate_limit->interval.count() >= 0 && config->rate_limit->burst >= 0);
  if (config->tls) {
    fuzz::require(config->tls->min_version <= config->tls->max_version);
    for (const auto* pem : {&config->tls->certificate, &config->tls->key}) {
      fuzz::require(pem->given() && (pem->text.empty() || pem->file.empty()));
    }
  }
  return 0;
}
