#include "exporter/app/report_command.hpp"

#include <cstdio>
#include <istream>
#include <iterator>
#include <memory>

#include "exporter/common/file.hpp"
#include "exporter/report/document.hpp"
#include "exporter/report/text.hpp"

namespace spark_exporter::app {
namespace {

constexpr int kNothingAdvised = 3;

Result<std::string> fetch(const std::string& text, const net::TlsOptions& tls) {
  const auto url = net::parse_url(text);
  if (!url) return url.error();
  net::ClientOptions options;
  options.base = *url;
  options.base.path.clear();
  options.tls = tls;
  options.user_agent = "spark_exporter report";
  net::Request request;
  request.target = url->path.empty() ? "/report" : url->path;
  request.body_limit = report::kDocumentBytes;
  std::string body;
  const net::Consumer read = [&](const net::ResponseHead& head, std::istream& in) -> Result<void> {
    if (head.status != 200) {
      return Error{ErrorKind::kStatus, url->to_string() + ": HTTP status " + std::to_string(head.status)};
    }
    body.assign(std::istreambuf_iterator<char>(in), {});
    return {};
  };
  if (const auto got = net::make_http_client(std::move(options))->get(request, read); got.has_error())
    return got.error();
  return body;
}

Result<std::string> source_text(const config::ReportOptions& options) {
  const bool is_url = options.source.starts_with("http://") || options.source.starts_with("https://");
  if (is_url) return fetch(options.source, options.tls);
  return read_whole(options.source == "-" ? "/dev/stdin" : options.source, report::kDocumentBytes);
}

}  // namespace

int report(const config::ReportOptions& options) {
  const auto text = source_text(options);
  if (!text) {
    std::fprintf(stderr, "spark_exporter: %s\n", text.error().what.c_str());
    return 1;
  }
  const auto document = report::Document::parse(*text);
  if (!document) {
    std::fprintf(stderr, "spark_exporter: %s: %s\n", options.source.c_str(), document.error().what.c_str());
    return 1;
  }
  const std::string out = options.patch ? report::to_patch(*document) : report::to_text(*document);
  std::fputs(out.c_str(), stdout);
  if (!options.patch || !out.empty()) return 0;
  std::fputs("spark_exporter: nothing is advised\n", stderr);
  return kNothingAdvised;
}

}  // namespace spark_exporter::app
