// Any bytes as what comes with a request: its query, its Authorization, and, after a first line that is the query, a
// body of validations. What a page makes of a query is no HTML of the asker's.

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/app/api_intake.hpp"
#include "exporter/app/quality_answer.hpp"
#include "exporter/common/form_text.hpp"
#include "exporter/kubernetes/token_review.hpp"
#include "exporter/runbooks/fill.hpp"
#include "exporter/runbooks/markdown.hpp"
#include "exporter/runbooks/page.hpp"
#include "exporter/web/negotiation.hpp"
#include "exporter/web/passwords.hpp"
#include "tests/fuzz/require.hpp"

namespace spark_exporter::fuzz {
namespace {

/// Whatever is written, only these tags come out.
void check_html(const std::string& html) {
  require(html.find("<script") == std::string::npos && html.find("javascript:\"") == std::string::npos);
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    require(at + 1 < html.size());
    const char next = html[at + 1];
    require(next == '/' || next == '!' || (next >= 'a' && next <= 'z'));
  }
}

void check_authorization(std::string_view text) {
  const auto token = app::bearer_token(text);
  require(token.size() <= text.size());
  static_cast<void>(kubernetes::is_bearer_token(token));
  require(kubernetes::service_account_namespace(text).size() <= text.size());
  web::Credentials credentials;
  if (web::read_basic(text, credentials)) require(credentials.password.find('\0') == std::string::npos);
  static_cast<void>(web::is_bcrypt_hash(text));
  static_cast<void>(web::accepts_gzip(text));
  static_cast<void>(web::accepts_html(text));
}

void check_query(std::string_view query) {
  if (const auto decoded = form_decoded(query)) require(decoded->size() <= query.size());
  if (const auto values = app::query_values(query)) {
    for (const auto& [name, value] : *values) {
      require_text(value);
      require(value.size() <= limits::kLabelValueBytes);
    }
  } else {
    require_line(values.error().what);
  }
  const auto asked = runbooks::read_query(query);
  if (!asked) return require_line(asked.error().what);
  runbooks::Values values;
  for (const auto& [name, value] : *asked) {
    require_line(value);
    values.emplace(name, value);
  }
  const auto& page = runbooks::pages().back();
  const auto served = runbooks::serve(page, *asked, {{"etl", "nightly", "a", "d", "n", "failed", "OOMKilled"}});
  require(find_invalid_utf8(served.markdown) == std::string::npos);
}

void check_markdown(std::string_view text) {
  if (find_invalid_utf8(text) != std::string_view::npos) return;
  check_html(runbooks::to_html(text, "?namespace=etl"));
  check_html(runbooks::to_html(runbooks::fill(text, {{"NAMESPACE", "a b"}, {"APP", "x'y"}, {"NODE", "-n"}})));
  const auto anchor = runbooks::anchor_of(text);
  require(anchor.size() <= text.size());
  const auto shown = runbooks::shown(text);
  require(shown.size() <= text.size());
}

void check_post(std::string_view query, std::string_view body) {
  web::HttpRequest request;
  request.query = query;
  request.body = body;
  const auto results = app::read_quality_post(request);
  if (!results) return require_line(results.error().what);
  for (const auto& result : *results) require(!result.dataset.empty());
}

}  // namespace
}  // namespace spark_exporter::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark_exporter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check_authorization(text);
  fuzz::check_markdown(text);
  const auto line = std::min(text.find('\n'), text.size());
  fuzz::check_query(text.substr(0, line));
  fuzz::check_post(text.substr(0, line), text.substr(std::min(line + 1, text.size())));
  return 0;
}
